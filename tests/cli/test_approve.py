"""What a person may accept, and what nobody can."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from rollout.cli import approve, inputs
from rollout.cli.usage import UsageError
from rollout.core.comparison.blocks import Tier
from rollout.core.gates.judgement import Compared, Finding, Judgement, Line
from rollout.core.plan import Plan, Stage
from rollout.core.record import Record
from rollout.core.step import Phase
from rollout.core.verdict import Verdict
from rollout.core.window import Window

if TYPE_CHECKING:
    from rollout.azure.assess import Assessment

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(hours=1), NOW)


def finding(verdict: Verdict, certified: float | None = None, *, no_data: bool = False) -> Finding:
    compared = Compared(Tier.LOGS, 9, 9, 0, 0, 0.01, certified, Line("evidence", ()), 1.3, None)
    return Finding("errors", verdict, "errors: so and so", no_data=no_data, compared=compared)


def assessed(*findings: Finding, **record: object) -> Assessment:
    rollout = Record(candidate="green", release="m:2-aaaaaaaa", stage=10)
    judgement = Judgement(WINDOW, findings) if findings else None
    step = SimpleNamespace(reason="green is being created")
    step.phase = Phase.PROGRESSING
    plan = Plan("m:2-aaaaaaaa", (Stage(10), Stage(50, approval=bool(findings) and findings[0] is SURE)))
    seen = SimpleNamespace(record=replace(rollout, **record), judgement=judgement, step=step, plan=plan)
    seen.seen = SimpleNamespace(now=NOW)
    return cast("Assessment", seen)


DOUBT = finding(Verdict.INCONCLUSIVE, 0.0204)
SURE = finding(Verdict.SUCCESSFUL)


@pytest.mark.parametrize(
    ("found", "rung", "said"),
    [
        (assessed(DOUBT, candidate=None), None, "no rollout is in progress"),
        (assessed(DOUBT, release=None), None, "no rollout is in progress"),
        (assessed(), None, "no gate is judged now \\(green is being created\\)"),
        (assessed(DOUBT), "50", "green is at 10"),
        (assessed(DOUBT, mirror=20, stage=0), "10", "green is at 0m20"),
        (assessed(DOUBT, finding(Verdict.FAILED)), None, "nobody can accept that errors is Failed"),
        (assessed(DOUBT, finding(Verdict.ERROR)), None, "nobody can accept that errors is Error"),
        (assessed(finding(Verdict.INCONCLUSIVE, 0.01, no_data=True)), None, "nothing was measured"),
        (assessed(replace(DOUBT, dry_run=True)), None, "nothing was measured"),
        (assessed(finding(Verdict.SUCCESSFUL)), None, "all gates are Successful"),
        (assessed(DOUBT, finding(Verdict.INCONCLUSIVE)), None, "no margin is proved for errors"),
    ],
)
def test_nobody_can_accept(found: Assessment, rung: str | None, said: str):
    with pytest.raises(UsageError, match=said):
        approve.certified(found, rung)


def test_the_greatest_margin_of_all_doubt_counts():
    found = assessed(DOUBT, finding(Verdict.INCONCLUSIVE, 0.03), finding(Verdict.SUCCESSFUL, 0.5))
    assert approve.certified(found, "10") == 0.03
    ignored = replace(finding(Verdict.FAILED), dry_run=True)
    assert approve.certified(assessed(DOUBT, ignored), None) == 0.0204


def test_a_margin_covers_what_is_proved():
    assert approve.acceptable(None, 0.0204) == 0.021
    assert approve.acceptable(0.0204, 0.0204) == 0.0204
    with pytest.raises(UsageError, match=r"2pp isn't proved.*2\.04pp worse.*at least 2\.1pp"):
        approve.acceptable(0.02, 0.0204)


@pytest.mark.parametrize(("text", "share"), [("2.1pp", 0.021), ("2.1", 0.021), (" 100pp", 1.0)])
def test_a_margin_as_people_type_it(text: str, share: float):
    assert inputs.margin(text) == share


@pytest.mark.parametrize("found", [DOUBT, SURE])
def test_what_a_tag_cant_hold_isnt_written(monkeypatch: pytest.MonkeyPatch, found: Finding):
    written: list[str] = []
    outlook = assessed(found, prod="blue", release=f"{'m' * 230}:2-aaaaaaaa")
    stack = SimpleNamespace(name="dev", set_tag=lambda *tag: written.extend(tag))
    moment = SimpleNamespace(stack=stack, outlook=lambda **_: outlook)
    monkeypatch.setattr("rollout.cli.say.moment", lambda _: moment)
    monkeypatch.setattr(approve, "who", lambda _: "ada")
    args = Namespace(margin=None, rung=None, json=True)
    with pytest.raises(UsageError, match="the names alone take more"):
        approve.run(args)
    assert written == []
