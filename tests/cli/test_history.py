"""`rollout history`: from the record in a stack's state, without Azure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollout import cli
from rollout.stack import pulumi_cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    Capture = pytest.CaptureFixture[str]
    Patch = pytest.MonkeyPatch


def entry(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "at": f"2026-11-21T10:{number:02}:00Z",
        "step": "advance",
        "phase": "Progressing",
        "from": "blue 100",
        "to": "blue 90, green 10",
        "release": "m:2-bbbbbbbb",
        "who": "ada",
        "reason": f"reason {number}",
        "verdicts": {"errors": "Successful"},
    } | changes


STORY = [entry(number) for number in range(30)]
BACK = entry(
    31, step="abort", phase="Degraded", release="m:3-cccccccc", to="blue 100", verdicts={"errors": "Failed"}
)


def kept(monkeypatch: Patch, transitions: list[dict[str, Any]]) -> None:
    """Have the state of the stack hold these."""
    record = {
        "urn": "urn:pulumi:dev::rollout::pulumi:index:Stash::record",
        "type": "pulumi:index:Stash",
        "inputs": {"input": {"step": "abort", "history": transitions}},
    }
    state = {"version": 3, "deployment": {"resources": [record]}}
    monkeypatch.setattr(pulumi_cli, "run", lambda *_: json.dumps(state))


def told(capsys: Capture, folder: Path, *words: str) -> str:
    assert cli.main(["history", "--stack", "dev", "--cwd", str(folder), *words]) == 0
    return capsys.readouterr().out


def test_the_newest_come_last(tmp_path: Path, monkeypatch: Patch, capsys: Capture):
    kept(monkeypatch, [*STORY, BACK])
    found = json.loads(told(capsys, tmp_path, "--json"))
    assert found["stack"] == "dev"
    assert [each["at"] for each in found["transitions"]] == [each["at"] for each in [*STORY, BACK]][-20:]
    some = json.loads(told(capsys, tmp_path, "--json", "--last", "2", "--release", "m:2-bbbbbbbb"))
    assert some["transitions"] == STORY[-2:]


def test_as_people_see_it(tmp_path: Path, monkeypatch: Patch, capsys: Capture):
    monkeypatch.setenv("COLUMNS", "200")
    kept(monkeypatch, [STORY[0], BACK])
    shown = told(capsys, tmp_path)
    for said in (
        "blue 100 → blue 90, green 10",
        "m:3-cccccccc",
        "Degraded",
        "reason 31",
        "errors Failed",
        "ada",
    ):
        assert said in shown
    kept(monkeypatch, [])
    assert "dev has no transition yet" in told(capsys, tmp_path)
    kept(monkeypatch, STORY)
    assert "dev has none of m:9" in told(capsys, tmp_path, "--release", "m:9")


def test_names_are_no_markup(tmp_path: Path, monkeypatch: Patch, capsys: Capture):
    monkeypatch.setenv("COLUMNS", "200")
    people = {
        "who": "Ada [EXT]",
        "release": "m[/x]:2",
        "to": "blue[red] 100",
        "reason": "[bold]",
        "step": ":x:",
    }
    kept(monkeypatch, [entry(1, **people, verdicts={"errors[/]": "Failed"})])
    shown = told(capsys, tmp_path)
    for said in (*people.values(), "errors[/] Failed"):
        assert said in shown


def test_a_state_that_cant_be_read(tmp_path: Path, monkeypatch: Patch, capsys: Capture):
    monkeypatch.setattr(pulumi_cli, "run", lambda *_: "no JSON")
    assert cli.main(["history", "--stack", "dev", "--cwd", str(tmp_path)]) == 1
    assert "printed no JSON" in capsys.readouterr().err
