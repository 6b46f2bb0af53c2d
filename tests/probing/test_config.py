from __future__ import annotations

from typing import Any

import pytest

from rollout.core.agreement import Agree
from rollout.core.config import ConfigError, ProbeSettings, read
from tests.config.stack import FULL, as_pulumi_gives_it


def settings(probe: dict[str, Any]) -> ProbeSettings:
    config = {**FULL, "probe": {"file": "x.json", **probe}}
    return read(as_pulumi_gives_it(config), file="Pulumi.prod.yaml").probe


def test_without_the_keys_nothing_is_compared_and_nothing_may_be_slow():
    assert settings({}) == ProbeSettings("x.json")
    assert (settings({}).agree, settings({}).slow, settings({}).ranges) == (None, 0, ())


def test_agreement_needs_a_tolerance_and_has_defaults_for_the_rest():
    assert settings({"agree": {"tolerance": 0.1}}).agree == Agree(0.1, 0.0, 0.05, ())
    with pytest.raises(
        ConfigError, match=r"rollout:probe\.agree\.tolerance is missing; write how far numbers may"
    ):
        settings({"agree": {}})


def test_a_number_may_be_text_as_the_command_line_writes_it():
    agree = settings({"agree": {"tolerance": "0.1"}}).agree
    assert agree is not None
    assert agree.tolerance == 0.1
    (limits,) = settings({"ranges": {"p": ["0", "1e3"]}}).ranges
    assert (limits.low, limits.high) == (0, 1000)


def test_a_limit_may_be_open():
    least, most = settings({"ranges": {"a": [0, None], "b.c[*]": [None, 1]}}).ranges
    assert (str(least.path), str(least), str(most.path), str(most)) == (
        "a",
        "at least 0",
        "b.c[*]",
        "at most 1",
    )


@pytest.mark.parametrize("path", [".a", "a[x]", "a..b", ""])
def test_a_path_that_is_none_is_refused(path: str):
    for key, probe in (
        (f"ranges.{path}", {"ranges": {path: [0, 1]}}),
        ("agree.only", {"agree": {"tolerance": 1, "only": ["p", path]}}),
    ):
        with pytest.raises(ConfigError) as caught:
            settings(probe)
        (problem,) = caught.value.problems
        assert problem.key == f"rollout:probe.{key}"
        assert "a path in the answer, such as probabilities[*]" in problem.allowed
