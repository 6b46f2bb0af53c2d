"""The log of requests: a JSON line each, without secrets, in a file that is rotated."""

from __future__ import annotations

import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Forgotten", "Requests", "redacted"]

SECRET = ("key", "secret", "password", "token", "connectionstring", "sas", "credential", "sig")
# Names that hold such a word without being one.
HARMLESS = {"keyvault", "keytype", "keyname", "credentials", "credentialstype", "secretstype", "tokentype"}
LARGEST_FILE = 32 * 2**20
REMEMBERED = 5000


class Forgotten(Exception):  # noqa: N818 - an answer to who asks
    """Entries were asked for that aren't remembered any more; the text says which are."""


class Requests:
    """Remembers the newest; `requests.jsonl` has them too, and `requests.1.jsonl` what was before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = path.with_suffix(".1.jsonl")
        self._recent: deque[dict[str, Any]] = deque(_entries(self._before, path), maxlen=REMEMBERED)
        self._number = int(self._recent[-1]["number"]) if self._recent else 0
        self._file = path.open("a", buffering=1)
        if _is_cut(path):
            self._file.write("\n")

    def add(self, entry: dict[str, Any]) -> None:
        """Log a request; it gets the next number."""
        self._number += 1
        entry = {"number": self._number} | entry
        self._recent.append(entry)
        self._file.write(json.dumps(entry) + "\n")
        if self._file.tell() > LARGEST_FILE:
            self._file.close()
            self._path.replace(self._before)
            self._file = self._path.open("a", buffering=1)

    def since(self, number: int | None = None) -> list[dict[str, Any]]:
        """The entries after that number, none left out; without a number all that are remembered.

        Raises:
            Forgotten: There were more than are remembered.
        """
        if number is None:
            return list(self._recent)
        first = int(self._recent[0]["number"]) if self._recent else self._number + 1
        if number + 1 < first:
            raise Forgotten(
                f"since={number}: entries up to {first - 1} aren't remembered any more, only the newest "
                f"{REMEMBERED}. {self._path.name} has more, and {self._before.name} what was before."
            )
        return [entry for entry in self._recent if entry["number"] > number]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def redacted(value: Any, name: str = "") -> Any:
    """JSON with everything replaced that is named like a secret."""
    if isinstance(value, dict):
        return {key: redacted(inner, key) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [redacted(inner, name) for inner in cast("list[Any]", value)]
    lower = name.lower()
    secret = lower not in HARMLESS and any(word in lower for word in SECRET)
    return "***" if secret and isinstance(value, str) and value else value


def _is_cut(path: Path) -> bool:
    with path.open("rb") as file:
        return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read() != b"\n"


def _entries(*paths: Path) -> Iterator[dict[str, Any]]:
    """The newest entries of the files, oldest first; a line that a kill cut off is left out."""
    newest: deque[bytes] = deque(maxlen=REMEMBERED)
    for path in paths:
        if path.exists():
            with path.open("rb") as file:
                newest.extend(file)
    for line in newest:
        try:
            entry: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(cast("dict[str, Any]", entry).get("number"), int):
            yield cast("dict[str, Any]", entry)
