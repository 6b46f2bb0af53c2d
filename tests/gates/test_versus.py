"""Comparing, from the answers of Azure Monitor or Log Analytics to a finding."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollout.core.comparison.blocks import Tier
from rollout.core.gates.evidence import Answer, LogQuery, Query, Table, Unreadable
from rollout.core.gates.queries import comparison
from rollout.core.gates.versus import findings
from rollout.core.past import PastStage
from rollout.core.plan import Stage
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.gates.both import (
    BASELINE,
    BY_LOGS,
    ERRORS,
    HALF_HOUR,
    LATENCY,
    SETTINGS,
    STAGE,
    Row,
    evidence,
    question,
    shown,
    traffic,
)
from tests.gates.evidence import MINUTE, START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparativeGate
    from rollout.core.gates.evidence import Evidence
    from rollout.core.gates.judgement import Finding
    from rollout.core.judging import Question

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
BASELINES = pytest.mark.parametrize("baseline", [BASELINE, BY_LOGS], ids=["metrics", "logs"])
BUSY = ((600, "200"),)
MUCH = ((5400, "200"),)


def found(
    asked: Question, rows: Sequence[Row], *gates: ComparativeGate, known: Evidence | None = None
) -> tuple[Finding, ...]:
    gates = gates or (ERRORS, LATENCY)
    known = evidence(asked, rows, *gates) if known is None else known
    return findings(gates, SETTINGS, asked, None, known)


def verdicts(asked: Question, rows: Sequence[Row], *gates: ComparativeGate) -> list[Verdict]:
    return [finding.verdict for finding in found(asked, rows, *gates)]


@BASELINES
def test_equal_deployments_pass_and_worse_ones_fail(baseline: Baseline):
    asked = question(baseline)
    assert verdicts(asked, traffic(green=BUSY, blue=MUCH)) == [OK, OK]
    failing = traffic(green=((560, "200"), (40, "500")), blue=MUCH)
    assert verdicts(asked, failing)[0] is FAILED
    slow = traffic(green=BUSY, blue=MUCH, green_ms=260.0)
    assert verdicts(asked, slow)[1] is FAILED


def test_a_finding_is_a_whole_sentence_and_has_both_lines():
    (errors,) = found(question(BY_LOGS), traffic(green=((540, "200"), (60, "500")), blue=MUCH), ERRORS)
    assert errors.reason.startswith(
        "errors-vs-prod: 10.0 % (1800 of 18000) against prod's 0.0 % (0 of 162000); "
    )
    assert errors.reason.endswith(
        "; by the traffic log (green at 10 %, 10:00:00Z to 10:30:00Z, 18000 requests)"
    )
    assert (errors.value, errors.limit, errors.unit) == (10.0, "< +1 pp", "pp")
    assert errors.compared is not None
    assert errors.compared.tier is Tier.LOGS
    assert [line.name for line in errors.lines] == ["candidate", "prod"]
    assert errors.lines[0].points[0] == (START, 0.1)
    assert len(errors.lines[1].points) == 30


def test_latency_by_metrics_says_how_much_slower_in_percent():
    latency = found(question(), traffic(green=BUSY, blue=MUCH, green_ms=130.0))[1]
    assert latency.value == pytest.approx(30.0)
    assert (latency.limit, latency.unit) == ("< +25 % of prod's P95", "%")
    assert "; by metrics (green at 10 %" in latency.reason


@pytest.mark.parametrize("sums", [True, False])
def test_the_verdict_is_the_same_whether_azure_averages_or_sums(sums: bool):  # noqa: FBT001
    asked = question()
    rows = traffic(
        green=((560, "200"), (20, "500"), (20, "424")), blue=((5300, "200"), (40, "500"), (60, "429"))
    )
    known = evidence(asked, rows, sums=sums)
    errors = findings((ERRORS,), SETTINGS, asked, None, known)[0]
    assert errors.compared is not None
    assert (errors.compared.candidate_requests, errors.compared.candidate_events) == (18000, 1200)
    assert (errors.compared.prod_requests, errors.compared.prod_events) == (162000, 3000)


def test_an_absent_code_had_none_where_another_proves_the_minute():
    rows = [*traffic(green=BUSY, blue=MUCH), Row(START, "green", 3, "500"), Row(START, "blue", 9, "500")]
    (errors,) = found(question(), rows, ERRORS)
    assert errors.verdict is OK
    assert errors.compared is not None
    assert (errors.compared.candidate_events, errors.compared.prod_events) == (3, 9)


@BASELINES
def test_a_minute_with_nothing_at_all_is_no_block(baseline: Baseline):
    rows = [row for row in traffic(green=BUSY, blue=MUCH) if row.at != START + 7 * MINUTE]
    (errors,) = found(question(baseline), rows, ERRORS)
    assert [at for at, _ in errors.lines[0].points].count(START + 7 * MINUTE) == 0
    assert len(errors.lines[0].points) == 29


@BASELINES
def test_only_blocks_wholly_inside_a_stage_count(baseline: Baseline):
    late = timedelta(seconds=30)
    window = Window(START + late, START + 20 * MINUTE + late)
    (errors,) = found(question(baseline, window), traffic(green=BUSY, blue=MUCH), ERRORS)
    assert [at for at, _ in errors.lines[0].points] == [START + n * MINUTE for n in range(1, 20)]


@BASELINES
def test_earlier_stages_count_in_the_same_calls(baseline: Baseline):
    first = Window(START, START + 12 * MINUTE)
    present = Window(START + 15 * MINUTE, START + 20 * MINUTE)
    asked = replace(question(baseline, present, Stage(50)), past=(PastStage(10, 0, first),))
    rows = traffic(12, green=((540, "200"), (60, "500")), blue=MUCH)
    rows += traffic(5, green=BUSY, blue=MUCH, first=present.start)
    assert len(comparison((ERRORS,), asked, SETTINGS, None)) == 1
    (errors,) = found(asked, rows, ERRORS)
    assert errors.verdict is FAILED
    assert "green at 50 %, 10:15:00Z to 10:20:00Z, 3000 requests" in errors.reason


@BASELINES
def test_what_is_not_settled_of_an_earlier_stage_does_not_count_yet(baseline: Baseline):
    present = Window(START + 14 * MINUTE, START + 10 * MINUTE)
    past = PastStage(10, 0, Window(START, START + 12 * MINUTE))
    asked = replace(question(baseline, present, Stage(50)), past=(past,))
    (query, *_) = comparison((ERRORS,), asked, SETTINGS, None)
    assert query.window == Window(START, START + 10 * MINUTE)
    (errors,) = found(asked, traffic(12, green=BUSY, blue=MUCH), ERRORS)
    assert (errors.verdict, errors.no_data) == (WAIT, True)


@BASELINES
@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "nothing was measured yet"),
        (traffic(20, green=BUSY, blue=MUCH), "nothing was measured after 10:20:00Z, 10m before"),
        (traffic(blue=MUCH, green=()), "no requests to the candidate in the last 10 blocks"),
        (traffic(blue=(), green=BUSY), "no requests to prod in the last 10 blocks"),
    ],
    ids=["nothing", "stopped", "no candidate", "no prod"],
)
def test_no_data_is_said_and_is_no_success(baseline: Baseline, rows: list[Row], sentence: str):
    for finding in found(question(baseline), rows):
        assert (finding.verdict, finding.no_data) == (WAIT, True), finding.reason
        assert sentence in finding.reason


def test_a_candidate_that_failed_has_failed_though_measuring_stopped():
    (errors,) = found(question(), traffic(20, green=((540, "200"), (60, "500")), blue=MUCH), ERRORS)
    assert (errors.verdict, errors.no_data) == (FAILED, False)


def test_success_needs_the_requests_that_the_stage_asks_for():
    asked = question(stage=replace(STAGE, min_requests=20_000))
    (errors,) = found(asked, traffic(green=BUSY, blue=MUCH), ERRORS)
    assert errors.verdict is WAIT
    assert not errors.no_data
    assert "fewer than the 20000 requests that a verdict needs" in errors.reason


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (question(None), "no baseline was recorded when this rollout opened its first stage"),
        (replace(question(), prod=None), "nobody serves beside green"),
        (question(window=Window(START, START - MINUTE)), "nothing is settled yet"),
    ],
)
def test_what_can_t_be_compared_is_inconclusive_for_lack_of_data(asked: Question, sentence: str):
    assert comparison((ERRORS, LATENCY), asked, SETTINGS, Tier.METRICS) == ()
    for finding in findings((ERRORS, LATENCY), SETTINGS, asked, Tier.METRICS, {}):
        assert (finding.verdict, finding.no_data) == (WAIT, True)
        assert sentence in finding.reason
        assert finding.reason.startswith(finding.gate)


def test_dry_runs_say_so():
    dry = replace(ERRORS, dry_run=True)
    for asked in (question(), question(None)):
        assert found(asked, traffic(), dry, LATENCY)[0].dry_run


def count_of(value: float) -> Callable[[Query | LogQuery], Answer | Table]:
    def answer(query: Query | LogQuery) -> Answer | Table:
        known = shown([query], traffic(green=BUSY, blue=MUCH))[query]
        if isinstance(known, Table):
            first, *rest = known.rows
            return replace(known, rows=((*first[:2], value, *first[3:]), *rest))
        assert isinstance(known, Answer)
        first, *rest = known.series
        points = (replace(first.points[0], value=value), *first.points[1:])
        return Answer((replace(first, points=points), *rest))

    return answer


def unreadable(_query: object) -> Unreadable:
    return Unreadable("Azure said 503")


@BASELINES
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (count_of(math.nan), "no count"),
        (count_of(-1.0), "no count"),
        (count_of(math.inf), "no count"),
        (unreadable, "Azure said 503"),
    ],
    ids=["nan", "negative", "infinite", "unreadable"],
)
def test_what_makes_no_sense_is_an_error_and_says_so(
    baseline: Baseline, answer: Callable[[Query | LogQuery], Answer | Table | Unreadable], sentence: str
):
    asked = question(baseline)
    known = {query: answer(query) for query in comparison((ERRORS, LATENCY), asked, SETTINGS, None)}
    for finding in findings((ERRORS, LATENCY), SETTINGS, asked, None, known):
        assert finding.verdict is ERROR
        assert sentence in finding.reason
    assert all(finding.verdict is ERROR for finding in findings((ERRORS,), SETTINGS, asked, None, {}))


def test_a_part_of_a_row_of_the_log_is_no_count():
    asked = question(BY_LOGS)
    known = {query: count_of(2.5)(query) for query in comparison((ERRORS,), asked, SETTINGS, None)}
    (finding,) = findings((ERRORS,), SETTINGS, asked, None, known)
    assert (finding.verdict, "no counts of a block" in finding.reason) == (ERROR, True)


def test_metrics_are_averages_and_a_minutes_are_rounded_once_added_up():
    asked = question()
    rows = traffic(1, green=((600, "200"), (1, "500"), (1, "424"), (1, "503")), blue=MUCH)
    known: dict[Query | LogQuery, Answer | Table | Unreadable] = {}
    for query, answer in evidence(asked, rows, ERRORS).items():
        assert isinstance(answer, Answer)
        parts = {"200": 600.3, "500": 0.3, "424": 0.4, "503": 0.8}
        known[query] = Answer(
            tuple(
                replace(
                    each, points=(replace(each.points[0], value=parts[dict(each.dimensions)["statusCode"]]),)
                )
                if dict(each.dimensions)["deployment"] == "green"
                else each
                for each in answer.series
            )
        )
    (finding,) = findings((ERRORS,), SETTINGS, asked, None, known)
    assert finding.compared is not None, finding.reason
    assert (finding.compared.candidate_requests, finding.compared.candidate_events) == (602, 2)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        (0, START + timedelta(seconds=20), "a block of 1m was measured that begins at 2026-11-21T10:00:20Z"),
        (0, None, "no counts of a block"),
        (2, None, "no counts of a block"),
        (2, "12", "no counts of a block"),
        (3, 99_999, "can't be"),
        (7, 4, "4 of blue's requests from 2026-11-21T10:00:00Z have no duration"),
    ],
)
def test_rows_that_are_no_blocks_are_an_error(column: int, value: object, sentence: str):
    asked = question(BY_LOGS)
    ((query, table),) = evidence(asked, traffic(green=BUSY, blue=MUCH)).items()
    assert isinstance(table, Table)
    first = list(table.rows[0])
    first[column] = value
    known = {query: replace(table, rows=(tuple(first), *table.rows[1:]))}
    for finding in found(asked, [], known=known):
        assert finding.verdict is ERROR
        assert sentence in finding.reason


@pytest.mark.parametrize("value", [math.nan, -5.0])
def test_a_latency_that_is_no_duration_is_an_error(value: float):
    asked = question()
    counts, times = comparison((ERRORS, LATENCY), asked, SETTINGS, None)
    known = shown((counts, times), traffic(green=BUSY, blue=MUCH))
    answer = known[times]
    assert isinstance(answer, Answer)
    first = answer.series[0]
    broken = replace(first, points=(replace(first.points[0], value=value), *first.points[1:]))
    known[times] = Answer((broken, *answer.series[1:]))
    for finding in found(asked, [], known=known):
        assert finding.verdict is ERROR
        assert "which is no duration" in finding.reason


def test_names_are_matched_whatever_their_case():
    asked = replace(question(BY_LOGS), deployment="Green")
    (errors,) = found(asked, traffic(green=BUSY, blue=MUCH), ERRORS)
    assert errors.verdict is OK
    assert errors.compared is not None
    assert errors.compared.candidate_requests == 18000


def test_a_block_outside_the_whole_window_is_never_seen():
    rows = traffic(60, green=((540, "200"), (60, "500")), blue=MUCH, first=HALF_HOUR.end)
    for finding in found(question(BY_LOGS), rows):
        assert (finding.verdict, finding.no_data) == (WAIT, True)
