"""`rollout status --watch`: it looks again until interrupted, or until it can't read for long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout import cli
from rollout.azure.errors import Forbidden, Throttled, Unavailable
from rollout.cli import loop, status
from rollout.core.config import ConfigError
from rollout.stack.pulumi_cli import StackError
from tests.cli.test_main import FOUND

BUSY = Throttled("the endpoint credit-dev", "429", "Run it again.")
GONE = Unavailable("the endpoint credit-dev", "503", "Run it again.")
REFUSED = Forbidden("the endpoint credit-dev", "403")
NO_YAML = StackError("invalid YAML file")


class Watched:
    """The looks at a stack, the phase of each another, and what was asked for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *looks: str | Exception) -> None:
        self.looks = iter(looks)
        self.opened: list[str] = []
        self.pauses: list[float] = []
        selected = iter(("dev", "prod"))
        monkeypatch.setattr(status, "selected", lambda _: next(selected))
        monkeypatch.setattr(status, "open_to_abort", self._open)
        monkeypatch.setattr(status, "look", self._look)
        monkeypatch.setattr("time.sleep", self.pauses.append)

    def _open(self, name: str, _: object) -> int:
        self.opened.append(name)
        return len(self.opened)

    def _look(self, stack: int) -> dict[str, Any]:
        found = next(self.looks, None)
        if found is None:
            raise KeyboardInterrupt
        if isinstance(found, Exception):
            raise found
        return FOUND | {"phase": found, "stack": f"opened {stack}"}

    def json(self, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], list[str]]:
        """Watch; the exit code, the phases, and what was said of errors."""
        code = cli.main(["status", "--watch", "--json", *words])
        out, err = capsys.readouterr()
        return code, [json.loads(line)["phase"] for line in out.splitlines()], err.splitlines()


def test_each_look_is_a_line_of_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    watched = Watched(monkeypatch, "Progressing", "Paused", "Degraded")
    assert watched.json(capsys, "--every", "7") == (130, ["Progressing", "Paused", "Degraded"], [])
    assert watched.pauses == [7.0] * 3


def test_the_last_look_stays_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    Watched(monkeypatch, "Progressing", BUSY, "Degraded")
    assert cli.main(["status", "--watch"]) == 130
    out, err = capsys.readouterr()
    assert "credit-dev Degraded  stack opened 3" in out, "the stack as its file is by then"
    assert "429" in err


def test_it_stays_with_the_stack_that_was_selected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    watched = Watched(monkeypatch, "Progressing", "Paused")
    watched.json(capsys)
    assert watched.opened == ["dev"] * 3


def test_what_cant_be_read_for_a_while_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    broken = ConfigError([])
    watched = Watched(monkeypatch, BUSY, "Progressing", BUSY, BUSY, NO_YAML, broken, "Paused", BUSY)
    code, phases, said = watched.json(capsys, "--every", "30s")
    assert (code, phases) == (130, ["Progressing", "Paused"])
    told = [f"this look failed, another follows: {each}" for each in (BUSY, BUSY, NO_YAML, broken, BUSY)]
    assert said == told
    assert watched.pauses == [10.0, 30.0, *[10.0] * 4, 30.0, 10.0]


@pytest.mark.parametrize(("error", "code"), [(REFUSED, 1), (NO_YAML, 1), (ConfigError([]), 2)])
def test_what_isnt_over_by_itself_ends_the_first_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
):
    assert Watched(monkeypatch, error).json(capsys) == (code, [], [str(error)])


def test_what_cant_be_read_for_long_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(loop, "PATIENCE", 0.0)
    assert Watched(monkeypatch, "Progressing", GONE).json(capsys) == (1, ["Progressing"], [str(GONE)])
