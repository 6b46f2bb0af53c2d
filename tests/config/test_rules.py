"""Rules that concern several keys."""

from typing import Any

import pytest

from rollout.core.config import read
from tests.config.stack import FULL, as_pulumi_gives_it, with_value, without
from tests.config.test_wrong_keys import problems


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        ([10, 10, 100], {1: "more than the 10 of the stage before it"}),
        ([50, 10, 100], {1: "more than the 50 of the stage before it"}),
        ([10, 50, 90], {2: "100 in the last stage"}),
        ([100, 50, 90], {1: "more than the 100", 2: "100 in the last stage"}),
        ([10, 100, 100], {2: "more than the 100"}),
    ],
)
def test_the_ladder_rises_strictly_to_100(shares: list[int], wrong: dict[int, str]):
    config = with_value(FULL, "gates", FULL["gates"][1:])
    for index, share in enumerate(shares):
        config = with_value(config, f"stages[{index}].traffic", share)
    found = {problem.key: problem.allowed for problem in problems(config)}
    assert set(found) == {f"rollout:stages[{index}].traffic" for index in wrong}
    for index, allowed in wrong.items():
        assert allowed in found[f"rollout:stages[{index}].traffic"]


@pytest.mark.parametrize(
    ("changes", "key", "value", "allowed"),
    [
        (
            {"gates[1].name": "Errors"},
            "gates[1].name",
            '"Errors"',
            "a name of its own; gates[0] has this one",
        ),
        (
            {"gates[0].max": {"10": 1, "20": 0}},
            "gates[0].max",
            '{"10": 1.0, "20": 0.0}',
            "10, 50, 100, not 20",
        ),
        ({"gates[1].max": {"50": 40}}, "gates[1].max", '{"50": 40.0}', "a limit for stage 10 too"),
        ({"gates[1].min": 60}, "gates[1].min", "60.0", "at most max, which is 50 at stage 10"),
        (
            {"stages[0].bake": "9m"},
            "stages[0].bake",
            '"9m"',
            "at least 10m: settle 2m + lag 3m + 5 points of 1m for gate errors",
        ),
        ({"gates[1].points": 30}, "stages[0].bake", '"30m"', "30 points of 1m for gate latency"),
        ({"gates[1].interval": "15m"}, "stages[1].bake", '"30m"', "at least 1h20m"),
        ({"autoscale.max": 1}, "autoscale.max", "1", "at least min, 2"),
        ({"stages[0].deadline": "29m"}, "stages[0].deadline", '"29m"', "at least the stage's bake, 30m"),
        ({"lag": "24m"}, "stages[0].bake", '"30m"', "at least 31m: settle 2m + lag 24m"),
        (
            {"gates[1].empty": "zero"},
            "gates[1].empty",
            '"zero"',
            "hold or abort; zero only for RequestsPerMinute",
        ),
        ({"gates[1].failureLimit": 5}, "gates[1].failureLimit", "5", "less than points, which is 5"),
        ({"gates[1].inconclusiveLimit": 5}, "gates[1].inconclusiveLimit", "5", "less than points"),
        ({"gates[1].consecutiveErrorLimit": 7}, "gates[1].consecutiveErrorLimit", "7", "less than points"),
        (
            {"gates[1].consecutiveSuccessLimit": 6},
            "gates[1].consecutiveSuccessLimit",
            "6",
            "at most points, which is 5",
        ),
        ({"gates[4].empty": "zero"}, "gates[4].empty", '"zero"', "hold or abort"),
        (
            {"gates[3].measure": "latency", "gates[3].slack": "5%"},
            "gates[3].slack",
            '"5%"',
            "20% as in gates[2]",
        ),
        ({"gates[3].source": "auto"}, "gates[3].source", '"auto"', "logs as in gates[2]"),
        (
            {"gates[2].source": "metrics", "gates[3].source": "metrics"},
            "comparison.block",
            '"30s"',
            "1m, except with source: logs",
        ),
        (
            {"comparison.minMinutes": 26},
            "stages[0].bake",
            '"30m"',
            "at least 31m: settle 2m + lag 3m + comparison.minMinutes 26m for gate latency-vs-prod",
        ),
        (
            {"gates": [gate | {"dryRun": True} for gate in FULL["gates"]]},
            "gates[0].dryRun",
            "true",
            "false in at least one gate that counts",
        ),
        (
            {"createWorkspace": True},
            "logAnalyticsWorkspace",
            '"/subscriptions/',
            "only where createWorkspace is false",
        ),
        (
            {"gates[1].filter": "deployment eq 'blue'"},
            "gates[1].filter",
            "\"deployment eq 'blue'\"",
            "without deployment",
        ),
        (
            {"gates[1].filter": "Deployment ne 'x'"},
            "gates[1].filter",
            "\"Deployment ne 'x'\"",
            "without deployment",
        ),
    ],
)
def test_rules_between_keys(changes: dict[str, object], key: str, value: str, allowed: str):
    config = FULL
    for path, change in changes.items():
        config = with_value(config, path, change)
    found = {problem.key: problem for problem in problems(config)}
    problem = found[f"rollout:{key}"]
    assert value in str(problem.value)
    assert allowed in problem.allowed


