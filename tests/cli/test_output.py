"""What becomes of a command whose output nobody reads, or that is interrupted before it has begun."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from rollout import cli
from rollout.cli.engine import Engine, Ran
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, StepKind
from tests.cli.looks import BACK, BEFORE, CLIMBING, NEW, Looks, seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from rollout.cli import main; raise SystemExit(main())")
SMALL, LARGE = 1, 200
"""How many steps a history has: what is printed of it goes out at the end, or before."""

FAILED = seen(StepKind.ABORT, CLIMBING, Phase.DEGRADED, "errors Failed", Outcome.TAKEN_BACK)
GONE_BACK = seen(StepKind.NONE, BACK, Phase.DEGRADED, "m:2 was taken back")
PROMOTED = Record(prod="green", prod_release=NEW, traffic={"green": 100})


def pulumi(folder: Path, steps: int) -> None:
    """Put something on PATH that shows a state with so many steps in its record."""
    step = {"at": "2026-11-21T10:00:00Z", "step": "advance", "from": "blue 100 %", "to": "blue 90 %"}
    inputs = {"input": {"history": [step] * steps}}
    record = {"type": "pulumi:index:Stash", "urn": "urn::record", "inputs": inputs}
    (folder / "state.json").write_text(json.dumps({"deployment": {"resources": [record]}}))
    (folder / "pulumi").write_text(f"#!/bin/sh\ncat {folder}/state.json\n")
    (folder / "pulumi").chmod(0o755)


def rollout(folder: Path, words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    env |= {"PYTHONUNBUFFERED": ""} | how.pop("env", {})
    command = [*COMMAND, *words.split()]
    return subprocess.run(command, cwd=folder, env=env, text=True, check=False, timeout=300, **how)


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


HISTORY = "history --stack dev --last 200"


@pytest.mark.parametrize(
    ("words", "steps", "unbuffered"),
    [
        (HISTORY, SMALL, ""),
        (f"{HISTORY} --json", SMALL, ""),
        (f"{HISTORY} --json", LARGE, ""),
        (f"{HISTORY} --json", LARGE, "1"),
    ],
)
def test_it_ends_quietly_where_nobody_reads_on(
    tmp_path: Path, unread: int, words: str, steps: int, unbuffered: str
):
    pulumi(tmp_path, steps)
    env = {"PYTHONUNBUFFERED": unbuffered}
    done = rollout(tmp_path, words, stdout=unread, stderr=subprocess.PIPE, env=env)
    assert (done.returncode, done.stderr) == (1, "")


def test_help_that_nobody_reads(tmp_path: Path, unread: int):
    done = rollout(tmp_path, "history --help", stdout=unread, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_full_disk_is_a_sentence(tmp_path: Path):
    pulumi(tmp_path, LARGE)
    with Path("/dev/full").open("w") as full:
        done = rollout(tmp_path, f"{HISTORY} --json", stdout=full, stderr=subprocess.PIPE)
    said = "what came of it can't be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize(("words", "code"), [("history --nosuch", 2), (f"{HISTORY} --cwd nowhere", 1)])
def test_an_error_that_nobody_reads_keeps_its_exit_code(tmp_path: Path, unread: int, words: str, code: int):
    assert rollout(tmp_path, words, stdout=unread, stderr=unread).returncode == code


def test_a_terminal_that_lacks_a_character(tmp_path: Path):
    pulumi(tmp_path, SMALL)
    done = rollout(tmp_path, HISTORY, capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2192" in done.stdout


class Interrupting:
    """Somebody presses Ctrl-C while a module is imported."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name == self.module:
            raise KeyboardInterrupt
        return None


@pytest.mark.parametrize("module", ["rollout.cli.arguments", "rollout.stack.faults", "rollout.cli.history"])
def test_ctrl_c_in_the_first_second(monkeypatch: pytest.MonkeyPatch, module: str):
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(module), *sys.meta_path])
    assert cli.main(["history", "--stack", "dev"]) == 130


def unheard(
    monkeypatch: pytest.MonkeyPatch, unread: int, looks: Sequence[Any], *words: str
) -> tuple[int, Looks]:
    """Run a command that loops, with nobody at its standard output; exit code, and what it did."""
    world = Looks(looks)
    for module in ("run", "guard"):
        monkeypatch.setattr(
            f"rollout.cli.{module}.open_stack", lambda *_: SimpleNamespace(root=None, name="dev")
        )
    monkeypatch.setattr("rollout.cli.say.moment", lambda _: SimpleNamespace(outlook=world.look))
    monkeypatch.setattr(Engine, "up", lambda _: world.run(Ran(0, "")))
    with os.fdopen(os.dup(unread), "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        return cli.main([*words, "--every", "0.01"]), world


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_guard_that_nobody_hears_takes_back_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unread: int, form: tuple[str, ...]
):
    looks = [seen(StepKind.HOLD, CLIMBING), FAILED, GONE_BACK]
    code, world = unheard(monkeypatch, unread, looks, "guard", *form)
    assert (code, world.ups) == (4, 1)
    said = "nobody reads standard output any more (Broken pipe): it goes on all the same\n"
    assert capsys.readouterr().err.count(said) == 1


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_run_that_nobody_hears_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unread: int, form: tuple[str, ...]
):
    looks = [
        seen(StepKind.START, BEFORE),
        seen(StepKind.ADVANCE, CLIMBING),
        seen(StepKind.NONE, PROMOTED, Phase.HEALTHY),
    ]
    code, world = unheard(monkeypatch, unread, looks, "run", *form)
    assert (code, world.ups) == (0, 2)
    assert capsys.readouterr().err.count("nobody reads standard output any more") == 1
