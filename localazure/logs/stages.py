"""Operators that the translation lacks: each a step of its own, whose table the rest of the query reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.logs.errors import semantic_error
from localazure.logs.grammar import parts_of

if TYPE_CHECKING:
    from localazure.logs.grammar import Part

__all__ = ["Stage", "next_stage"]

STAGED = ("make-series", "evaluate")
OPERATORS = ("MakeSeriesOperator", "EvaluateOperator")


@dataclass(frozen=True)
class Stage:
    """An operator and what it works on.

    Attributes:
        lets: The `let` statements before it.
        input: The pipeline up to it.
        operator: The operator.
        start: Where the pipeline begins in the query.
        stop: The place after the operator.
    """

    lets: str
    input: str
    operator: Part
    start: int
    stop: int

    def query(self, more: str) -> str:
        """The pipeline with other operators after it."""
        return f"{self.lets}{self.input} {more}"

    def scalars(self, **expressions: str) -> str:
        """A query for the values of expressions in the operator."""
        return f"{self.lets}print " + ", ".join(f"{name} = {text}" for name, text in expressions.items())


def next_stage(text: str) -> Stage | None:
    """The first operator of a query that is a stage; None where the translation knows all.

    Raises:
        KqlSyntaxError: It is no query.
    """
    if not any(word in text for word in STAGED):
        return None
    root = parts_of(text)
    found = [(staged[0], pipe) for pipe in root.all("PipeExpression") if (staged := _staged(pipe))]
    if not found:
        return None
    operator, pipe = min(found, key=lambda each: each[0].start)  # none of the others is in what it works on
    inside = [part for part in root.parts if part.start <= pipe.start < part.stop]
    if any(part.kind == "LetFunctionDeclaration" for part in inside):
        raise semantic_error("make-series and evaluate inside a function aren't supported by local Azure")
    own = inside[0].start if inside else pipe.start
    lets = [part for part in root.parts if part.kind.startswith("Let") and part.stop <= own]
    before = operator.start - pipe.start
    return Stage(
        lets="".join(f"{part.text};\n" for part in lets),
        input=pipe.text[:before].rstrip().removesuffix("|"),
        operator=operator.expressions[-1],
        start=pipe.start,
        stop=operator.stop,
    )


def _staged(pipe: Part) -> list[Part]:
    """The operators of a pipeline, with the bar before each, that are stages."""
    piped = pipe.of("PipedOperator")
    return [each for each in piped if each.expressions and each.expressions[-1].kind in OPERATORS]
