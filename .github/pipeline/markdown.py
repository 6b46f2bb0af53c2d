"""Markdown of texts that may hold anything."""

from __future__ import annotations

import re
from html import escape

ELLIPSIS = "\n… the rest is in the run's log"


def cell(text: object) -> str:
    """Return a text as a cell of a table."""
    return plain(" ".join(str(text).split())).replace("|", "\\|")


def plain(text: str) -> str:
    """Return a text that says what it says, and neither links, mentions nor formats."""
    return re.sub(r"([\\`*_{}\[\]#~])", r"\\\1", escape(text, quote=False)).replace("@", "&#64;")


def fence(text: str, language: str, most: int) -> str:
    """Return a text as a block of code, cut to that many bytes."""
    shown = text if len(text.encode()) <= most else cut(text, most) + ELLIPSIS
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", shown)), 3)
    return f"{ticks}{language}\n{shown.rstrip()}\n{ticks}"


def cut(text: str, most: int) -> str:
    """Return the beginning of a text, in at most that many bytes."""
    return text.encode()[:most].decode(errors="ignore")
