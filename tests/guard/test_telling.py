"""A step is told once it is published, and whoever can't be told stops nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from rollout.core.notify import EVENT_LOG, SUMMARY, NotifySettings
from rollout.core.step import StepKind
from rollout.core.verdict import Verdict
from rollout.stack import tags
from rollout.stack.telling import Telling
from tests.stack.test_publish import ARGS, NOW, STEP, FakeAzure

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.core.step import Step

ENDPOINT = "/subscriptions/s/x/onlineEndpoints/credit"


def telling(step: Step = STEP, live: FakeAzure | None = None, **settings: Any) -> Telling:
    stack = tags.Stack("me/rollout/dev", {})
    return Telling(stack, step, live or FakeAzure(), NOW, NotifySettings(**settings), ENDPOINT)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "events.jsonl"
    monkeypatch.setenv(EVENT_LOG, str(path))
    monkeypatch.delenv(SUMMARY, raising=False)
    monkeypatch.setattr(pulumi.log, "info", lambda _: None)
    return path


def test_a_step_is_told_after_its_tags_are_written(log: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[bool] = []
    monkeypatch.setattr(tags, "write", lambda *_: seen.append(log.exists()))
    telling().publish(ARGS)
    (event,) = map(json.loads, log.read_text().splitlines())
    assert seen == [False]
    said = (event["step"], event["stack"], event["endpoint"], event["reason"])
    assert said == ("start", "me/rollout/dev", ENDPOINT, "it starts")


def test_a_probe_that_fails_is_told(log: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tags, "write", lambda *_: None)
    monkeypatch.setattr(pulumi.log, "warn", lambda _: None)
    telling(live=FakeAzure(Verdict.FAILED)).publish(ARGS)
    (event,) = map(json.loads, log.read_text().splitlines())
    assert (event["step"], event["reason"]) == ("start", "probe of green Failed: because")


def test_a_publish_that_dies_has_told_nobody(log: Path, monkeypatch: pytest.MonkeyPatch):
    def dies(*_: object) -> None:
        raise tags.TagError("no backend")

    monkeypatch.setattr(tags, "write", dies)
    with pytest.raises(tags.TagError):
        telling().publish(ARGS)
    with pytest.raises(RuntimeError):
        telling(live=FakeAzure(not_read_back=True)).publish(ARGS)
    assert not log.exists()


def test_a_hold_that_finds_its_record_lost_tells_nothing(log: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tags, "write", lambda *_: None)
    telling(replace(STEP, kind=StepKind.HOLD)).publish(ARGS)
    assert not log.exists()


def test_what_cannot_be_told_is_a_warning(log: Path, monkeypatch: pytest.MonkeyPatch):
    warned: list[str] = []
    monkeypatch.setattr(tags, "write", lambda *_: None)
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/s3cr3t")
    telling(webhook="HOOK").publish(ARGS)
    assert warned == ["start isn't told: the webhook of HOOK can't be reached (ConnectionError)"]
    assert log.exists()
