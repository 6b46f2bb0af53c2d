"""The project's own stack files, and the page about config."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollout.core.config import Auth, Settings, read
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.plan import OnInconclusive
from tests.config.stack import PROJECT, known_keys

STACKS = ("dev", "staging", "prod")


def project() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())


def merged(file: Path) -> Settings:
    """The settings of a stack's file, merged with the project's as Pulumi merges them: key by key."""
    own = yaml.safe_load(file.read_text())["config"]
    assert set(own) >= {"azure-native:location"}
    keys = {key.removeprefix("rollout:"): value for key, value in own.items() if key.startswith("rollout:")}
    both = {key: schema["default"] for key, schema in project()["config"].items()} | keys
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in both.items()}
    return read(raw, file=file.name, stack_keys=keys)


def shipped(stack: str) -> Settings:
    return merged(PROJECT / f"Pulumi.{stack}.yaml")


@pytest.mark.parametrize("stack", STACKS)
def test_every_shipped_stack_is_good_config(stack: str):
    settings = shipped(stack)
    assert settings.endpoint.name == f"credit-{stack}"
    assert str(settings.deployment.model).startswith("azureml:credit-risk:")
    assert settings.deployment.serving.requests.max_concurrent_requests_per_instance == 20


def test_caution_grows_from_stack_to_stack():
    dev, staging, prod = (shipped(stack) for stack in STACKS)
    assert dev.ladder.retire_after < staging.ladder.retire_after < prod.ladder.retire_after
    for lower, higher in ((dev, staging), (staging, prod)):
        for one, other in zip(lower.ladder.stages, higher.ladder.stages, strict=True):
            assert (one.traffic, one.bake < other.bake) == (other.traffic, True)
    assert (dev.endpoint.auth, prod.endpoint.auth) == (Auth.KEY, Auth.AAD_TOKEN)
    assert (dev.workspace.create, prod.workspace.create) == (True, False)
    assert prod.ladder.stages[0].min_requests == 500


@pytest.mark.parametrize("stack", STACKS)
def test_the_shipped_gates_compare_with_prod(stack: str):
    settings = shipped(stack)
    assert settings.gates == (
        ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01),
        ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.025),
    )
    assert settings.comparison == ComparisonSettings()
    assert settings.ladder.lag == timedelta(minutes=5)


def test_only_where_nothing_is_at_stake_a_release_goes_on_in_doubt():
    found = [shipped(stack).ladder.on_inconclusive for stack in STACKS]
    assert found == [OnInconclusive.ADVANCE, OnInconclusive.HOLD, OnInconclusive.HOLD]


def test_the_engine_leaves_every_complaint_to_the_program():
    schema = project()["config"]
    assert set(schema) == {key for key in known_keys() if "." not in key}
    for key, entry in schema.items():
        assert set(entry) == {"description", "default"}, (
            f"{key}: a type, or no default, makes the engine stop first"
        )


def test_defaults_agree_with_those_of_the_types():
    written = shipped("prod")
    sparse = dict.fromkeys(project()["config"], "")
    needed = {
        "resourceGroup": "rg",
        "workspace": "mlw-x",
        "endpoint": "credit",
        "model": "azureml:m:1",
        "probe": '{"file": "x.json"}',
        "stages": '[{"traffic": 100, "bake": "1h"}]',
        "gates": '[{"name": "g", "metric": "RequestLatency", "max": 1}]',
    }
    bare = read(sparse | needed, file="Pulumi.x.yaml")
    for name in (
        "slots",
        "keep_failed",
        "settle",
        "retire_after",
        "max_wait",
        "on_inconclusive",
        "on_no_data",
    ):
        assert getattr(bare.ladder, name) == getattr(written.ladder, name), name
    assert bare.deployment.instance_type == written.deployment.instance_type
    assert bare.endpoint.auth == project()["config"]["auth"]["default"]
    assert bare.deployment.instances == project()["config"]["instances"]["default"]


def test_every_key_is_documented():
    page = (PROJECT / "docs/configuration.md").read_text()
    documented = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    assert documented == set(known_keys()) | {"settings.environmentVariables.NAME"}
