"""What people say of a rollout: written where it makes sense, with what the next `pulumi up` makes of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollout.cli import say
from rollout.cli.usage import UsageError
from rollout.core.approval import Approval
from rollout.core.intent import Intent, Paused, Verb
from rollout.stack import remembered
from rollout.stack.remembered import Remembered
from tests.cli import climbing

if TYPE_CHECKING:
    from tests.cli.climbing import Climbing


class Teller:
    """Somebody at a terminal."""

    def __init__(self, stack: Climbing, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack, self.capsys = stack, capsys

    def say(self, *words: str) -> dict[str, Any]:
        """Say something that is written."""
        code, out, err = self.stack.run(self.capsys, *words, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words: str) -> str:
        """Say something that makes no sense; the sentence."""
        before = self.stack.kept()
        code, out, err = self.stack.run(self.capsys, *words)
        assert (code, out) == (2, ""), err
        assert self.stack.kept() == before
        return err

    def release(self) -> str:
        """Return the release that config names."""
        _, out, _ = self.stack.run(self.capsys, "status", "--json")
        return json.loads(out)["wanted"]

    def forget(self, *names: str) -> None:
        """Remove stack tags, as a publish does."""
        for name in names:
            self.stack.pulumi("stack", "tag", "rm", "--stack", climbing.STACK, "--", name)


@pytest.fixture
def person(stack: Climbing, capsys: pytest.CaptureFixture[str]) -> Teller:
    return Teller(stack, capsys)


def queries(stack: Climbing) -> list[str]:
    """Return what was asked of Azure Monitor and of logs."""
    asked = stack.arm.control("GET", "requests")["value"]
    return [each["path"] for each in asked if "metrics:getBatch" in each["path"] or "/query" in each["path"]]


def test_a_rollout_under_way(person: Teller, stack: Climbing):
    assert "carries no record of a rollout" in person.refused("abort")
    assert "carries no record of a rollout" in person.refused("retry", "--reason", "again")
    release = person.release()
    climbing.begun(stack, release)

    assert "isn't paused" in person.refused("resume")
    said = person.say("pause", "--reason", "a freeze")
    assert Paused.parse(stack.tags()["ROLLOUT_PAUSED"]).why == "a freeze"
    assert "a freeze" in said["next"]["reason"]
    assert "paused by" in person.refused("pause")
    said = person.say("resume")
    assert "ROLLOUT_PAUSED" not in stack.tags()
    assert stack.tags()["ROLLOUT_RESUMED"] == said["ROLLOUT_RESUMED"]

    assert "needs a --reason" in person.refused("skip")
    assert "too long" in person.refused("skip", "--reason", "so " * 100)
    said = person.say("skip", "--reason", "tested by hand")
    assert "ROLLOUT_INTENT waits" in said["next"]["reason"], "no probe is known"
    probe = f"Successful {release} {stack.begin:%Y-%m-%dT%H:%M:%SZ}"
    stack.pulumi("stack", "tag", "set", "--stack", climbing.STACK, "--", "ROLLOUT_PROBE", probe)
    said = person.say("skip", "--reason", "tested by hand")
    assert said["next"]["step"] == "promote"
    assert "tested by hand" in said["next"]["reason"]

    asked = queries(stack)
    said = person.say("abort")
    assert queries(stack) == asked, "an abort asks for no measurement"
    assert (said["next"]["step"], said["release"], said["stage"]) == ("abort", release, "10")
    written = Intent.parse(stack.tags()["ROLLOUT_INTENT"])
    assert written is not None
    assert (written.verb, written.release, written.rung, written.who) == (
        Verb.ABORT,
        release,
        "10",
        said["by"],
    )
    code, out, _ = stack.run(person.capsys, "abort", "--reason", "too slow")
    assert code == 0
    assert "instead of: abort" in out
    assert "next `pulumi up`: abort: " in out

    assert f"{release} is being rolled out in green" in person.refused("undo", "--reason", "back")
    assert "nothing to reset: the next `pulumi up` would" in person.refused("reset", "--reason", "back")


def test_an_abort_while_config_cannot_be_used(person: Teller, stack: Climbing):
    release = person.release()
    climbing.begun(stack, release)
    (stack.folder / "serving").rename(stack.folder / "moved")
    assert stack.run(person.capsys, "status")[0] == 1
    assert person.say("abort")["next"]["step"] == "abort", "without the code"
    person.forget("ROLLOUT_INTENT")
    stack.configure(**{"rollout:stages": "ten, fifty, all"})
    for words in (("status",), ("retry", "--reason", "again")):
        code, _, err = stack.run(person.capsys, *words)
        assert code == 2
        assert "rollout:stages" in err
    asked = queries(stack)
    code, out, err = stack.run(person.capsys, "abort", "--reason", "three o'clock", "--json")
    assert code == 0
    said = json.loads(out)
    assert (said["next"]["step"], said["release"], said["stage"]) == ("abort", release, "10")
    assert "does the abort and nothing else: 1 problem in the config" in err
    assert queries(stack) == asked
    code, out, _ = stack.run(person.capsys, "status", "--json")
    assert (code, json.loads(out)["next"]["step"]) == (0, "abort"), "pipelines look at this before an `up`"
    stack.write(candidate=None, release=None, stage=None, baseline=None, traffic={"blue": 100, "green": 0})
    assert "no rollout is in progress" in person.refused("abort")


@pytest.mark.parametrize("content", [b"config: [", b"# f\xfcr\nconfig: {}\n"])
def test_an_abort_while_the_file_is_no_yaml(
    person: Teller, stack: Climbing, monkeypatch: pytest.MonkeyPatch, content: bytes
):
    climbing.begun(stack, person.release())
    (stack.folder / "Pulumi.try.yaml").write_bytes(content)
    for command in ("abort", "status"):
        code, _, err = stack.run(person.capsys, command)
        assert (code, "invalid YAML file" in err) == (1, True), "the state holds nothing yet"
    monkeypatch.setattr(remembered, "read", lambda *_: Remembered(endpoint_id=stack.endpoint))
    code, out, err = stack.run(person.capsys, "abort", "--reason", "three o'clock")
    assert code == 0, err
    assert "next `pulumi up`: abort: " in out
    assert "invalid YAML file" in err
    assert "--config-file" in err


def test_traffic_that_somebody_changed(person: Teller, stack: Climbing):
    climbing.begun(stack, person.release())
    stack.share(blue=50, green=50)
    stack.arm.control("POST", "clock", {"advance": 5})
    assert person.say("reset", "--reason", "a slip")["next"]["step"] == "reset"
    assert person.say("adopt", "--reason", "meant so")["next"]["step"] == "adopt"
    stack.share(blue=70, green=30)
    stack.arm.control("POST", "clock", {"advance": 5})
    assert "nothing to adopt: the next `pulumi up` would hold" in person.refused("adopt", "--reason", "so")


def test_after_a_rollout(person: Teller, stack: Climbing):
    release = person.release()
    climbing.begun(stack, release)
    over = {"candidate": None, "release": None, "stage": None, "baseline": None}
    stack.write(
        **over, prod="green", prod_release=release, old_prod="blue", traffic={"blue": 0, "green": 100}
    )
    assert f"{release} is prod" in person.refused("retry")
    said = person.say("undo", "--reason", "complaints")
    assert (said["next"]["step"], said["release"]) == ("undo", release)
    assert "blue" in said["next"]["reason"]

    stack.write(old_prod=None, prod="blue", prod_release="tiny:1-00000000", traffic={"blue": 100, "green": 0})
    assert "no old prod" in person.refused("undo", "--reason", "more complaints")
    assert "the next `pulumi up` starts it" in person.refused("retry", "--reason", "again")
    stack.write(failed_release=release)
    person.forget("ROLLOUT_INTENT")
    said = person.say("retry")
    assert said["release"] == release
    assert "ROLLOUT_INTENT waits" in said["next"]["reason"], "the tags lag, and that is mended first"


def test_a_stage_that_needs_approval(person: Teller, stack: Climbing):
    stack.configure(
        **{
            "rollout:stages": [
                {"traffic": 10, "bake": "15m"},
                {"traffic": 50, "bake": "15m", "approval": True},
                {"traffic": 100, "bake": "1h"},
            ]
        }
    )
    assert "no rollout is in progress" in person.refused("approve")
    release = person.release()
    climbing.begun(stack, release)
    assert "50 comes next" in person.refused("approve", "--stage", "10")
    said = person.say("approve", "--stage", "50")
    written = Approval.parse(stack.tags()["ROLLOUT_APPROVED"])
    assert written is not None
    assert (written.release, written.stage, written.margin) == (release, "50", None)
    assert said["stage"] == "50"
    assert "ignored" not in said["next"]["reason"]
    stack.answered("blue", 90)
    stack.answered("green", 10, failed=9)
    assert "nobody can approve what failed" in person.refused("approve")


def test_why_is_asked_at_a_terminal(monkeypatch: pytest.MonkeyPatch):
    typed = io.StringIO("a  good\treason\n\n")
    typed.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", typed)
    assert say.reason(None, "skip", needed=True) == "a good reason"
    assert say.reason(None, "abort", needed=False) == ""
    with pytest.raises(UsageError, match="skip needs a --reason"):
        say.reason(" ", "skip", needed=True)
    with pytest.raises(UsageError, match="skip needs a --reason"):
        say.reason(None, "skip", needed=True)


AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
LONG = f"{'m' * 230}:8-1a2b3c4d"
TO_ABORT = 256 - len("abort m:8@10 by ada at 2026-11-21T10:00:00Z: ")
TO_PAUSE = 256 - len("by ada at 2026-11-21T10:00:00Z: ")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (Intent(Verb.ABORT, "m:8", "10", "ada", AT), None),
        (Intent(Verb.ABORT, "m:8", "10", "ada", AT, "a" * TO_ABORT), None),
        (
            Intent(Verb.ABORT, "m:8", "10", "ada", AT, "a" * (TO_ABORT + 1)),
            f"it may have {TO_ABORT} of the tag's 256",
        ),
        (Paused("ada", AT, "a" * TO_PAUSE), None),
        (Paused("ada", AT, "a" * (TO_PAUSE + 1)), f"it may have {TO_PAUSE} of the tag's 256"),
        (Intent(Verb.ABORT, LONG, "10", "ada", AT), "the names alone take more: abort mmm"),
        (Intent(Verb.ABORT, LONG, "10", "ada", AT, "slow"), "the names alone take more"),
        (Approval("m:8", "10", "ada", AT, 0.021), None),
        (Approval(LONG, "10", "ada", AT, 0.021), "the names alone take more: mmm"),
        (Approval(LONG, "50", "ada", AT), "the names alone take more"),
    ],
)
def test_nothing_is_cut(said: Intent | Paused | Approval, wrong: str | None):
    if wrong is None:
        text = say.fitting(said)
        assert (said.parse(text), len(text) <= 256) == (said, True)
        return
    with pytest.raises(UsageError, match=wrong):
        say.fitting(said)
