"""Charts as pictures, by matplotlib, which only this needs."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

from rollout.report import axis, margin, words
from rollout.report.chart import CANDIDATE, EVIDENCE, OTHER, PROD, charts_of

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.report.chart import Chart
    from rollout.report.schema import Gate, Report

_COLOURS = {CANDIDATE: "#b45309", PROD: "#1d4ed8", EVIDENCE: "#6d28d9", OTHER: "#0f766e"}
_RULE, _SOFT = "#b4232a", "#566072"
NEEDED = "PNGs need matplotlib: `pip install matplotlib`, or leave them out with --no-png"


class NoMatplotlibError(Exception):
    """matplotlib isn't installed; says what to do."""


def draw(gate: Gate, report: Report, file: Path, title: str = "") -> bool:
    """Write the charts of a gate below each other; False where there is nothing to draw.

    Raises `NoMatplotlibError`.
    """
    charts = charts_of(gate, report)
    if not charts:
        return False
    try:
        import matplotlib as mpl  # noqa: PLC0415 - a second
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise NoMatplotlibError(NEEDED) from None
    with cast("Any", mpl).rc_context({"text.parse_math": False}):  # a name may have dollars
        heights = [2 if chart.key == "measured" else 1.3 for chart in charts]
        figure: Any = Figure(figsize=(9, 1.5 + 1.4 * sum(heights)), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(f"{title or gate['name']}: {gate['verdict']}", fontweight="bold")
        panes = figure.subplots(len(charts), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for chart, pane in zip(charts, panes, strict=True):
            _pane(pane, chart, _heading(chart, gate))
        panes[-1].set_xlabel(f"UTC, {charts[0].start:%Y-%m-%d}")
        figure.savefig(file, format="png", metadata={"Software": None})
    return True


def _heading(chart: Chart, gate: Gate) -> str:
    """Return what stands above a pane: of a comparison, what is allowed and what is proved."""
    return margin.said(gate["margin"]) if chart.key == "measured" and gate["margin"] else chart.title


def _pane(pane: Any, chart: Chart, heading: str) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    def show(value: float, _: object) -> str:
        return words.number(value, chart.unit)

    for series in reversed(chart.series):
        nothing = float("nan")
        pane.plot(
            [at for at, _ in series.points],
            [nothing if value is None else value for _, value in series.points],
            color=_COLOURS[series.role],
            marker="o" if series.role == CANDIDATE else "s",
            markersize=3,
            linewidth=1.4,
            label=series.name,
        )
    for rule in chart.rules:
        pane.axhline(rule.value, color=_RULE, linestyle="--", linewidth=1.3, label=rule.label)
    for mark in chart.marks:
        pane.axvline(mark.at, color=_SOFT, linestyle=":", linewidth=1)
        pane.annotate(
            mark.label,
            (mark.at, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -9),
            textcoords="offset points",
            fontsize=8,
            color=_SOFT,
        )
    low, high = (
        axis.of_values(chart.low, chart.high, 0, 1).low,
        axis.of_values(chart.low, chart.high, 0, 1).high,
    )
    pane.set_ylim(low, high)
    pane.set_title(heading, loc="left", fontsize=9, color=_SOFT)
    pane.yaxis.set_major_formatter(FuncFormatter(show))
    locator = AutoDateLocator(tz=UTC)
    pane.xaxis.set_major_locator(locator)
    pane.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    pane.grid(visible=True, color="#e6e9ee")
    pane.spines[["top", "right"]].set_visible(False)
    pane.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
