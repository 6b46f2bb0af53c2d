from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

import pulumi
import pytest

from rollout.core.observed import Probe
from rollout.core.record import Record
from rollout.core.step import Phase, Step, StepKind
from rollout.core.traffic import Routing
from rollout.core.verdict import Verdict
from rollout.stack import publish, tags

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)
RELEASE = "m:2-deadbeef"
ARGS = pulumi.ResourceHookArgs("urn", "id", "record", "type")
STEP = Step(
    kind=StepKind.START,
    phase=Phase.PROGRESSING,
    reason="it starts",
    record=Record(prod="blue", candidate="green", release=RELEASE, stage=0, since=NOW, traffic={"blue": 100}),
    published_phase=Phase.PROGRESSING,
    probe="green",
)


@dataclass
class FakeAzure:
    """The live endpoint, and how a candidate answers."""

    verdict: Verdict = Verdict.SUCCESSFUL
    not_read_back: bool = False
    asked: Routing | None = None

    def read_back(self, routing: Routing) -> datetime:
        self.asked = routing
        if self.not_read_back:
            raise RuntimeError(f"live isn't {routing.show()}")
        return LATER

    def probe(self, deployment: str, release: str, prod: str | None) -> tuple[Probe, str]:
        assert (deployment, prod) == ("green", "blue")
        return Probe(self.verdict, release, LATER), "because"


@dataclass
class FakeTags:
    """The stack's tags at the moment of publishing."""

    now: dict[str, str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def result(self) -> dict[str, str]:
        return self.now


def _published(
    monkeypatch: pytest.MonkeyPatch,
    live: FakeAzure,
    step: Step = STEP,
    present: dict[str, str] | None = None,
) -> dict[str, str]:
    """Return the tags after a publish to a stack that has these."""
    written: dict[str, str | None] = {**(present or {})}
    monkeypatch.setattr(tags, "write", lambda _stack, wanted: written.update(wanted))
    for level in ("info", "warn"):
        monkeypatch.setattr(pulumi.log, level, lambda _: None)
    publish.Publisher(tags.Stack("dev", present or {}), step, live, NOW).publish(ARGS)
    return {name: value for name, value in written.items() if value is not None}


def test_a_step_publishes_the_record_the_probe_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _published(monkeypatch, FakeAzure())
    assert written["CANDIDATE_DEPLOYMENT"] == "green"
    assert written["ROLLOUT_PROBE"] == f"Successful {RELEASE} 2026-11-21T10:00:05Z"
    assert written["ROLLOUT_REASON"] == "it starts"
    assert written["ROLLOUT_SETTLED"] == "2026-11-21T10:00:05Z"
    assert "ROLLOUT_REPAIRED" not in written


def test_a_failed_probe_is_published_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _published(monkeypatch, FakeAzure(Verdict.FAILED))
    assert written["ROLLOUT_PROBE"] == f"Failed {RELEASE} 2026-11-21T10:00:05Z"
    assert written["ROLLOUT_REASON"] == "probe of green Failed: because"


def test_a_repair_says_when_and_keeps_what_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _published(monkeypatch, FakeAzure(), replace(STEP, kind=StepKind.REPAIR, probe=None))
    assert written["ROLLOUT_REPAIRED"] == "2026-11-21T10:00:00Z"
    assert not {"ROLLOUT_SETTLED", "ROLLOUT_PROBE"} & written.keys()


@pytest.mark.parametrize(
    ("lost", "again"),
    [
        ((), False),
        (("ROLLOUT_PROBE",), False),
        (("ROLLOUT_SINCE",), True),
        (("CANDIDATE_DEPLOYMENT",), True),
        (("ROLLOUT_PHASE",), True),
        (("ROLLOUT_SETTLED",), True),
    ],
)
def test_a_repair_that_only_probes_again_leaves_the_bake_alone(
    monkeypatch: pytest.MonkeyPatch,
    lost: tuple[str, ...],
    again: bool,  # noqa: FBT001
) -> None:
    """A probe that ends in Error comes again in each `up`, and the gates have to judge nevertheless."""
    present = _published(monkeypatch, FakeAzure(Verdict.ERROR))
    left = {name: value for name, value in present.items() if name not in lost}
    written = _published(monkeypatch, FakeAzure(Verdict.ERROR), replace(STEP, kind=StepKind.REPAIR), left)
    assert written["ROLLOUT_PROBE"].startswith("Error ")
    assert ("ROLLOUT_REPAIRED" in written) is again
    twice = replace(STEP, kind=StepKind.REPAIR)
    known = {**written, "ROLLOUT_REPAIRED": "2026-11-21T10:00:00Z"}
    later = publish.Publisher(tags.Stack("dev", known), twice, FakeAzure(Verdict.ERROR), LATER)
    told: dict[str, str | None] = {}
    monkeypatch.setattr(tags, "write", lambda _stack, wanted: told.update(wanted))
    later.publish(ARGS)
    assert "ROLLOUT_REPAIRED" not in told


def test_nothing_is_published_of_traffic_that_is_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    monkeypatch.setattr(tags, "write", lambda *given: written.append(given))
    with pytest.raises(RuntimeError, match="live isn't"):
        publish.Publisher(tags.Stack("dev", {}), STEP, FakeAzure(not_read_back=True), NOW).publish(ARGS)
    assert written == []


def test_traffic_and_mirror_are_read_back_as_the_step_leaves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    live = FakeAzure()
    routing = Routing({"blue": 100}, {"green": 20})
    _published(monkeypatch, live, replace(STEP, kind=StepKind.ADVANCE, probe=None, routing=routing))
    assert live.asked == routing


SAID = f"{RELEASE}@10 by ada at 2026-11-21T09:00:00Z"


@pytest.mark.parametrize(
    ("clears", "now", "stays"),
    [
        (("ROLLOUT_APPROVED",), SAID, False),
        ((), SAID, True),
        (("ROLLOUT_INTENT",), SAID, True),
        (("ROLLOUT_APPROVED",), f"{RELEASE}@50 by bob at 2026-11-21T09:59:00Z", True),
    ],
)
def test_a_persons_word_is_removed_once_it_is_of_no_use_and_no_new_one(
    monkeypatch: pytest.MonkeyPatch,
    clears: tuple[str, ...],
    now: str,
    stays: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(tags, "PendingTags", lambda _stack: FakeTags({"ROLLOUT_APPROVED": now}))
    step = replace(STEP, probe=None, clears=clears)
    written = _published(monkeypatch, FakeAzure(), step, {"ROLLOUT_APPROVED": SAID})
    assert ("ROLLOUT_APPROVED" in written) is stays
