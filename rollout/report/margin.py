"""The margin of a comparison as a bar: what is allowed, and what is certified by now."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rollout.report import axis, words

if TYPE_CHECKING:
    from rollout.report.schema import Margin

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 820, 66, 64, 112
_TOP, _BAR = 24, 14


def draw(margin: Margin, ident: str) -> str:
    """Return the bar as one `svg` element: the shorter, the more is proved."""
    allowed, certified = margin["allowed"], margin["certified"]
    across = axis.of_values(0.0, max(allowed * 2, certified or 0.0), _LEFT, _WIDTH - _RIGHT, ticks=8)
    zero, edge = across.at(0.0), across.at(allowed)
    told = said(margin)
    bar = ""
    if certified is not None:
        kind = "within" if certified <= allowed else "beyond"
        bar = (
            f'<rect class="certified {kind}" x="{zero:.2f}" y="{_TOP}" height="{_BAR}"'
            f' width="{across.at(certified) - zero:.2f}" data-value="{certified!r}">'
            f"<title>{escape(told)}</title></rect>"
        )
    ticks = "".join(
        f'<g class="tick" data-axis="x" data-value="{value!r}">'
        f'<line x1="{across.at(value):.2f}" x2="{across.at(value):.2f}" y1="{_TOP + _BAR}"'
        f' y2="{_TOP + _BAR + 5}"/><text x="{across.at(value):.2f}" y="{_TOP + _BAR + 18}"'
        f' text-anchor="middle">{value:g}</text></g>'
        for value in across.ticks
    )
    return (
        f'<svg class="chart margin" data-chart="margin" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-labelledby="{ident}-t"><title id="{ident}-t">{escape(told)}</title>'
        f'<rect class="room" x="{zero:.2f}" y="{_TOP}" height="{_BAR}" width="{across.last - zero:.2f}"/>'
        f'{bar}<g class="rule" data-value="{allowed!r}"><line x1="{edge:.2f}" x2="{edge:.2f}"'
        f' y1="{_TOP - 6}" y2="{_TOP + _BAR + 5}"/><text x="{edge:.2f}" y="{_TOP - 10}"'
        f' text-anchor="middle">allowed {words.points(allowed)}</text></g>{ticks}'
        f'<text class="unit" x="{_WIDTH - _RIGHT + 8}" y="{_TOP + _BAR - 3}">pp worse</text></svg>'
    )


def said(margin: Margin) -> str:
    """Return the margin in words."""
    if margin["certified"] is None:
        return f"no margin is certified yet; allowed: {words.points(margin['allowed'])}"
    return (
        f"certified: at most {words.points(margin['certified'])} worse; "
        f"allowed: {words.points(margin['allowed'])}"
    )
