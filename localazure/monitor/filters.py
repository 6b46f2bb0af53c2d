"""The `$filter` of a metrics query.

`dim eq 'v'`, `dim ne 'v'`, `dim sw 'v'` and `dim eq '*'`, joined by `and`; `or`, with or without parentheses,
binds tighter and joins values of one dimension only (learn.microsoft.com, Metrics - List, `$filter`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Clause", "Condition", "dimensions_of", "parse_filter", "to_sql"]

TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<paren>[()])|(?P<word>[^\s()']+))")
ANY = "*"
SQL = {"eq": "{} = lower(?)", "ne": "{} <> lower(?)", "sw": "starts_with({}, lower(?))"}


@dataclass(frozen=True)
class Condition:
    """What a dimension's value must be, `eq`, must not be, `ne`, or must begin with, `sw`; `*` is any."""

    operator: str
    value: str


@dataclass(frozen=True)
class Clause:
    """Conditions on one dimension, of which one must hold."""

    dimension: str
    any_of: tuple[Condition, ...]


def parse_filter(text: str) -> tuple[Clause, ...]:
    """The clauses of a filter, all of which must hold.

    >>> parse_filter("deployment eq 'green'")
    (Clause(dimension='deployment', any_of=(Condition(operator='eq', value='green'),)),)

    Raises:
        ArmError: 400; the filter is not one, and where it stops being one.
    """
    return _Parser(text).parse() if text.strip() else ()


def dimensions_of(clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """The dimensions a filter names, each once, in order."""
    return tuple(dict.fromkeys(clause.dimension for clause in clauses))


def to_sql(clauses: tuple[Clause, ...], columns: Mapping[str, str]) -> tuple[str, list[str]]:
    """A SQL condition and its parameters; values compare without regard to case, as in Azure.

    Args:
        clauses: The filter.
        columns: A SQL expression for each dimension.
    """
    parts: list[str] = []
    parameters: list[str] = []
    for clause in clauses:
        either: list[str] = []
        for condition in clause.any_of:
            if condition.value == ANY:
                either.append("FALSE" if condition.operator == "ne" else "TRUE")
            else:
                either.append(SQL[condition.operator].format(f"lower({columns[clause.dimension]})"))
                parameters.append(condition.value)
        parts.append(f"({' OR '.join(either)})")
    return " AND ".join(parts) or "TRUE", parameters


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self._at = 0

    def parse(self) -> tuple[Clause, ...]:
        clauses = [self._clause()]
        while self._word("and"):
            clauses.append(self._clause())
        if self._at < len(self._tokens):
            raise self._wrong("'and' or 'or'")
        return tuple(clauses)

    def _clause(self) -> Clause:
        if self._word("("):
            clause = self._clause()
            if not self._word(")"):
                raise self._wrong("')'")
            return self._alternatives(clause)
        return self._alternatives(self._condition())

    def _alternatives(self, first: Clause) -> Clause:
        any_of = list(first.any_of)
        while self._word("or"):
            other = self._clause() if self._peek() == "(" else self._condition()
            if other.dimension.lower() != first.dimension.lower():
                raise bad_request(
                    f"Invalid filter '{self._text}': 'or' joins values of one dimension, "
                    f"not '{first.dimension}' and '{other.dimension}'."
                )
            any_of += other.any_of
        return Clause(first.dimension, tuple(any_of))

    def _condition(self) -> Clause:
        name = self._take("a dimension", str.isidentifier)
        operator = self._take("'eq', 'ne' or 'sw'", lambda token: token.lower() in SQL).lower()
        value = self._take("a value in single quotes", lambda token: token.startswith("'"))
        return Clause(name, (Condition(operator, value[1:-1].replace("''", "'")),))

    def _take(self, wanted: str, fits: Callable[[str], bool]) -> str:
        token = self._peek()
        if token is None or not fits(token):
            raise self._wrong(wanted)
        self._at += 1
        return token

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _word(self, word: str) -> bool:
        if (self._peek() or "").lower() != word:
            return False
        self._at += 1
        return True

    def _wrong(self, wanted: str) -> Exception:
        found = self._peek()
        where = f"found {found}" if found is not None else "it ends"
        return bad_request(f"Invalid filter '{self._text}': {where} where {wanted} should be.")

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens: list[str] = []
        at = 0
        stripped = text.rstrip()
        while at < len(stripped):
            match = TOKEN.match(stripped, at)
            if match is None:
                raise bad_request(f"Invalid filter '{text}': a quote is missing after position {at}.")
            tokens.append(match.group().strip())
            at = match.end()
        return tokens
