"""`percentiles` and `percentiles_array`, written as what is known: `percentile`, once for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localazure.logs.errors import semantic_error
from localazure.logs.grammar import parts_of

if TYPE_CHECKING:
    from localazure.logs.grammar import Part

__all__ = ["spell_out_percentiles"]

SEVERAL = re.compile(r"\bpercentiles(_array)?\s*\(")
CALL = "NamedFunctionCallExpression"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def spell_out_percentiles(text: str) -> str:
    """The same query without them.

    `(a, b) = percentiles(x, 50, 95)` names all; `a = percentiles(…)` names the first.

    Raises:
        KqlSyntaxError: It is no query.
        LogsError: 400: the percentages aren't numbers, or are more than the names.
    """
    if not SEVERAL.search(text):
        return text
    root = parts_of(text)
    changes: list[tuple[Part, str]] = []
    for summarize in root.all("SummarizeOperator", "MakeSeriesOperator"):
        for part in summarize.parts:
            call = _call(part)
            if call is not None:
                changes.append((part, _spelt_out(part, call)))
    for part, written in sorted(changes, key=lambda change: -change[0].start):
        text = text[: part.start] + written + text[part.stop :]
    return text


def _call(part: Part) -> Part | None:
    """The call that an aggregate is, named or not."""
    inner = part.expressions[-1] if part.kind == "NamedExpression" and part.expressions else part
    if inner.kind == CALL and inner.parts[0].text in {"percentiles", "percentiles_array"}:
        return inner
    return None


def _spelt_out(part: Part, call: Part) -> str:
    name, *arguments = call.expressions
    if not arguments:
        raise semantic_error(f"{name.text}(): an expression and percentages are needed", "SEM0219")
    value, *rest = (each.text for each in arguments)
    percents = [number for each in rest for number in NUMBER.findall(each)]
    if not percents:
        raise semantic_error(f"{name.text}(): percentages must be numbers, 0 to 100", "SEM0219")
    each = [f"percentile({value}, {percent})" for percent in percents]
    clause = part.of("NamedExpressionNameClause") if part.kind == "NamedExpression" else []
    if name.text == "percentiles_array":
        title = clause[0].text if clause else f"percentiles_{value} ="
        return f"{title} pack_array({', '.join(each)})"
    names = [one.text for one in clause[0].all("IdentifierName", "EscapedName")] if clause else []
    if len(names) > len(each):
        raise semantic_error(f"{len(names)} names for {len(each)} percentiles", "SEM0219")
    named = [f"{title} = {one}" for title, one in zip(names, each, strict=False)]
    return ", ".join([*named, *each[len(names) :]])
