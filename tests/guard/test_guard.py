"""`rollout guard` on a stack of its own: it reads Azure, and runs `pulumi up` when the evidence is in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rollout.core.only import ONLY
from tests.cli import climbing
from tests.cli.climbing import STACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.climbing import Climbing

FAKE = """#!/bin/sh
if [ "$1" != up ]; then exec {real} "$@"; fi
trap 'echo interrupted >> {notes}; exit 1' INT
echo "Updating (try):"
echo "  it listens"
echo "$ROLLOUT_ONLY $*" >> {notes}
while [ ! -e {finish} ]; do sleep 0.05; done
cat {finish} >&2
exit 255
"""


def has(path: Path, text: str = "") -> bool:
    return path.exists() and text in path.read_text()


def wait(what: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def fake(stack: Climbing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A `pulumi` whose `up` only notes that it was called, and ends when it is told to, with that error."""
    notes, finish = tmp_path / "notes", tmp_path / "finish"
    real = shutil.which("pulumi")
    where = tmp_path / "bin"
    where.mkdir()
    (where / "pulumi").write_text(FAKE.format(real=real, notes=notes, finish=finish))
    (where / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{where}{os.pathsep}{os.environ['PATH']}")
    _ = stack
    return notes, finish


def wanted(stack: Climbing, capsys: pytest.CaptureFixture[str]) -> str:
    return json.loads(stack.run(capsys, "status", "--json")[1])["wanted"]


def published(stack: Climbing) -> None:
    """Write the stack's tags as the last `up` did."""
    probe = f"Successful {stack.record.release} {stack.begin.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    own = {"ROLLOUT_PHASE": "Progressing", "ROLLOUT_PROBE": probe}
    for name, value in (stack.record.tags() | own).items():
        stack.pulumi("stack", "tag", "set", "--stack", STACK, "--", name, value)


def test_it_takes_a_bad_release_back(
    stack: Climbing, capsys: pytest.CaptureFixture[str], fake: tuple[Path, Path]
):
    notes, finish = fake
    release = wanted(stack, capsys)
    climbing.begun(stack, release)
    published(stack)
    stack.answered("blue", 90)
    mark = len(stack.arm.control("GET", "requests")["value"])
    code, out, _ = stack.run(capsys, "guard", "--json", "--every", "1s", "--timeout", "2s")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, not notes.exists()) == (5, True), "no evidence yet"
    assert [each["event"] for each in lines] == ["seen", "end"]
    assert (lines[0]["step"], lines[0]["stage"], lines[0]["traffic"]) == (
        "hold",
        "10",
        {"blue": 90, "green": 10},
    )
    assert written(stack, mark) == [], "it only reads"

    stack.answered("green", 11, failed=10)

    def up() -> None:
        wait(notes.exists)
        stack.write(candidate=None, release=None, stage=None, failed_release=release, traffic={"blue": 100})
        finish.write_text("error: taken back\n")

    other = threading.Thread(target=up)
    other.start()
    code, out, _ = stack.run(capsys, "guard", "--every", "1s", "--timeout", "2m")
    other.join()
    assert code == 4, out
    said = notes.read_text().splitlines()
    assert len(said) == 1
    assert said[0].startswith("abort up --yes --skip-preview")
    assert STACK in said[0]
    assert ONLY not in os.environ
    assert "next abort: green" in out


def written(stack: Climbing, mark: int) -> list[Any]:
    entries = stack.arm.control("GET", "requests")["value"][mark:]
    reads = ("/oauth2/", "metrics:getBatch", "/_local/", "/query")
    return [
        each
        for each in entries
        if each["method"] not in {"GET", "HEAD"} and not any(part in each["path"] for part in reads)
    ]


def test_ctrl_c_lets_a_running_up_end_by_itself(
    stack: Climbing, capsys: pytest.CaptureFixture[str], fake: tuple[Path, Path]
):
    notes, _ = fake
    climbing.begun(stack, wanted(stack, capsys))
    stack.answered("blue", 90)
    stack.answered("green", 11, failed=10)
    command = [sys.executable, "-c", "from rollout.cli import main; raise SystemExit(main())"]
    guard = subprocess.Popen(
        [*command, "guard", "--cwd", str(stack.folder), "--stack", STACK, "--every", "1s"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        wait(notes.exists)
        guard.send_signal(signal.SIGINT)
        _, err = guard.communicate(timeout=60)
    finally:
        guard.kill()
        guard.wait()
    assert guard.returncode == 130
    assert "interrupted: the `pulumi up` that ran may have taken its step" in err
    assert has(notes, "interrupted\n")
