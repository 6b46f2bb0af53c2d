"""A query's parts, and where they stand in its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from duckdb_kql import KqlSyntaxError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Part", "parts_of"]


@dataclass(frozen=True)
class Part:
    """A part of a query: what it is, and from where to where it stands.

    Attributes:
        kind: What the grammar calls it; a token's is empty.
        stop: The place after its last character.
        text: As written.
    """

    kind: str
    start: int
    stop: int
    text: str
    parts: tuple[Part, ...] = ()

    def all(self, *kinds: str) -> Iterator[Part]:
        """Every part of some kinds in it, itself included; in order, the outer before the inner."""
        if self.kind in kinds:
            yield self
        for part in self.parts:
            yield from part.all(*kinds)

    def of(self, *kinds: str) -> list[Part]:
        """Its own parts of some kinds."""
        return [part for part in self.parts if part.kind in kinds]

    @property
    def expressions(self) -> list[Part]:
        """Its own parts that are no tokens."""
        return [part for part in self.parts if part.kind]


def parts_of(text: str) -> Part:
    """A whole query.

    Raises:
        KqlSyntaxError: It isn't one.
    """
    parsed = parse(text)
    if parsed.tree is None or not parsed.ok:
        raise KqlSyntaxError(f"could not parse KQL: {text[:40]}", parsed.diagnostics)
    return _part(parsed.tree, text)


def _part(node: Any, text: str) -> Part:
    """The part of a node; one that only wraps another is the other."""
    if not hasattr(node, "start"):
        token = node.symbol
        return Part("", token.start, token.stop + 1, node.getText())
    children: list[Any] = node.children or []
    if len(children) == 1 and hasattr(children[0], "start"):
        return _part(children[0], text)
    start = node.start.start
    stop = node.stop.stop + 1 if node.stop else start
    kind = type(node).__name__.removesuffix("Context")
    return Part(kind, start, stop, text[start:stop], tuple(_part(each, text) for each in children))
