from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localazure.arm.body import part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Resource", "Store"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  key TEXT PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
  created TEXT NOT NULL, modified TEXT NOT NULL, number INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources_type ON resources (type COLLATE NOCASE);
"""
COLUMNS = "id, type, body, state, created, modified, number"


@dataclass(frozen=True)
class Resource:
    """One ARM resource as it is kept.

    Attributes:
        id: The id with the casing it was created with.
        type: `Microsoft.X/a/b`.
        body: What the client PUT, exactly.
        state: What only the server knows: keys, guids, `provisioningState`.
        created: Local time of the first PUT.
        modified: Local time of the last write by a client.
        number: Counts creations, so that equal times still have an order.
    """

    id: str
    type: str
    body: dict[str, Any]
    created: datetime
    modified: datetime
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    number: int = 0

    @property
    def key(self) -> str:
        """The id in lower case: what resources are found by."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last segment of the id."""
        return self.id.rsplit("/", 1)[1]

    @property
    def properties(self) -> dict[str, Any]:
        """`body["properties"]`, empty when the client sent none."""
        return part(self.body, "properties")


class Store:
    """The ARM resources of one local Azure, in SQLite; a write that returned is on disk."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.executescript(SCHEMA)

    def get(self, resource_id: str) -> Resource | None:
        """The resource with this id, in any casing."""
        found = self._select("key = ?", resource_id.lower())
        return next(found, None)

    def put(self, resource: Resource) -> Resource:
        """Write a resource; gives it its number when it is new."""
        if resource.number == 0:
            (last,) = self.database.execute("SELECT coalesce(max(number), 0) FROM resources").fetchone()
            resource = replace(resource, number=last + 1)
        self.database.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                resource.key,
                resource.id,
                resource.type,
                json.dumps(resource.body),
                json.dumps(resource.state),
                resource.created.isoformat(),
                resource.modified.isoformat(),
                resource.number,
            ),
        )
        return resource

    def delete(self, resource_id: str) -> None:
        """Forget a resource and everything below it."""
        key = resource_id.lower()
        self.database.execute("DELETE FROM resources WHERE key = ? OR (key > ? AND key < ?)", _below(key))

    def children(self, collection: str) -> list[Resource]:
        """The direct members of a collection (`<parent id>/deployments`), oldest first."""
        key = collection.lower().rstrip("/")
        below = self._select("key > ? AND key < ?", *_below(key)[1:])
        return [found for found in below if "/" not in found.key[len(key) + 1 :]]

    def descendants(self, resource_id: str) -> list[Resource]:
        """Everything below an id, extension resources included, oldest first."""
        return list(self._select("key > ? AND key < ?", *_below(resource_id.lower())[1:]))

    def of_type(self, resource_type: str, below: str = "") -> list[Resource]:
        """All resources of a type, in any casing, below an id; oldest first."""
        found = self._select("type = ? COLLATE NOCASE", resource_type)
        start = below.lower().rstrip("/") + "/"
        return [resource for resource in found if resource.key.startswith(start)]

    def clear(self) -> None:
        """Forget everything."""
        self.database.execute("DELETE FROM resources")

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def _select(self, where: str, *values: str) -> Iterator[Resource]:
        statement = f"SELECT {COLUMNS} FROM resources WHERE {where} ORDER BY number"  # noqa: S608
        for row in self.database.execute(statement, values).fetchall():
            yield Resource(
                id=row[0],
                type=row[1],
                body=json.loads(row[2]),
                state=json.loads(row[3]),
                created=datetime.fromisoformat(row[4]),
                modified=datetime.fromisoformat(row[5]),
                number=row[6],
            )


def _below(key: str) -> tuple[str, str, str]:
    """Bounds of the keys below one: `0` is the character after `/`."""
    return key, key + "/", key + "0"
