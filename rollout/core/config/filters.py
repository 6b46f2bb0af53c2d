"""Filters of Azure Monitor metrics: comparisons joined by `and`, alternatives of one dimension by `or`."""

from __future__ import annotations

import re
from typing import Any

from rollout.core.config.problems import NotAllowedError

_COMPARISON = r"(?:[A-Za-z]\w*)\s+(?:(?:eq|ne|sw)\s+'(?:[^'*]|'')+'|eq\s+'\*')"
_GROUP = rf"\(\s*{_COMPARISON}(?:\s+or\s+{_COMPARISON})*\s*\)"
_TERM = rf"(?:{_COMPARISON}|{_GROUP})"
_FILTER = re.compile(rf"\s*{_TERM}(?:\s+and\s+{_TERM})*\s*", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_DIMENSION = re.compile(r"([A-Za-z]\w*)\s+(?:eq|ne|sw)\s", re.IGNORECASE)

_ALLOWED = (
    "comparisons such as statusCodeClass ne '2xx' (eq, ne or sw, the value in single quotes) joined by and; "
    "or only in parentheses and between values of one dimension"
)


def metric_filter(value: Any) -> str:
    """Decode a filter. Raises `NotAllowedError` for one that Azure Monitor or we couldn't use.

    `or` needs its parentheses because `deployment eq '<candidate>' and` is put in front.
    """
    if not isinstance(value, str) or not _FILTER.fullmatch(value):
        raise NotAllowedError(_ALLOWED)
    bare = _QUOTED.sub("''", value)
    if any(name.casefold() == "deployment" for name in _DIMENSION.findall(bare)):
        raise NotAllowedError("a filter without deployment: the candidate's name is added to every filter")
    for group in re.findall(r"\(([^)]*)\)", bare):
        if len({name.casefold() for name in _DIMENSION.findall(group)}) > 1:
            raise NotAllowedError(_ALLOWED)
    return value.strip()
