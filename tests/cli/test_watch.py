"""`rollout status --watch`: it looks again until interrupted, or until it can't read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollout import cli
from rollout.azure.errors import Unavailable
from rollout.cli import status
from tests.cli.test_main import FOUND

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def watched(
    monkeypatch: pytest.MonkeyPatch, *words: str, then: Callable[[], Any] | None = None
) -> tuple[int, list[float]]:
    """Watch three looks, the phase of each another; the exit code, and the pauses between the looks."""
    phases = iter(("Progressing", "Paused", "Degraded"))
    pauses: list[float] = []

    def look(_: object) -> dict[str, Any]:
        phase = next(phases, None)
        if phase is None:
            return (then or interrupted)()
        return FOUND | {"phase": phase}

    monkeypatch.setattr(status, "open_to_abort", lambda *_: None)
    monkeypatch.setattr(status, "look", look)
    monkeypatch.setattr("time.sleep", pauses.append)
    return cli.main(["status", "--watch", "--every", "7", *words]), pauses


def interrupted() -> dict[str, Any]:
    raise KeyboardInterrupt


def gone() -> dict[str, Any]:
    raise Unavailable("the endpoint credit-dev", "503", "Run it again.")


def test_each_look_is_a_line_of_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    code, pauses = watched(monkeypatch, "--json")
    phases = [json.loads(line)["phase"] for line in capsys.readouterr().out.splitlines()]
    assert (code, pauses, phases) == (130, [7.0] * 3, ["Progressing", "Paused", "Degraded"])


def test_the_last_look_stays_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code, pauses = watched(monkeypatch)
    assert (code, pauses) == (130, [7.0] * 3)
    assert "credit-dev Degraded" in capsys.readouterr().out


def test_what_cant_be_read_ends_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    code, _ = watched(monkeypatch, "--json", then=gone)
    assert (code, capsys.readouterr().err) == (
        1,
        "the endpoint credit-dev can't be read: 503. Run it again.\n",
    )
