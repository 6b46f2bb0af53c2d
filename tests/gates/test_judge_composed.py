"""All kinds of gates together: each judged by its own rule, in the order of config."""

from dataclasses import replace

import pytest

from rollout.core.comparison.blocks import Baseline
from rollout.core.gates.comparative import ComparativeGate
from rollout.core.gates.evidence import Evidence, LogQuery, Table
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.judge import judge
from rollout.core.gates.judgement import Judgement
from rollout.core.gates.queries import comparison, queries
from rollout.core.judging import Question
from rollout.core.verdict import Verdict
from tests.gates.both import BASELINE, BY_LOGS, ERRORS, LATENCY, SETTINGS, Row, question, shown, traffic
from tests.gates.evidence import NOT_2XX

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
LIMIT = FixedGate("p95", "RequestLatency_P95", max=Limit(250))
COUNTS = FixedGate("bad", "RequestsPerMinute", filter=NOT_2XX, max=Limit(2), empty=Empty.ZERO)
CUSTOM = FixedGate("own", kql="T | count", max=Limit(3))
ALL = (LIMIT, ERRORS, CUSTOM, LATENCY, COUNTS)
BASELINES = pytest.mark.parametrize("baseline", [BASELINE, BY_LOGS], ids=["metrics", "logs"])
BUSY = traffic(green=((600, "200"),), blue=((5400, "200"),))


def evidence(
    gates: tuple[FixedGate | ComparativeGate, ...], asked: Question, rows: list[Row], own: float
) -> Evidence:
    """What all queries of these gates bring, where only green's rows are asked for by a fixed gate."""
    compared = comparison(gates, asked, SETTINGS, None)
    green = [row for row in rows if row.deployment == "green"]
    known = dict(shown(compared, rows))
    for query in queries(gates, asked, SETTINGS, None):
        if query in compared:
            continue
        if isinstance(query, LogQuery):
            known[query] = Table(("count_",), ((own,),))
        else:
            known |= shown(
                [query], [row for row in green if row.bad] if "ne '2xx'" in query.filter else green
            )
    return known


def judged(
    asked: Question, rows: list[Row], *gates: FixedGate | ComparativeGate, own: float = 1
) -> Judgement:
    return judge(gates or ALL, SETTINGS, asked, None, evidence(gates or ALL, asked, rows, own))


@BASELINES
def test_findings_are_in_the_order_of_config(baseline: Baseline):
    found = judged(question(baseline), BUSY)
    assert [finding.gate for finding in found.findings] == [gate.name for gate in ALL]
    assert [finding.verdict for finding in found.findings] == [OK] * 5, found.reason
    assert found.requests == 18000


@BASELINES
def test_each_gate_fails_for_its_own_reason(baseline: Baseline):
    asked = question(baseline)
    worse = traffic(green=((560, "200"), (40, "500")), blue=((5400, "200"),))
    verdicts = {each.gate: each.verdict for each in judged(asked, worse).findings}
    assert (verdicts["errors-vs-prod"], verdicts["bad"], verdicts["own"]) == (FAILED, FAILED, OK)
    own = {each.gate: each.verdict for each in judged(asked, BUSY, own=4).findings}
    assert own == dict.fromkeys(own, OK) | {"own": FAILED}


@BASELINES
def test_the_comparison_proves_the_requests_of_all_gates(baseline: Baseline):
    asked = question(baseline)
    few = replace(asked, stage=replace(asked.stage, min_requests=18001))
    found = judged(few, BUSY)
    assert found.requests == 18000
    assert {each.verdict for each in found.findings} == {WAIT}
    assert all("18001 requests" in each.reason for each in found.findings)


def test_a_first_release_is_judged_by_limits_alone():
    alone = replace(question(), prod=None, baseline=None)
    green = [row for row in BUSY if row.deployment == "green"]
    found = judged(alone, green)
    assert [finding.gate for finding in found.findings] == ["p95", "own", "bad"]
    assert found.verdict is OK
    assert judged(alone, green, ERRORS, LATENCY).findings == ()


def test_without_a_baseline_comparing_waits_and_limits_still_fail():
    asked = replace(question(), baseline=None)
    slow = traffic(green_ms=300)
    found = {each.gate: each for each in judged(asked, slow).findings}
    assert (found["errors-vs-prod"].verdict, found["p95"].verdict) == (WAIT, FAILED)
    assert found["errors-vs-prod"].no_data


def test_what_the_comparison_can_t_read_is_an_error_of_every_gate_that_has_not_failed():
    asked = question()
    known = {
        query: answer
        for query, answer in evidence(ALL, asked, BUSY, own=9).items()
        if query not in comparison(ALL, asked, SETTINGS, None)
    }
    found = judge(ALL, SETTINGS, asked, None, known)
    assert found.requests is None
    verdicts = {each.gate: each.verdict for each in found.findings}
    assert verdicts.pop("own") is FAILED
    assert set(verdicts.values()) == {ERROR}
