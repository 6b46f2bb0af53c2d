"""The limits of a gate on a metric that are called as in Argo Rollouts, and what a report draws of it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.judgement import Finding, Line
from rollout.core.verdict import Verdict
from tests.gates.evidence import (
    ERRORS,
    LATENCY,
    MINUTE,
    START,
    errors,
    evidence,
    judged,
    latency,
    requests,
    series,
)

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
GAP = None
NAN = math.nan


def of_latency(gate: FixedGate, newest: Sequence[float | None]) -> Finding:
    measured = [20.0] * (10 - len(newest)) + list(newest)
    known = evidence(plain=[requests(), latency(measured)], gates=(gate,))
    return judged((gate,), known).findings[0]


@pytest.mark.parametrize(
    ("limits", "newest", "expected"),
    [
        ({"inconclusive_limit": 1}, (20, 20, GAP, 20, 20), OK),
        ({"inconclusive_limit": 1}, (20, GAP, GAP, 20, 20), WAIT),
        ({"inconclusive_limit": 4}, (GAP, GAP, GAP, GAP, 20), OK),
        ({"inconclusive_limit": 4}, (GAP, GAP, GAP, GAP, GAP), WAIT),
        ({"inconclusive_limit": 4}, (GAP, GAP, GAP, GAP, 51), FAILED),
        ({"inconclusive_limit": 1}, (20, 20, GAP, 20, NAN), ERROR),
        ({"consecutive_error_limit": 1}, (20, NAN, 20, NAN, 20), OK),
        ({"consecutive_error_limit": 1}, (20, NAN, NAN, 20, 20), ERROR),
        ({"consecutive_error_limit": 1}, (20, NAN, GAP, math.inf, 20), ERROR),
        ({"consecutive_error_limit": 1}, (20, NAN, GAP, 20, 20), WAIT),
        ({"consecutive_error_limit": 1, "inconclusive_limit": 1}, (20, NAN, GAP, 20, 20), OK),
        ({"consecutive_error_limit": 4, "inconclusive_limit": 4}, (NAN, NAN, GAP, NAN, NAN), WAIT),
        ({"consecutive_error_limit": 4}, (NAN, NAN, NAN, NAN, 51), FAILED),
        ({"failure_limit": 2, "consecutive_success_limit": 3}, (51, 51, 20, 20, 20), OK),
        ({"failure_limit": 2, "consecutive_success_limit": 3}, (51, 20, 51, 20, 20), WAIT),
        ({"failure_limit": 2, "consecutive_success_limit": 3}, (20, 20, 20, 51, 51), WAIT),
        ({"failure_limit": 2, "consecutive_success_limit": 3}, (51, 20, 51, 20, 51), FAILED),
        ({"inconclusive_limit": 1, "consecutive_success_limit": 3}, (20, 20, GAP, 20, 20), WAIT),
        ({"inconclusive_limit": 1, "consecutive_success_limit": 2}, (20, 20, GAP, 20, 20), OK),
        ({"consecutive_error_limit": 1, "consecutive_success_limit": 3}, (20, 20, 20, NAN, 20), WAIT),
        ({"consecutive_success_limit": 5}, (20, 20, 20, 20, 20), OK),
    ],
)
def test_limits_forgive_what_they_say(limits: dict[str, int], newest: Sequence[Any], expected: Verdict):
    found = of_latency(replace(LATENCY, **limits), newest)
    assert found.verdict is expected, found.reason


def test_a_forgiven_point_is_said():
    found = of_latency(replace(LATENCY, failure_limit=1), (20, 51, 20, 20, 20))
    assert (
        "RequestLatency_P90 51 at 10:06:00Z at worst, limit <= 50, 1 points beyond, 1 allowed" in found.reason
    )
    held = of_latency(replace(LATENCY, failure_limit=1, consecutive_success_limit=4), (20, 51, 20, 20, 20))
    assert "3 of 4 newest points in a row are within it" in held.reason


@pytest.mark.parametrize(
    ("newest", "no_data"),
    [((GAP,) * 5, True), ((GAP, GAP, GAP, GAP, 20), False), ((20,) * 5, False), ((51,) * 5, False)],
)
def test_no_data_is_no_point_at_all(newest: Sequence[Any], no_data: bool):  # noqa: FBT001
    assert of_latency(LATENCY, newest).no_data is no_data


def test_errors_without_a_request_are_no_data():
    for plain, no_data in (([], True), ([requests([0] * 10)], True), ([requests()], False)):
        found = judged((ERRORS,), evidence(plain=plain, gates=(ERRORS,))).findings[0]
        assert found.no_data is no_data
        assert found.verdict is (WAIT if no_data else OK)


def test_a_window_that_is_too_short_is_not_without_data():
    short = replace(LATENCY, points=11)
    found = judged((short,), evidence(plain=[requests(), latency()], gates=(short,))).findings[0]
    assert (found.verdict, found.no_data) == (WAIT, False)


def test_a_report_gets_the_whole_window_with_its_unit():
    found = of_latency(LATENCY, (20, GAP, NAN, 51.5, 20))
    expected = [20.0] * 5 + [20.0, None, None, 51.5, 20.0]
    assert found.lines == (
        Line("candidate", tuple((START + number * MINUTE, value) for number, value in enumerate(expected))),
    )
    assert (found.value, found.limit, found.unit) == (51.5, "<= 50", "ms")


def test_a_report_gets_zeros_only_where_they_count():
    known = evidence(filtered=[errors([GAP, 1, *[GAP] * 8])], plain=[requests()], gates=(ERRORS,))
    (line,) = judged((ERRORS,), known).findings[0].lines
    assert [value for _, value in line.points] == [GAP, 1, GAP, GAP, GAP, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("Percent", "%"), ("Seconds", "s"), ("Bytes", "B"), ("Count", ""), ("Unspecified", "")],
)
def test_units_are_those_of_people(unit: str, shown: str):
    gate = FixedGate("any", "Anything", aggregation="Maximum", max=Limit(5))
    known = evidence(plain=[requests(), series("anything", [1.0] * 10, unit)], gates=(gate,))
    found = judged((gate,), known).findings[0]
    assert (found.verdict, found.unit) == (OK, shown)


def test_a_dry_run_is_reported_and_does_not_count():
    trial = replace(LATENCY, name="trial", max=Limit(10), dry_run=True)
    found = judged((LATENCY, trial), evidence(plain=[requests(), latency()], gates=(LATENCY, trial)))
    assert [(each.verdict, each.dry_run) for each in found.findings] == [(OK, False), (FAILED, True)]
    assert found.verdict is OK
    alone = judged((trial,), evidence(plain=[requests(), latency()], gates=(trial,)))
    assert alone.verdict is WAIT


@pytest.mark.parametrize("aggregation", ["Average", "Minimum", "Maximum", "Total", "Count"])
@pytest.mark.parametrize(("interval", "points"), [(1, 10), (5, 2)])
def test_every_aggregation_and_interval(aggregation: str, interval: int, points: int):
    length = timedelta(minutes=interval)
    gate = FixedGate(
        "any", "Anything", aggregation=aggregation, interval=length, points=points, min=Limit(5), max=Limit(7)
    )
    for values, expected in (([6] * 10, OK), ([5, *[7] * 9], OK), ([4.9, *[6] * 9], FAILED)):
        measured = series("Anything", values[::interval], "Percent")
        spaced = replace(
            measured,
            points=tuple(
                replace(point, at=START + number * length) for number, point in enumerate(measured.points)
            ),
        )
        found = judged((gate,), evidence(plain=[requests(), spaced], gates=(gate,))).findings[0]
        assert found.verdict is expected, found.reason
        assert found.limit == ">= 5 and <= 7"


def test_empty_abort_needs_an_empty_window():
    gate = replace(LATENCY, empty=Empty.ABORT, inconclusive_limit=4)
    assert of_latency(gate, (GAP,) * 10).verdict is FAILED
    assert of_latency(gate, (GAP,) * 5).verdict is WAIT
