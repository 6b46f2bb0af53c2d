"""What stack tags say in words: probes, approvals, intents and pauses, read as they were written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_values import INSTANTS, RELEASES

from rollout.core.approval import Approval, margin_over, show_margin
from rollout.core.intent import Intent, Paused, Verb
from rollout.core.observed import Probe
from rollout.core.publication import TAG_LENGTH
from rollout.core.verdict import Verdict

PEOPLE = st.from_regex(r"[a-z]{1,20}( <[a-z]{1,9}@[a-z]{1,9}>)?", fullmatch=True)
REASONS = st.text(st.characters(exclude_categories=("C", "Z")), max_size=40)


@given(st.sampled_from(Verdict), RELEASES, INSTANTS)
def test_a_probe_is_read_as_it_was_published(verdict: Verdict, release: str, at: datetime) -> None:
    assert Probe.parse(Probe(verdict, release, at).show()) == Probe(verdict, release, at)


@pytest.mark.parametrize(
    "text",
    ["", "Successful", "Successful a:1", "Fine a:1 2026-11-21T10:00:00Z", "Successful a:1 noon", "a b c d"],
)
def test_a_probe_that_cant_be_read_never_happened(text: str) -> None:
    assert Probe.parse(text) is None


@given(
    RELEASES,
    st.sampled_from(["10", "100", "0m20"]),
    st.none() | st.integers(0, 1000),
    st.from_regex(r"[a-z]{1,20}( <[a-z]{1,9}@[a-z]{1,9}>)?", fullmatch=True),
    INSTANTS,
)
def test_an_approval_is_read_as_it_was_written(
    release: str, stage: str, tenths: int | None, who: str, at: datetime
) -> None:
    approval = Approval(release, stage, who, at, None if tenths is None else tenths / 1000)
    assert Approval.parse(approval.show()) == approval


def test_an_approval_as_people_read_it() -> None:
    text = "credit-risk:8-1a2b3c4d@10 margin 2.1pp by ada at 2026-11-21T10:00:00Z"
    approval = Approval.parse(text)
    assert approval is not None
    assert approval.margin == 0.021
    assert approval.show() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "m:8-1a2b3c4d@10",
        "m:8-1a2b3c4d@10 margin 2.1pp by ada",
        "m:8-1a2b3c4d@10 margin 2.1 by ada at 2026-11-21T10:00:00Z",
        "m:8-1a2b3c4d@10 margin nanpp by ada at 2026-11-21T10:00:00Z",
        "m:8-1a2b3c4d@10 margin -1pp by ada at 2026-11-21T10:00:00Z",
        "m:8-1a2b3c4d@ten margin 2pp by ada at 2026-11-21T10:00:00Z",
        "m:8-1a2b3c4d@10 margin 2pp by ada at noon",
        "m:8-1a2b3c4d@10 margin 2pp by  at 2026-11-21T10:00:00Z".replace("by  ", "by"),
    ],
)
def test_what_is_no_approval_accepts_nothing(text: str) -> None:
    assert Approval.parse(text) is None


@given(st.floats(0, 1))
def test_the_margin_that_is_asked_for_covers_what_is_proved(certified: float) -> None:
    margin = margin_over(certified)
    shown = Approval.parse(f"m:1-00000000@10 margin {show_margin(margin)} by a at 2026-11-21T10:00:00Z")
    assert shown is not None
    assert shown.covers(certified)
    assert margin - certified < 0.001
    assert not Approval("m", "10", "a", datetime(2026, 11, 21, tzinfo=UTC), margin - 0.002).covers(certified)


@given(st.sampled_from(Verb), RELEASES, st.sampled_from([None, "10", "0m20"]), PEOPLE, INSTANTS, REASONS)
def test_an_intent_is_read_as_it_was_written(  # noqa: PLR0917
    verb: Verb, release: str, rung: str | None, who: str, at: datetime, why: str
) -> None:
    intent = Intent(verb, release, rung, who, at, why)
    assert Intent.parse(intent.show()) == intent
    assert intent.told in intent.show()


def test_an_intent_as_people_read_it() -> None:
    text = "abort credit-risk:8-1a2b3c4d@10 by Ada L. <ada@x> at 2026-11-21T10:00:00Z: slow: 9 s"
    intent = Intent.parse(text)
    assert intent is not None
    assert (intent.verb, intent.release, intent.rung) == (Verb.ABORT, "credit-risk:8-1a2b3c4d", "10")
    assert (intent.who, intent.why) == ("Ada L. <ada@x>", "slow: 9 s")
    assert intent.show() == text


def test_a_long_reason_is_cut_to_what_a_tag_takes() -> None:
    intent = Intent(Verb.SKIP, "m:1-x", "10", "ada", datetime(2026, 11, 21, tzinfo=UTC), "so " * 200)
    assert len(intent.show()) <= TAG_LENGTH
    assert Intent.parse(intent.show()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abort",
        "abort m:8-1a2b3c4d",
        "abort m:8-1a2b3c4d by ada",
        "abort m:8-1a2b3c4d by ada at noon",
        "abort m:8-1a2b3c4d by ada at 2026-11-21T10:00:00",
        "abort m:8-1a2b3c4d@ten by ada at 2026-11-21T10:00:00Z",
        "promote m:8-1a2b3c4d by ada at 2026-11-21T10:00:00Z",
        "Abort m:8-1a2b3c4d by ada at 2026-11-21T10:00:00Z",
        "abort m:8-1a2b3c4d by ada at 2026-11-21T10:00:00Z\nretry it",
    ],
)
def test_what_is_no_intent_asks_for_nothing(text: str) -> None:
    assert Intent.parse(text) is None


@given(PEOPLE, INSTANTS, REASONS)
def test_a_pause_is_read_as_it_was_written(who: str, at: datetime, why: str) -> None:
    paused = Paused(who, at, why)
    assert Paused.parse(paused.show()) == paused


@given(st.text(max_size=40))
def test_whatever_a_pause_says_it_is_one(text: str) -> None:
    paused = Paused.parse(text)
    assert paused.who
    assert "\n" not in paused.told