SHADOW = {"traffic": 0, "mirror": 20, "bake": "30m"}


@pytest.mark.parametrize(
    ("stages", "wrong"),
    [
        ([SHADOW, FULL["stages"][2]], {}),
        ([SHADOW | {"mirror": 5}, SHADOW, *FULL["stages"]], {}),
        ([SHADOW, SHADOW, *FULL["stages"]], {"[1].mirror": "more than the 20 of the stage before it"}),
        (
            [FULL["stages"][0], SHADOW, FULL["stages"][2]],
            {"[1].traffic": "more than the 10 of the stage before"},
        ),
        ([FULL["stages"][2], SHADOW], {"[1].traffic": "more than the 100"}),
        ([SHADOW | {"traffic": 10}, FULL["stages"][2]], {"[0].mirror": "only where traffic is 0"}),
        ([{"traffic": 0, "bake": "30m"}, FULL["stages"][2]], {"[0].traffic": "or 0 with mirror"}),
        ([SHADOW], {"[0].traffic": "100 in the last stage"}),
    ],
)
def test_shadow_rungs_come_first_and_rise(stages: list[dict[str, Any]], wrong: dict[str, str]):
    config = with_value(FULL, "gates", FULL["gates"][1:]) | {"stages": stages}
    if not wrong:
        read(as_pulumi_gives_it(config), file="Pulumi.prod.yaml")
        return
    found = {problem.key: problem.allowed for problem in problems(config)}
    for path, allowed in wrong.items():
        assert allowed in found.pop(f"rollout:stages{path}")
    assert set(found) <= {"rollout:stages[1].traffic"}


@pytest.mark.parametrize(("count", "right"), [(7, True), (8, False)])
def test_as_many_stages_compare_as_a_rollout_can_keep_in_mind(count: int, right: bool):  # noqa: FBT001
    stages = [{"traffic": share, "bake": "30m"} for share in (*range(1, count + 1), 100)]
    limits = [{"name": "latency", "metric": "RequestLatency_P90", "max": 50}]
    read(
        as_pulumi_gives_it(FULL | {"stages": stages, "gates": limits, "comparison": {}}), file="Pulumi.x.yaml"
    )
    config = FULL | {"stages": stages, "gates": FULL["gates"][1:]}
    if right:
        read(as_pulumi_gives_it(config), file="Pulumi.x.yaml")
    else:
        (problem,) = problems(config)
        assert (problem.key, "at most 7 stages below 100" in problem.allowed) == ("rollout:stages", True)


def test_gates_that_compare_need_prod_beside_the_candidate():
    config = FULL | {"stages": [{"traffic": 100, "bake": "1h"}], "gates": FULL["gates"][1:]}
    (problem,) = [each for each in problems(config) if each.key == "rollout:stages[0].traffic"]
    assert "gates compare with prod" in problem.allowed


def test_a_limit_by_stage_has_the_key_0_for_shadow_rungs():
    config = without(FULL, "gates[0].min") | {"stages": [SHADOW, *FULL["stages"]]}
    (problem,) = problems(config)
    assert problem.key == "rollout:gates[0].max"
    assert "a limit for stage 0 too" in problem.allowed
    read(as_pulumi_gives_it(with_value(config, "gates[0].max", {"0": 2, "50": 0})), file="Pulumi.prod.yaml")


def test_a_gate_needs_a_limit():
    (problem,) = problems(without(FULL, "gates[1].max"))
    assert str(problem).endswith(
        "rollout:gates[1].max is missing; write at least one of max and min in every gate"
    )


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        (["code"], ["code"]),
        (["scoringScript"], ["scoringScript"]),
        (["environment"], ["environment"]),
        (["code", "environment"], ["code", "environment"]),
    ],
)
def test_code_script_and_environment_go_together(gone: list[str], named: list[str]):
    config = FULL
    for key in gone:
        config = without(config, key)
    assert [problem.key for problem in problems(config)] == [f"rollout:{key}" for key in named]


def test_a_rule_isn_t_checked_on_a_key_that_couldn_t_be_read():
    config = with_value(with_value(FULL, "stages[1].traffic", "x"), "settle", "soon")
    assert {problem.key for problem in problems(config)} == {"rollout:stages[1].traffic", "rollout:settle"}


def test_rules_are_checked_beside_wrong_keys():
    config = with_value(with_value(FULL, "stages[0].bake", "1m"), "auth", "x")
    assert {problem.key for problem in problems(config)} == {"rollout:stages[0].bake", "rollout:auth"}


@pytest.mark.parametrize("key", ["model", "environment"])
def test_what_is_promoted_has_a_version(key: str):
    name = FULL[key].rpartition(":")[0]
    (problem,) = problems(with_value(FULL, key, f"{name}@latest"))
    assert (problem.key, problem.allowed) == (
        f"rollout:{key}",
        "a version, such as azureml:NAME:7, because of promotesFrom",
    )
    free = with_value(without(FULL, "promotesFrom"), key, f"{name}@latest")
    assert read(as_pulumi_gives_it(free), file="Pulumi.prod.yaml").promotes is None
