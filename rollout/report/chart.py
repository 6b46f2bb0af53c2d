"""Charts: what is drawn of a gate, before anybody says with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.report import words

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.report.schema import Gate, Line, Report

CANDIDATE, PROD, EVIDENCE, OTHER = "candidate", "prod", "evidence", "other"


@dataclass(frozen=True)
class Series:
    """One quantity over time."""

    name: str
    role: str
    """What it is drawn as: candidate, prod, evidence or other."""
    points: tuple[tuple[datetime, float | None], ...]

    @property
    def measured(self) -> tuple[tuple[datetime, float], ...]:
        """The points that were measured."""
        return tuple((at, value) for at, value in self.points if value is not None)


@dataclass(frozen=True)
class Rule:
    """A value that others are held against."""

    label: str
    value: float


@dataclass(frozen=True)
class Mark:
    """A change of stage."""

    label: str
    at: datetime


@dataclass(frozen=True)
class Chart:
    """Quantities of one unit over the same time."""

    key: str
    """`measured` or `evidence`."""
    title: str
    unit: str
    series: tuple[Series, ...]
    rules: tuple[Rule, ...]
    marks: tuple[Mark, ...]
    start: datetime
    end: datetime

    @property
    def low(self) -> float:
        """The least that must fit in; zero always does."""
        return min(0.0, *self._values())

    @property
    def high(self) -> float:
        """The greatest that must fit in."""
        return max(0.0, *self._values())

    def _values(self) -> list[float]:
        drawn = [value for series in self.series for _, value in series.measured]
        return [*drawn, *(rule.value for rule in self.rules), 0.0]


def charts_of(gate: Gate, report: Report) -> tuple[Chart, ...]:
    """Return what there is to draw of a gate: what was measured, and the evidence of a comparison."""
    found: list[Chart] = []
    bounds = gate["bounds"]
    limits = [("max", bounds["max"]), ("min", bounds["min"])] if bounds else []
    rules = tuple(
        Rule(f"{name} {words.number(value, gate['unit'])}", value)
        for name, value in limits
        if value is not None
    )
    series = tuple(_series(line, report) for line in gate["lines"])
    if chart := _chart("measured", gate["name"], gate["lineUnit"], series, rules, report=report):
        found.append(chart)
    evidence = gate["evidence"]
    if evidence is not None:
        line: Line = {"name": EVIDENCE, "points": evidence["points"]}
        bound = Rule(f"fails at {words.number(evidence['bound'])}", evidence["bound"])
        title = "evidence of all gates together that it is worse, log10"
        if chart := _chart(EVIDENCE, title, "", (_series(line, report),), (bound,), report=report):
            found.append(chart)
    return tuple(found)


def _chart(
    key: str,
    title: str,
    unit: str,
    series: tuple[Series, ...],
    rules: tuple[Rule, ...],
    *,
    report: Report,
) -> Chart | None:
    """Return the chart over all the time that was judged, or None where no point is known."""
    times = [at for each in series for at, _ in each.points]
    if not times:
        return None
    if report["window"]:
        times += [words.parse(report["window"]["start"]), words.parse(report["window"]["end"])]
    start, end = min(times), max(times)
    inside = tuple(mark for mark in _marks(report) if start <= mark.at <= end)
    return Chart(key, title, unit, series, rules, inside, start, end)


def _series(line: Line, report: Report) -> Series:
    role = line["name"] if line["name"] in (CANDIDATE, PROD, EVIDENCE) else OTHER
    deployment = {CANDIDATE: report["deployment"], PROD: report["prod"]}.get(role)
    name = f"{role} {deployment}" if deployment else line["name"]
    return Series(name, role, tuple((words.parse(at), value) for at, value in line["points"]))


def _marks(report: Report) -> tuple[Mark, ...]:
    stages = [*report["past"], *([report["stage"]] if report["stage"] else [])]
    return tuple(
        Mark(words.share_of_traffic(each["traffic"], each["mirror"]), words.parse(each["since"]))
        for each in stages
    )
