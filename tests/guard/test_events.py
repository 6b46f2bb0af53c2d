"""One event a transition: what it says, who gets it, and that nobody's deafness is anybody else's trouble."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.notify import tell
from rollout.core.events import Event
from rollout.core.notify import EVENT_LOG, SUMMARY, TOLD, NotifySettings
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, Step, StepKind
from tests.localazure.receiver import Receiver, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
BACK = Record(
    prod="blue", prod_release="m:1-a", failed_release="m:2-b", since=NOW, traffic={"blue": 100, "green": 0}
)
ABORT = Step(
    StepKind.ABORT,
    Phase.DEGRADED,
    "errors Failed | 3 > 1",
    BACK,
    Phase.DEGRADED,
    outcome=Outcome.TAKEN_BACK,
)
EVENT = Event("me/rollout/prod", "/subscriptions/s/x/onlineEndpoints/credit", NOW, ABORT, ABORT.reason)
ADVANCE = replace(
    EVENT,
    step=Step(
        StepKind.ADVANCE,
        Phase.PROGRESSING,
        "to 10 %",
        replace(BACK, candidate="green", release="m:3-c", stage=10),
        Phase.PROGRESSING,
    ),
    reason="to 10 %",
)
NAMED = NotifySettings(webhook="HOOK")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_what_an_event_says():
    body = EVENT.body()
    assert json.loads(EVENT.line()) == body
    assert "\n" not in EVENT.line()
    assert body == {
        "schema": "rollout/event/v1",
        "id": EVENT.id,
        "at": "2026-11-21T10:00:00Z",
        "stack": "me/rollout/prod",
        "endpoint": "/subscriptions/s/x/onlineEndpoints/credit",
        "step": "abort",
        "phase": "Degraded",
        "takenBack": True,
        "release": "m:2-b",
        "stage": None,
        "prod": "blue",
        "prodRelease": "m:1-a",
        "candidate": None,
        "oldProd": None,
        "traffic": {"blue": 100, "green": 0},
        "reason": "errors Failed | 3 > 1",
    }
    assert (ADVANCE.body()["release"], ADVANCE.body()["stage"]) == ("m:3-c", "10")


def test_the_same_step_has_the_same_id_and_another_has_another():
    assert replace(EVENT, reason="told otherwise").id == EVENT.id
    others = [ADVANCE, replace(EVENT, stack="x"), replace(EVENT, at=NOW.replace(second=1))]
    assert len({EVENT.id, *(each.id for each in others)}) == 4


def test_a_summary_shows_what_servers_said_as_text():
    page = replace(EVENT, reason="a | `b` <img src=x> [c](d)\n# e").markdown()
    assert "a \\| 'b' &lt;img src=x> \\[c](d) # e" in page
    assert page.startswith("### 🔴 abort: credit (me/rollout/prod)\n")


def test_a_summary_of_a_start_whose_probe_failed_is_no_blue_one():
    start = replace(ADVANCE, step=replace(ADVANCE.step, kind=StepKind.START))
    assert start.markdown().startswith("### 🔵 start")
    assert replace(start, reason="probe of green Failed: 500").markdown().startswith("### 🟠 start")


def test_files_are_appended_to(tmp_path: Path):
    log, summary = tmp_path / "events.jsonl", tmp_path / "summary.md"
    summary.write_text("before\n")
    for event in (ADVANCE, EVENT):
        assert tell(event, NotifySettings(), {EVENT_LOG: str(log), SUMMARY: str(summary)}) == []
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == ["advance", "abort"]
    assert summary.read_text().startswith("before\n### 🔵 advance")


def test_a_webhook_gets_each_event_once(receiver: Receiver):
    assert tell(EVENT, NAMED, {"HOOK": receiver.url}) == []
    assert receiver.bodies == [EVENT.body()]
    (headers,) = receiver.headers
    assert (headers["x-rollout-event"], headers["x-rollout-delivery"]) == ("abort", EVENT.id)
    assert "x-rollout-signature-256" not in headers


def test_a_body_is_signed_with_the_key(receiver: Receiver):
    settings = replace(NAMED, secret="KEY")  # noqa: S106 - the name of a variable
    assert tell(EVENT, settings, {"HOOK": receiver.url, "KEY": "k3y"}) == []
    wanted = hmac.new(b"k3y", receiver.raw[0], hashlib.sha256).hexdigest()
    assert receiver.headers[0]["x-rollout-signature-256"] == f"sha256={wanted}"


def test_only_the_steps_that_are_asked_for_are_told(receiver: Receiver):
    settings = replace(NAMED, events=(StepKind.ABORT,))
    assert tell(ADVANCE, settings, {"HOOK": receiver.url}) == []
    assert tell(EVENT, settings, {"HOOK": receiver.url}) == []
    assert [each["step"] for each in receiver.bodies] == ["abort"]
    assert StepKind.HOLD not in TOLD


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "HOOK is empty"),
        ({"HOOK": "http://example.com/s3cr3t"}, "HOOK holds no https address"),
        ({"HOOK": "s3cr3t"}, "HOOK holds no https address"),
        ({"HOOK": "https://[s3cr3t"}, "HOOK holds no https address"),
        ({"HOOK": "http://127.0.0.1:1/s3cr3t"}, "the webhook of HOOK can't be reached (ConnectionError)"),
        ({"HOOK": "https://127.0.0.1:1/s3cr3t", SUMMARY: "/nowhere/x"}, "/nowhere/x can't be written"),
    ],
)
def test_what_fails_is_said_without_the_address(environ: dict[str, str], said: str):
    failed = tell(EVENT, NAMED, environ)
    assert said in " ".join(failed)
    assert "s3cr3t" not in " ".join(failed)
    assert all(each.startswith("abort isn't told: ") for each in failed)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_a_webhook_that_refuses_is_not_called_again(receiver: Receiver, status: int):
    receiver.answers = [status]
    (said,) = tell(EVENT, NAMED, {"HOOK": receiver.url})
    assert said == f"abort isn't told: the webhook of HOOK answered {status}"
    assert len(receiver.bodies) == 1


def test_without_a_key_nothing_is_sent_unsigned(receiver: Receiver):
    settings: Any = replace(NAMED, secret="KEY")  # noqa: S106 - the name of a variable
    (said,) = tell(EVENT, settings, {"HOOK": receiver.url})
    assert "KEY is empty" in said
    assert receiver.bodies == []
