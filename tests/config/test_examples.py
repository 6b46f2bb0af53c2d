"""The example configurations: good config, and judged as what they stand for would judge."""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.config import Settings
from rollout.core.gates.fixed import FixedGate
from rollout.core.gates.judgement import Finding
from rollout.core.plan import Stage
from rollout.core.verdict import Verdict
from tests.config.stack import PROJECT, known_keys
from tests.config.test_shipped import merged
from tests.gates.evidence import errors, evidence, judged, latency, requests

OK, WAIT, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.FAILED
FOLDER = PROJECT / "examples"
FILES = sorted(FOLDER.glob("*/Pulumi.*.yaml"))
STAGE = Stage(10, timedelta(minutes=10))


@cache
def saferollout() -> Settings:
    return merged(FOLDER / "saferollout/Pulumi.saferollout.yaml")


def gate_of(name: str) -> FixedGate:
    gate = next(gate for gate in saferollout().gates if gate.name == name)
    assert isinstance(gate, FixedGate)
    return gate


def ours(name: str, newest: Sequence[float | None], *, requested: bool = True) -> Finding:
    """What the example says where the newest points are these, after eight others."""
    gate = gate_of(name)
    kind = errors if name == "errors" else latency
    measured = [kind([1.0] * 8 + list(newest))] if newest else []
    filtered = measured if name == "errors" else []
    plain = [*([requests()] if requested else []), *(measured if name == "latency" else [])]
    known = evidence(filtered=filtered, plain=plain, gates=(gate,), stage=STAGE)
    return judged((gate,), known, STAGE).findings[0]


def theirs(values: Sequence[float], threshold: float) -> Verdict:
    """What validate-metrics says with `lte`: every point of the series must be at most the threshold."""
    return FAILED if any(value > threshold for value in values) else OK


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_example_is_good_config_for_a_stack_of_that_name(file: Path):
    own = yaml.safe_load(file.read_text())["config"]
    assert "azure-native:location" in own
    assert merged(file).endpoint.name.endswith(file.parent.name)


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*/README.md")), ids=lambda page: page.parent.name)
def test_pages_of_examples_name_keys_and_files_that_are_there(page: Path):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s#]+)[^)\s]*\)", text):
        assert (page.parent / target).exists(), target
    rows = re.findall(r"^\| (?:[^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)[`:]", row)}
    keys = {part for key in known_keys() for part in key.replace("[]", "").split(".")}
    values = {"zero", "hold", "abort", "deployment"}
    assert named - keys - values <= {"pulumi", "rollout", "PROD_DEPLOYMENT"}


def test_the_steps_are_those_of_saferollout():
    ladder = saferollout().ladder
    assert [stage.traffic for stage in ladder.stages] == [10, 50, 100]
    assert all(stage.bake >= timedelta(minutes=5) for stage in ladder.stages)
    assert ladder.retire_after == timedelta(0)


@pytest.mark.parametrize("name", ["errors", "latency"])
@settings(deadline=None)
@given(st.lists(st.integers(0, 60) | st.floats(0, 60), min_size=2, max_size=2))
def test_measured_points_are_judged_as_validate_metrics_judges_them(name: str, newest: list[float]):
    limit = {"errors": 0, "latency": 30}[name]
    assert ours(name, newest).verdict is theirs(newest, limit)


@pytest.mark.parametrize(
    ("name", "newest", "limit"),
    [
        ("errors", [0, 0], 0),
        ("errors", [0, 1], 0),
        ("errors", [1, 0], 0),
        ("errors", [0, 0.5], 0),
        ("latency", [30, 30], 30),
        ("latency", [12.5, 29.9], 30),
        ("latency", [30, 30.001], 30),
        ("latency", [31, 12], 30),
        ("latency", [400, 500], 30),
    ],
)
def test_at_the_limit_too(name: str, newest: list[float], limit: float):
    found = ours(name, newest)
    assert found.verdict is theirs(newest, limit), found.reason
    assert found.limit == f"<= {limit}"


@pytest.mark.parametrize(
    ("name", "newest", "requested", "expected"),
    [
        pytest.param("errors", [], True, OK, id="no series of errors, and requests: none failed"),
        pytest.param("errors", [], False, WAIT, id="no series of errors, and no requests"),
        pytest.param("errors", [None, 0], True, OK, id="a minute without errors has no sample"),
        pytest.param("errors", [None, 1], True, FAILED, id="and one with an error has"),
        pytest.param("latency", [], True, WAIT, id="allow_empty_metrics lets no latency pass"),
        pytest.param("latency", [None, 12], True, WAIT, id="a point without a value ends in a traceback"),
        pytest.param("latency", [None, 31], True, FAILED, id="unless another is beyond the limit"),
    ],
)
def test_what_is_missing_is_no_success_unless_it_is_proved_to_be_zero(
    name: str,
    newest: list[float | None],
    requested: bool,  # noqa: FBT001
    expected: Verdict,
):
    found = ours(name, newest, requested=requested)
    assert found.verdict is expected, found.reason
