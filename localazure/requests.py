"""The log of requests: a JSON line each, without secrets, in a file that is rotated."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Requests", "redacted"]

SECRET = ("key", "secret", "password", "token", "connectionstring", "sas", "credential", "sig")
# Names that hold such a word without being one.
HARMLESS = {"keyvault", "keytype", "keyname", "credentials", "credentialstype", "secretstype", "tokentype"}
LARGEST_FILE = 32 * 2**20
REMEMBERED = 5000


class Requests:
    """Remembers what was asked; `requests.jsonl` has it too, and `requests.1.jsonl` what was before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recent: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._number = _last_number(path)
        self._file = path.open("a", buffering=1)

    def add(self, entry: dict[str, Any]) -> None:
        """Log a request; it gets the next number."""
        self._number += 1
        entry = {"number": self._number} | entry
        self._recent.append(entry)
        self._file.write(json.dumps(entry) + "\n")
        if self._file.tell() > LARGEST_FILE:
            self._file.close()
            self._path.replace(self._path.with_suffix(".1.jsonl"))
            self._file = self._path.open("a", buffering=1)

    def since(self, number: int) -> list[dict[str, Any]]:
        """The entries after that number, as far as they are remembered."""
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


def _last_number(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2**20))
        for line in reversed(file.read().splitlines()):
            try:
                return int(json.loads(line)["number"])
            except (ValueError, KeyError, TypeError):
                continue  # a line that a kill cut off
    return 0
