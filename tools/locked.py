"""Prints the part of requirements.lock that some packages need: `python tools/locked.py rich`."""

# ruff: noqa: INP001 - run by its path

from __future__ import annotations

import re
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)==")
_PARENT = re.compile(r"^ +#(?: via| {2}) ([A-Za-z0-9][\w.-]*)", re.MULTILINE)


def part(lock: str, names: set[str]) -> str:
    """Return the entries of these packages and of all that they need, as the lock has them.

    Raises `KeyError` naming a package that isn't locked.
    """
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if _NAME.match(entry)]
    needed_by = [(_name(entry), set(_PARENT.findall(entry))) for entry in entries]
    missing = names - {name for name, _ in needed_by}
    if missing:
        raise KeyError(", ".join(sorted(missing)))
    wanted = set(names)
    while more := {name for name, parents in needed_by if parents & wanted} - wanted:
        wanted |= more
    return "\n".join(entry.rstrip() for entry in entries if _name(entry) in wanted) + "\n"


def _name(entry: str) -> str:
    found = _NAME.match(entry)
    return found[1] if found else ""


if __name__ == "__main__":
    try:
        print(part(LOCK.read_text(encoding="utf-8"), set(sys.argv[1:])), end="")
    except KeyError as error:
        sys.exit(f"not in {LOCK.name}: {error.args[0]}")
