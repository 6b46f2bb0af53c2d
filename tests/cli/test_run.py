"""`rollout run`: what it does with each thing it may see, and how it is ended."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout import cli
from rollout.azure.errors import Forbidden, Missing, Unauthorised, Unavailable
from rollout.cli import run
from rollout.cli.engine import Engine, Ran
from rollout.cli.loop import End
from rollout.cli.usage import UsageError
from rollout.core.config import ConfigError
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, StepKind
from rollout.stack.pulumi_cli import StackError
from tests.cli.looks import BACK, BEFORE, CLIMBING, NEW, Looks, seen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from rollout.azure.assess import Assessment

AFTER = Record(prod="green", prod_release=NEW, traffic={"green": 100})

START = seen(StepKind.START, BEFORE)
BAKING = seen(StepKind.HOLD, CLIMBING, reason="10s of its bake of 30m are left")
ADVANCE = seen(StepKind.ADVANCE, CLIMBING)
DONE = seen(StepKind.NONE, AFTER, Phase.HEALTHY)
TAKEN_BACK = seen(StepKind.NONE, BACK, Phase.DEGRADED, reason="m:2 was taken back")
ASKS = seen(StepKind.HOLD, CLIMBING, Phase.PAUSED, reason="`rollout approve`")
DRIFT = seen(StepKind.HOLD, CLIMBING, Phase.DEGRADED, reason="somebody else")
BLIND = seen(StepKind.HOLD, CLIMBING, outcome=Outcome.UNREADABLE, reason="429")
GONE = Unavailable("the endpoint", "503", "Run it again.")
NO_TAGS = StackError("the tags of stack dev can't be read: could not reach the backend")


class World(Looks):
    def drive(self, **options: Any) -> run.Drive:
        return run.Drive(up=lambda: self.run(Ran(0, "")), **self.options(), **options)


@pytest.mark.parametrize(
    ("looks", "code", "ups", "said"),
    [
        ([START, BAKING, ADVANCE, DONE], 0, 2, "green serves m:2-bbbbbbbb"),
        ([DONE], 0, 1, "green serves"),
        ([START, ASKS], 3, 1, "`rollout approve`"),
        ([START, DRIFT], 4, 1, "somebody else"),
        ([START, ADVANCE, TAKEN_BACK], 4, 2, "was taken back"),
        ([BLIND, BLIND, ADVANCE, DONE], 0, 2, "green serves"),
        ([START, BLIND], 1, 1, "429"),
        ([START, GONE, GONE, DONE], 0, 1, "green serves"),
        ([START, *[NO_TAGS] * 9, ADVANCE, *[NO_TAGS] * 9, DONE], 0, 2, "green serves"),
        ([GONE, START, DONE], 0, 1, "green serves"),
    ],
)
def test_how_it_ends(looks: list[Assessment | Exception], code: int, ups: int, said: str):
    world = World(looks)
    end = world.drive().run()
    assert (end.code, world.ups) == (code, ups)
    assert said in end.why


def test_it_stops_at_a_stage():
    world = World([START, seen(StepKind.HOLD, BEFORE), ADVANCE])
    assert world.drive(rung="10").run().code == 0
    assert world.ups == 1
    assert World([START, DONE]).drive(rung="10").run().code == 0, "it is beyond it by then"
    assert World([START, TAKEN_BACK]).drive(rung="10").run().code == 4
    assert World([START, ADVANCE, DRIFT]).drive(rung="50").run().code == 4


def test_a_stage_that_it_is_at_already():
    for look in (BAKING, ADVANCE, DONE):
        world = World([look])
        assert (world.drive(rung="10").run().code, world.ups) == (0, 0)
    failed = World([seen(StepKind.ABORT, CLIMBING, Phase.DEGRADED), TAKEN_BACK])
    assert (failed.drive(rung="10").run().code, failed.ups) == (4, 1), "it is about to lose its share"


@pytest.mark.parametrize("rung", ["20", "0m20", "0"])
def test_a_stage_that_there_isnt(rung: str):
    world = World([START, ADVANCE, DONE])
    with pytest.raises(UsageError, match=f"--until {rung}: .* there are 10, 50, 100, and healthy"):
        world.drive(rung=rung).run()
    assert world.ups == 0


def test_it_waits_by_azures_time_and_says_so_once():
    world = World(
        [START, BAKING, BAKING, seen(StepKind.HOLD, CLIMBING, reason="5s of its bake of 30m are left"), DONE]
    )
    world.drive().run()
    assert world.slept == [10.0, 10.0, 10.0]
    assert world.told == ["up: so", "wait: 10s of its bake of 30m are left"]
    short = World([START, BAKING, DONE])
    short.drive(every=3).run()
    assert short.slept == [3.0]


def test_a_time_limit():
    world = World([START, BAKING])
    end = world.drive(timeout=60).run()
    assert (end.code, world.at) == (5, 60.0)
    assert "1m are over" in end.why
    for looks in ([START, BAKING], [START, GONE], [GONE]):
        short = World(looks)
        assert (short.drive(every=3600, timeout=4).run().code, short.at) == (5, 4.0)


def test_an_up_that_fails():
    broken = Ran(1, "green: quota")
    world = World([START, seen(StepKind.START, BEFORE)], [broken] * 3)
    end = world.drive().run()
    assert (end.code, world.ups) == (1, 3)
    assert "failed 3 times: green: quota" in end.why
    took_it_back = World([START, TAKEN_BACK, TAKEN_BACK], [broken])
    assert took_it_back.drive().run().code == 4


@pytest.mark.parametrize(
    "said",
    [
        "the stack is currently locked by 1 lock(s)",
        "[409] Conflict: Another update is currently in progress.",
    ],
)
def test_a_lock(said: str):
    end = World([START], [Ran(255, said)] * 3).drive().run()
    assert (end.code, "another run" in end.why) == (1, True)


def test_what_cant_be_read_for_long():
    world = World([START, BAKING, NO_TAGS])
    with pytest.raises(StackError):
        world.drive(every=5).run()
    assert 900 <= world.at < 960
    assert [each for each in world.told if each.startswith("unreadable")] == [f"unreadable: {NO_TAGS}"]
    with pytest.raises(Unavailable):
        World([START, GONE]).drive().run()
    late = World([START, GONE])
    assert late.drive(timeout=60).run() == End(5, "1m are over, and the release is still on its way")


@pytest.mark.parametrize(
    "error",
    [
        Unauthorised("the endpoint", "no token"),
        Forbidden("the endpoint", "403"),
        Missing("the endpoint", "404"),
        NO_TAGS,
    ],
)
def test_what_isnt_over_by_itself_ends_the_first_look(error: Exception):
    world = World([error])
    with pytest.raises(type(error)):
        world.drive().run()
    assert (world.ups, world.slept) == (0, [])


FAKE = """#!/bin/bash
touch begun
sleep 0.5
trap 'echo one >> "$PWD/signals"' INT
echo "Updating (dev):"; echo; echo "error: first"; echo "  error: second"
for i in $(seq 40); do sleep 0.05; [ -s signals ] && [ $i -gt 20 ] && break; done
exit 3
"""


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put something on PATH that runs as long as `pulumi up` does, and counts interruptions."""
    (folder / "pulumi").write_text(FAKE)
    (folder / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Engine(folder, "dev", io.StringIO())


def test_what_an_up_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    engine = fake(tmp_path, monkeypatch)
    assert engine.up() == Ran(3, "first")
    assert "Updating" in cast("io.StringIO", engine.out).getvalue()


def send(each: signal.Signals, times: int, once: Callable[[], bool]) -> threading.Thread:
    """Send this process a signal so many times once that is so, as a terminal and an impatient person do."""

    def sending() -> None:
        until = time.monotonic() + 60
        while not once() and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(times):
            time.sleep(0.3)
            os.kill(os.getpid(), each)

    thread = threading.Thread(target=sending)
    thread.start()
    return thread


@pytest.mark.parametrize("each", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_engine_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: signal.Signals
):
    engine = fake(tmp_path, monkeypatch)
    before = signal.getsignal(each)
    with engine.gently():
        sender = send(each, 2, (tmp_path / "begun").exists)
        ran = engine.up()
        sender.join()
    assert (ran.code, engine.interrupted) == (3, True)
    assert (tmp_path / "signals").read_text() == "one\n"
    assert signal.getsignal(each) is before


class Closed(io.StringIO):
    """A terminal that is closed."""

    def write(self, _: str, /) -> int:
        raise OSError(errno.EIO, "gone")


def test_an_up_outlives_its_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    engine = fake(tmp_path, monkeypatch)
    engine.out = Closed()
    assert engine.up() == Ran(3, "first")


def test_nohup_is_heeded(tmp_path: Path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Engine(tmp_path, "dev", io.StringIO()).gently():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    world: World,
    root: Path | None = None,
) -> tuple[int, list[dict[str, Any]], str]:
    """Run `rollout run --json` on what is to be seen; exit code, lines, and what was said of errors."""
    stack = SimpleNamespace(root=root, name="dev")
    monkeypatch.setattr("rollout.cli.run.open_stack", lambda *_: stack)
    monkeypatch.setattr("rollout.cli.say.moment", lambda _: SimpleNamespace(outlook=world.look))
    code = cli.main(["run", "--json", "--every", "1"])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


def test_ctrl_c_between_two_ups_ends_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    world = World([BAKING])
    monkeypatch.setattr(Engine, "up", lambda _: Ran(0, ""))
    sender = send(signal.SIGINT, 1, lambda: world.looked > 1)
    code, lines, _ = command(monkeypatch, capsys, world)
    sender.join()
    assert code == 130
    assert [line["event"] for line in lines] == ["up", "wait", "end"]
    assert lines[1]["stage"] == "10"
    assert "the traffic stays as it is" in lines[2]["reason"]
    assert "goes on from there" in lines[2]["reason"]


def test_ctrl_c_while_an_up_runs_doesnt_say_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    fake(tmp_path, monkeypatch)
    sender = send(signal.SIGTERM, 1, (tmp_path / "begun").exists)
    code, lines, _ = command(monkeypatch, capsys, World([START]), tmp_path)
    sender.join()
    assert (code, lines[-1]["event"], lines[-1]["code"]) == (130, "end", 130)
    assert "may have taken its step" in lines[-1]["reason"]
    assert "stays as it is" not in lines[-1]["reason"]


@pytest.mark.parametrize("words", [["run"], ["guard", "--until", "healthy"]])
def test_it_stays_with_the_stack_that_was_selected(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    world, looked_at = World([seen(StepKind.HOLD, BEFORE), DONE]), list[str]()
    module = f"rollout.cli.{words[0]}"

    def moment(args: argparse.Namespace) -> SimpleNamespace:
        looked_at.append(args.stack)
        return SimpleNamespace(outlook=world.look)

    monkeypatch.setattr(f"{module}.open_stack", lambda *_: SimpleNamespace(root=None, name="dev"))
    monkeypatch.setattr("rollout.cli.say.moment", moment)
    monkeypatch.setattr(Engine, "up", lambda _: Ran(0, ""))
    assert cli.main([*words, "--every", "0.01"]) == 0
    assert set(looked_at) == {"dev"}


@pytest.mark.parametrize(("error", "code"), [(NO_TAGS, 1), (ConfigError([]), 2), (UsageError("no"), 2)])
def test_json_ends_with_an_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
):
    ended, lines, err = command(monkeypatch, capsys, World([error]))
    assert (ended, lines) == (code, [{"event": "end", "code": code, "reason": str(error)}])
    assert err == f"{error}\n"
