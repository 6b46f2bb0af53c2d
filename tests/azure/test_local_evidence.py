"""Evidence of both tiers from a local Azure, through the real clients: found, counted and judged alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rollout.azure.errors import Forbidden
from rollout.azure.measuring import measure
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.evidence import Answer, Query
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.history import Thin
from rollout.core.verdict import Verdict
from tests.azure.scene import MINUTE, SLOWER, WORSE, Scene, scene_of
from tests.localazure.local import NotingServing, in_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localazure.local import Arm as Local

USUAL = Baseline(Tier.METRICS, 99, 0.0, None, 1, 1)
OK, WAIT, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.FAILED
P99 = FixedGate(
    "p99",
    kql="AmlOnlineEndpointTrafficLog\n"
    '| where EndpointName =~ endpoint and strcat(_ResourceId, "/") startswith mlWorkspace\n'
    "| where DeploymentName =~ deployment\n"
    "| where TimeGenerated between (start .. end)\n"
    "| summarize percentile(TotalDurationMs, 99)",
    max=Limit(500),
)


NOT_2XX = FixedGate(
    "errors", "RequestsPerMinute", filter="statusCodeClass ne '2xx'", max=Limit(9), empty=Empty.ZERO
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield local


@pytest.fixture
def averaging(tmp_path: Path) -> Iterator[Scene]:
    """Where RequestsPerMinute of merged series is the mean of their samples."""
    with (
        in_process(tmp_path, NotingServing(), requests_per_minute="average") as local,
        scene_of(local) as scene,
    ):
        yield scene


@pytest.fixture
def scene(local: Local) -> Iterator[Scene]:
    with scene_of(local) as scene:
        yield scene
    local.control("DELETE", "faults")


def test_the_traffic_log_is_found_by_any_setting_that_sends_it(scene: Scene):
    sight = scene.sight()
    customer = scene.local.ok("GET", scene.logs)["properties"]["customerId"]
    assert (sight.traffic_log, sight.logs.ours) == (customer, True)
    settings = f"{scene.place.endpoint_id}/providers/Microsoft.Insights/diagnosticSettings"
    properties = {
        "workspaceId": scene.logs,
        "logs": [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}],
    }
    scene.local.ok("PUT", f"{settings}/theirs", {"properties": properties})
    scene.local.ask("DELETE", f"{settings}/rollout")
    sight = scene.sight()
    assert (sight.traffic_log, sight.logs.ours) == (customer, False)
    scene.local.ask("DELETE", f"{settings}/theirs")
    assert scene.sight().traffic_log is None


def test_a_workspace_that_can_t_be_read_stops_what_needs_it_alone(scene: Scene):
    scene.fault({"match": {"path": "/workspaces/log-"}, "status": 403})
    sight = scene.sight()
    with pytest.raises(Forbidden, match="the Log Analytics workspace log-"):
        _ = sight.traffic_log
    assert sight.endpoint is not None
    assert sight.subject is not None
    assert sight.subject.tier(Tier.METRICS) is Tier.METRICS


@pytest.mark.parametrize("tier", Tier)
def test_what_is_usual_of_prod(scene: Scene, tier: Tier):
    assert scene.usual(tier) == Thin(0)
    scene.traffic(5, scene.now - 4 * 60 * MINUTE, blue=(95, 5), green=(1, 99))
    found = scene.usual(tier)
    assert isinstance(found, Baseline)
    assert (found.requests, found.error_share) == (500, 0.05)
    scene.traffic(50, scene.now - 30 * MINUTE, blue=(99, 1))
    found = scene.usual(tier)
    assert isinstance(found, Baseline)
    assert (found.requests, found.error_share) == (5000, 0.01)
    assert found.slow_ms == ((100.0,) * 3 if tier is Tier.LOGS else (130.0,) * 3)


@pytest.mark.parametrize("tier", Tier)
def test_both_tiers_count_alike_and_judge_alike(scene: Scene, tier: Tier):
    scene.traffic(50, scene.now - 30 * MINUTE, blue=(536, 4))
    frozen = scene.usual(tier)
    assert isinstance(frozen, Baseline)
    scene.traffic(20, scene.now - 5 * MINUTE, blue=(536, 4), green=(60, 0))
    calm = scene.judged((WORSE, SLOWER), scene.asked(frozen))
    compared = calm.findings[0].compared
    assert compared is not None
    assert (compared.tier, compared.candidate_requests, compared.candidate_events) == (tier, 1200, 0)
    assert (compared.prod_requests, compared.prod_events) == (10800, 80)
    assert calm.requests == 1200
    scene.traffic(20, scene.now - 5 * MINUTE, green=(0, 6))
    worse = scene.judged((WORSE, SLOWER), scene.asked(frozen))
    assert worse.findings[0].verdict is FAILED, worse.findings[0].reason
    assert worse.findings[1].verdict is not FAILED


def test_calls_of_one_look(scene: Scene):
    scene.traffic(50, scene.now - 5 * MINUTE, blue=(90, 0), green=(10, 0))
    by_logs, by_metrics = scene.usual(Tier.LOGS), scene.usual(Tier.METRICS)
    assert isinstance(by_logs, Baseline)
    assert isinstance(by_metrics, Baseline)
    for gates, frozen, calls in (
        ((WORSE, SLOWER), by_metrics, [":getBatch"] * 2),
        ((WORSE, SLOWER), by_logs, ["/v1/workspaces"]),
        ((WORSE, SLOWER, P99), by_logs, ["/v1/workspaces"] * 2),
        ((WORSE, SLOWER, P99), by_metrics, [":getBatch"] * 2 + ["/v1/workspaces"]),
    ):
        before = scene.number()
        judged = scene.judged(gates, scene.asked(frozen))
        assert all(finding.verdict in {OK, WAIT} for finding in judged.findings), judged.findings
        sent = scene.sent(before)
        assert sorted(part for path in sent for part in set(calls) if part in path) == sorted(calls)
        assert len(sent) == len(calls)


def test_a_query_of_ones_own_gets_its_names_and_gives_a_number(scene: Scene):
    scene.traffic(20, scene.now - 5 * MINUTE, blue=(9, 0), green=(9, 0))
    asked = replace(scene.asked(Baseline(Tier.LOGS, 99, 0.0, None, 1, 1)), prod=None)
    (found,) = scene.judged((P99,), asked).findings
    assert (found.verdict, found.value) == (OK, 130.0), found.reason


def test_a_100_is_no_answer_yet_and_no_error(scene: Scene):
    scene.traffic(50, scene.now - 30 * MINUTE, blue=(536, 4))
    scene.traffic(20, scene.now - 5 * MINUTE, blue=(536, 4), green=(60, 0))
    going_on = {
        "EndpointId": scene.place.endpoint_id,
        "EndpointName": scene.place.endpoint,
        "ResponseCode": 100,
        "count": 30,
    }
    for name, minutes in (("blue", 40), ("green", 10)):
        at = (scene.now - minutes * MINUTE).isoformat().replace("+00:00", "Z")
        scene.local.control("POST", "rows", [going_on | {"DeploymentName": name, "TimeGenerated": at}])
    frozen = scene.usual(Tier.LOGS)
    assert isinstance(frozen, Baseline)
    assert (frozen.requests, frozen.error_share) == (50 * 540, pytest.approx(4 / 540, rel=1e-4))
    compared = scene.judged((WORSE,), scene.asked(frozen)).findings[0].compared
    assert compared is not None
    assert (compared.candidate_requests, compared.candidate_events) == (1200, 0)


def test_an_endpoint_of_the_same_name_in_another_region_is_another(scene: Scene):
    """Both log to one workspace, and both have deployments blue and green."""
    scene.traffic(50, scene.now - 30 * MINUTE, blue=(536, 4))
    scene.traffic(20, scene.now - 5 * MINUTE, blue=(536, 4), green=(60, 0))
    there = scene.namesake()
    there.traffic(50, scene.now - 30 * MINUTE, blue=(0, 540))
    there.traffic(20, scene.now - 5 * MINUTE, blue=(540, 0), green=(0, 60))
    frozen = scene.usual(Tier.LOGS)
    assert isinstance(frozen, Baseline)
    assert frozen.requests == 50 * 540
    compared = scene.judged((WORSE,), scene.asked(frozen)).findings[0].compared
    assert compared is not None
    assert (compared.candidate_requests, compared.candidate_events) == (1200, 0)
    assert (compared.prod_requests, compared.prod_events) == (10800, 80)
    count = replace(P99, kql=(P99.kql or "").replace("percentile(TotalDurationMs, 99)", "count()"))
    (found,) = scene.judged((replace(count, max=Limit(1200)),), scene.asked(frozen)).findings
    assert (found.verdict, found.value) == (OK, 1200), found.reason


def test_a_fixed_gate_counts_all_errors_of_all_codes(scene: Scene):
    scene.traffic(20, scene.now - 5 * MINUTE, green=(50, 5))
    scene.traffic(20, scene.now - 5 * MINUTE, green=(50, 3))
    asked = scene.asked(USUAL)
    found = scene.judged((NOT_2XX,), asked)
    assert (found.verdict, found.findings[0].value, found.requests) == (OK, 8, 108 * 20)


def test_gates_are_right_where_azure_averages_too(averaging: Scene):
    scene = averaging
    scene.traffic(20, scene.now - 5 * MINUTE, blue=(530, 10), green=(50, 5))
    merged = Query(
        ("RequestsPerMinute",), "deployment eq 'green'", "Average", MINUTE, scene.asked(USUAL).window
    )
    assert scene.subject is not None
    found = measure([merged], scene.subject, scene.arm.cloud, scene.arm.tokens)[merged]
    assert isinstance(found, Answer)
    assert found.series[0].points[0].value == 27.5
    judged = scene.judged((WORSE, NOT_2XX), scene.asked(USUAL))
    compared = judged.findings[0].compared
    assert compared is not None
    assert (compared.candidate_requests, compared.candidate_events) == (1100, 100)
    assert (compared.prod_requests, compared.prod_events) == (10800, 200)
    assert (judged.findings[1].value, judged.requests) == (5, 1100)
    alone = scene.judged((NOT_2XX,), scene.asked(USUAL))
    assert (alone.findings[0].value, alone.requests) == (5, 1100)
