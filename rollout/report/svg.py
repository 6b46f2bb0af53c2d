"""A chart as SVG: every point where its value puts it, colours by the page's style."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rollout.report import axis, words
from rollout.report.chart import CANDIDATE

if TYPE_CHECKING:
    from rollout.report.chart import Chart, Mark, Rule, Series

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 820, 64, 112, 18, 28
_HEIGHTS = {"measured": 236, "evidence": 168}
_MANY = 400
"""Points of a chart, from which each is drawn smaller."""
_APART = 13
"""The least distance of two labels' lines."""


def draw(chart: Chart, ident: str) -> str:
    """Return the chart as one `svg` element whose ids begin with `ident`."""
    height = _HEIGHTS[chart.key]
    across = axis.of_times(chart.start, chart.end, LEFT, WIDTH - RIGHT)
    up = axis.of_values(chart.low, chart.high, height - BOTTOM, TOP)
    radius = 1.6 if sum(len(each.points) for each in chart.series) > _MANY else 2.6
    named = f'role="img" aria-labelledby="{ident}-t {ident}-d"'
    parts = [
        f'<svg class="chart" data-chart="{chart.key}" viewBox="0 0 {WIDTH} {height}" {named}>',
        f'<title id="{ident}-t">{escape(chart.title)}</title>',
        f'<desc id="{ident}-d">{escape(_told(chart))}</desc>',
        *_grid(across, up, chart, height),
        *(_mark(mark, across, height) for mark in chart.marks),
        *_rules(chart, across, up),
        *(_series(each, across, up, chart.unit, radius) for each in reversed(chart.series)),
        "</svg>",
    ]
    return "\n".join(parts)


def _grid(across: axis.Axis, up: axis.Axis, chart: Chart, height: int) -> list[str]:
    lines: list[str] = []
    for value in up.ticks:
        y = up.at(value)
        shown = escape(words.number(value, chart.unit))
        lines.append(
            f'<g class="tick" data-axis="y" data-value="{value!r}">'
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.2f}" y2="{y:.2f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.2f}" text-anchor="end">{shown}</text></g>'
        )
    for value in across.ticks:
        x = across.at(value)
        lines.append(
            f'<g class="tick time" data-axis="x" data-value="{value!r}">'
            f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{height - BOTTOM}" y2="{height - BOTTOM + 5}"/>'
            f'<text x="{x:.2f}" y="{height - BOTTOM + 18}" text-anchor="middle">'
            f"{axis.show_time(value, across)}</text></g>"
        )
    return lines


def _mark(mark: Mark, across: axis.Axis, height: int) -> str:
    x = across.at(mark.at.timestamp())
    said = f"{mark.label} from {mark.at:%H:%M:%S}"
    return (
        f'<g class="mark" data-at="{mark.at.timestamp()!r}"><title>{escape(said)}</title>'
        f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        f'<text x="{x + 4:.2f}" y="{TOP - 6}">{escape(mark.label)}</text></g>'
    )


def _rules(chart: Chart, across: axis.Axis, up: axis.Axis) -> list[str]:
    lines: list[str] = []
    free = float("-inf")
    for rule in sorted(chart.rules, key=lambda each: -each.value):
        y = up.at(rule.value)
        free = max(y, free + _APART)
        lines.append(_rule(rule, across, y, free))
    return lines


def _rule(rule: Rule, across: axis.Axis, y: float, label_y: float) -> str:
    return (
        f'<g class="rule" data-value="{rule.value!r}"><title>{escape(rule.label)}</title>'
        f'<line x1="{across.first}" x2="{across.last}" y1="{y:.2f}" y2="{y:.2f}"/>'
        f'<text x="{across.last + 8:.2f}" y="{label_y + 4:.2f}">{escape(rule.label)}</text></g>'
    )


def _series(series: Series, across: axis.Axis, up: axis.Axis, unit: str, radius: float) -> str:
    marks: list[str] = []
    path: list[str] = []
    pen = "M"
    for at, value in series.points:
        if value is None:
            pen = "M"
            continue
        x, y = across.at(at.timestamp()), up.at(value)
        path.append(f"{pen}{x:.2f} {y:.2f}")
        pen = "L"
        said = escape(f"{at:%H:%M:%S} {series.name}: {words.number(value, unit)}")
        marks.append(_point(series.role, x, y, radius, said))
    return (
        f'<g class="series {series.role}" data-series="{escape(series.role)}">'
        f'<path d="{"".join(path)}"/>{"".join(marks)}</g>'
    )


def _point(role: str, x: float, y: float, radius: float, said: str) -> str:
    """Return a disc for the candidate and a square for any other: told apart without colours."""
    if role == CANDIDATE:
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}"><title>{said}</title></circle>'
    side = radius * 2
    return (
        f'<rect x="{x - radius:.2f}" y="{y - radius:.2f}" width="{side}" height="{side}">'
        f"<title>{said}</title></rect>"
    )


def _told(chart: Chart) -> str:
    """Return the chart in words, for those who don't see it."""
    said = [f"{chart.start:%H:%M} to {chart.end:%H:%M} UTC"]
    for series in chart.series:
        measured = series.measured
        if measured:
            last = words.number(measured[-1][1], chart.unit)
            most = words.number(max(value for _, value in measured), chart.unit)
            said.append(f"{series.name}: last {last}, at most {most}")
        missing = len(series.points) - len(measured)
        if missing:
            said.append(f"{series.name}: not measured at {missing} of {len(series.points)} times")
    said += [rule.label for rule in chart.rules]
    return "; ".join(said)
