"""What the code says to people: the text of its strings, with `…` where a value goes."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.docs.pages import ROOT

GAP = "…"
_HOLE = re.compile(r"…|<[^>]+>|\bN\b|\(\)")
SHORTEST = 8
"""Characters of a fragment that says anything."""


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(str(each.value) if isinstance(each, ast.Constant) else GAP for each in values)
        case _:
            return None


@cache
def said(folder: str) -> list[str]:
    """Return every text in the Python files of a folder."""
    trees = [ast.parse(file.read_text()) for file in sorted((ROOT / folder).rglob("*.py"))]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr))
    return [value for node in nodes if (value := _text(node))]


def reasons(file: str, *functions: str) -> list[str]:
    """Return the texts that a file passes on as the reason: the second argument of these functions."""
    return [
        value
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in functions
        and len(node.args) > 1
        and (value := _text(node.args[1]))
    ]


def fragments(sentence: str) -> list[str]:
    """Return the parts of a sentence that are always the same, the longest first."""
    parts = (part.strip(" :;,()") for part in _HOLE.split(sentence))
    return sorted((part for part in parts if len(part) >= SHORTEST), key=len, reverse=True)
