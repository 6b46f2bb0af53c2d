"""Where blobs are: an index in SQLite, and one file in the state folder for each."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Blob", "Blobs"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS containers (account TEXT, name TEXT, PRIMARY KEY (account, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (
  account TEXT, container TEXT, name TEXT, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
  content_type TEXT NOT NULL, metadata TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
  PRIMARY KEY (account, container, name)
) WITHOUT ROWID;
"""
FIELDS = "name, file, size, etag, content_type, metadata, created, modified"


@dataclass(frozen=True)
class Blob:
    """A blob.

    Attributes:
        path: The file that holds its bytes; it never changes, a new content gets a new file.
        etag: Changes with the content and the metadata.
    """

    name: str
    path: Path
    size: int
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    created: datetime
    modified: datetime


class Blobs:
    """The blob containers of all storage accounts."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "files"
        self._blocks = folder / "blocks"
        self._files.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "index.sqlite", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(SCHEMA)
        self._drop_strays()

    def make_container(self, account: str, container: str) -> None:
        """Have a container; nothing where it is there."""
        self._database.execute("INSERT OR IGNORE INTO containers VALUES (?, ?)", (account, container))

    def has_container(self, account: str, container: str) -> bool:
        """Whether there is such a container."""
        where = "SELECT 1 FROM containers WHERE account = ? AND name = ?"
        return self._database.execute(where, (account, container)).fetchone() is not None

    def drop_container(self, account: str, container: str) -> None:
        """Forget a container and its blobs."""
        for blob in self.list(account, container):
            self.delete(account, container, blob.name)
        self._database.execute("DELETE FROM containers WHERE account = ? AND name = ?", (account, container))

    def drop_account(self, account: str) -> None:
        """Forget all containers of an account."""
        found = self._database.execute("SELECT name FROM containers WHERE account = ?", (account,)).fetchall()
        for (container,) in found:
            self.drop_container(account, container)

    def get(self, account: str, container: str, name: str) -> Blob | None:
        """The blob of that name."""
        row = self._database.execute(
            f"SELECT {FIELDS} FROM blobs WHERE account = ? AND container = ? AND name = ?",  # noqa: S608
            (account, container, name),
        ).fetchone()
        return self._blob(row) if row else None

    def list(self, account: str, container: str, prefix: str = "") -> list[Blob]:
        """The blobs whose names begin so, by name."""
        rows = self._database.execute(
            f"SELECT {FIELDS} FROM blobs WHERE account = ? AND container = ? "  # noqa: S608
            "AND substr(name, 1, ?) = ? ORDER BY name",
            (account, container, len(prefix), prefix),
        ).fetchall()
        return [self._blob(row) for row in rows]

    def new_file(self) -> Path:
        """A file for bytes that are on their way; `put` makes it a blob."""
        return self._files / uuid.uuid4().hex

    def put(
        self,
        account: str,
        container: str,
        name: str,
        *,
        file: Path,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Blob:
        """Make a file the content of a blob; when this returns it is on disk."""
        with file.open("rb+") as written:
            os.fsync(written.fileno())
        old = self.get(account, container, name)
        now = datetime.now(UTC).isoformat()
        self._database.execute(
            "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account,
                container,
                name,
                file.name,
                file.stat().st_size,
                _etag(),
                content_type,
                json.dumps(dict(metadata)),
                old.created.isoformat() if old else now,
                now,
            ),
        )
        if old is not None:
            old.path.unlink(missing_ok=True)
        return self._must(account, container, name)

    def link(self, source: Blob, account: str, container: str, name: str) -> Blob:
        """Have the same content under another name; the bytes are shared, for they never change."""
        file = self.new_file()
        file.hardlink_to(source.path)
        return self.put(
            account,
            container,
            name,
            file=file,
            content_type=source.content_type,
            metadata=source.metadata,
        )

    def set_metadata(self, account: str, container: str, name: str, metadata: Mapping[str, str]) -> Blob:
        """Replace a blob's metadata."""
        self._database.execute(
            "UPDATE blobs SET metadata = ?, etag = ?, modified = ? "
            "WHERE account = ? AND container = ? AND name = ?",
            (json.dumps(dict(metadata)), _etag(), datetime.now(UTC).isoformat(), account, container, name),
        )
        return self._must(account, container, name)

    def delete(self, account: str, container: str, name: str) -> bool:
        """Delete a blob; whether there was one."""
        old = self.get(account, container, name)
        if old is None:
            return False
        where = "DELETE FROM blobs WHERE account = ? AND container = ? AND name = ?"
        self._database.execute(where, (account, container, name))
        old.path.unlink(missing_ok=True)
        return True

    def block_file(self, account: str, container: str, name: str, block: str) -> Path:
        """Where a block waits until it is committed."""
        folder = self._block_folder(account, container, name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / block.encode().hex()

    def commit(self, account: str, container: str, name: str, blocks: Iterable[str]) -> Path | None:
        """The blocks joined into a file for `put`; None where one of them was never sent."""
        folder = self._block_folder(account, container, name)
        parts = [folder / block.encode().hex() for block in blocks]
        if not all(part.exists() for part in parts):
            return None
        target = self.new_file()
        with target.open("wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out)
        shutil.rmtree(folder, ignore_errors=True)
        return target

    def clear(self) -> None:
        """Forget everything."""
        self._database.execute("DELETE FROM blobs")
        self._database.execute("DELETE FROM containers")
        for folder in (self._files, self._blocks):
            shutil.rmtree(folder, ignore_errors=True)
        self._files.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Let go of the index."""
        self._database.close()

    def _drop_strays(self) -> None:
        """Delete files that a kill left behind before they were a blob's, or after."""
        kept = {file for (file,) in self._database.execute("SELECT file FROM blobs")}
        for path in self._files.iterdir():
            if path.name not in kept:
                path.unlink()

    def _block_folder(self, account: str, container: str, name: str) -> Path:
        whole = hashlib.sha256(f"{account}/{container}/{name}".encode()).hexdigest()
        return self._blocks / whole

    def _must(self, account: str, container: str, name: str) -> Blob:
        found = self.get(account, container, name)
        if found is None:
            raise KeyError(f"{account}/{container}/{name}")
        return found

    def _blob(self, row: tuple[str, str, int, str, str, str, str, str]) -> Blob:
        return Blob(
            name=row[0],
            path=self._files / row[1],
            size=row[2],
            etag=row[3],
            content_type=row[4],
            metadata=json.loads(row[5]),
            created=datetime.fromisoformat(row[6]),
            modified=datetime.fromisoformat(row[7]),
        )


def _etag() -> str:
    return f'"0x{uuid.uuid4().hex[:16].upper()}"'
