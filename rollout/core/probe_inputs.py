"""The requests of a probe's file: one, or one a line."""

from __future__ import annotations

import json

MOST = 1000
"""The most requests that a file may hold."""
LINES = ".jsonl"
"""How the name of a file with one request a line ends."""


def requests_of(file: str, content: bytes) -> tuple[bytes, ...]:
    """Return the bodies of a probe's requests.

    A file `.jsonl` holds one JSON document a line; any other is one body as it is. Raises `ValueError` with
    what is allowed.
    """
    if not file.endswith(LINES):
        return (content,)
    found: list[bytes] = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"a request as JSON in each line; line {number} isn't JSON") from None
        found.append(line)
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"1 to {MOST} requests, one a line; it has {len(found)}")
    return tuple(found)
