from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

import pytest
from rich.console import Console

from rollout import cli
from rollout.cli import check_view, view
from rollout.cli.engine import Engine
from rollout.cli.status import EXIT_CODES
from rollout.core.step import Phase
from rollout.stack import pulumi_cli
from rollout.stack.pulumi_cli import StackError
from rollout.stack.tags import PendingTags, TagError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

FOUND = {
    "stack": "dev",
    "endpoint": "credit-dev",
    "at": "2026-11-21T10:00:00Z",
    "phase": "Progressing",
    "wanted": "credit-risk:2-deadbeef",
    "deployments": [
        {
            "name": "blue",
            "role": "prod",
            "release": "credit-risk:1-cafecafe",
            "traffic": 90,
            "state": "Succeeded",
            "instances": 2,
        },
        {
            "name": "stray",
            "role": "",
            "release": None,
            "traffic": 0,
            "state": "Succeeded",
            "instances": 1,
        },
    ],
    "stage": {"traffic": 10, "mirror": 0, "since": "2026-11-21T09:50:00Z", "bake": "30m", "bakeLeft": "20m"},
    "gates": [
        {
            "gate": "errors",
            "verdict": "Failed",
            "dryRun": False,
            "value": 3.0,
            "limit": "<= 1",
            "reason": "3 at 09:55",
        }
    ],
    "probe": "Successful credit-risk:2-deadbeef 2026-11-21T09:49:00Z",
    "approved": None,
    "paused": "by ada at 2026-11-21T09:55:00Z: a freeze",
    "intent": "abort credit-risk:2-deadbeef@10 by ada at 2026-11-21T09:56:00Z",
    "why": "to 10 %",
    "next": {"step": "abort", "reason": "errors failed"},
}


def test_every_phase_has_an_exit_code() -> None:
    assert {phase: EXIT_CODES[phase] for phase in Phase} == {
        Phase.HEALTHY: 0,
        Phase.PROGRESSING: 0,
        Phase.PAUSED: 3,
        Phase.DEGRADED: 4,
    }


def printed(what: RenderableType) -> str:
    console = Console(width=160, file=io.StringIO())
    console.print(what)
    return cast("io.StringIO", console.file).getvalue()


def test_names_are_no_markup() -> None:
    (blue, stray), (gate,) = cast("Any", FOUND["deployments"]), cast("Any", FOUND["gates"])
    odd = {"name": "blue[/x]", "release": "m[EXT]:1", "state": "[red]Odd"}
    found = {"deployments": [blue | odd, stray], "gates": [gate | {"gate": "errors[/]", "reason": "[/b]"}]}
    shown = printed(view.render(FOUND | found | {"endpoint": "credit[/]", "why": "[bold]"}))
    for said in (*odd.values(), "errors[/]", "[/b]", "credit[/]", "[bold]"):
        assert said in shown
    judged = {"name": "errors[/x]", "unit": "[EXT]", "value": 1.0, "limit": "<= [/1]", "dryRun": False}
    judged |= {"verdict": "Failed", "reason": "[/b]", "warnings": ["[/w]"]}
    report: Any = {"verdict": "Failed", "stage": None, "stack": "dev", "at": None, "endpoint": "e[/]"}
    shown = printed(check_view.render(report | {"gates": [judged], "next": None}))
    for said in ("errors[/x]", "[EXT]", "<= [/1]", "[/b]", "[/w]", "e[/]"):
        assert said in shown


def test_the_status_as_people_see_it() -> None:
    shown = printed(view.render(FOUND))
    for said in (
        "credit-dev Progressing",
        "credit-risk:1-cafecafe",
        "90 %",
        "not a rollout's",
        "stage 10 % since 2026-11-21T09:50:00Z: 20m of 30m left",
        "3 at 09:55",
        "paused by ada at 2026-11-21T09:55:00Z: a freeze",
        "said: abort credit-risk:2-deadbeef@10 by ada",
        "next `pulumi up`: abort: errors failed",
    ):
        assert said in shown


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["status", "--nosuch"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_no_pulumi_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["status", "--cwd", str(tmp_path)]) == 1
    assert "pulumi isn't on PATH" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["status"], ["run", "--stack", "dev"], ["history", "--stack", "dev"]])
def test_a_folder_that_isnt_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "file").touch()
    for name, said in (("gone", "gone isn't there"), ("file", "file is no folder")):
        assert cli.main([*words, "--cwd", str(tmp_path / name)]) == 1
        err = capsys.readouterr().err
        assert f"{said}: name the project's folder with --cwd" in err
        assert "PATH" not in err


def test_the_engine_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="gone isn't there"):
        Engine(tmp_path / "gone", "dev", io.StringIO()).up()


def test_what_pulumi_says_in_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = b"#!/bin/sh\nprintf 'error: no stack named f\xfcr\\n' >&2; exit 1\n"
    (tmp_path / "pulumi").write_bytes(said)
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(StackError, match="no stack named f\ufffdr"):
        pulumi_cli.run(tmp_path, "config")
    with pytest.raises(TagError, match="no stack named f\ufffdr"):
        PendingTags("dev", str(tmp_path)).result()
    assert Engine(tmp_path, "dev", io.StringIO()).up().why == "no stack named f\ufffdr"


def test_a_pulumi_that_cant_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pulumi").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["status", "--cwd", str(tmp_path)]) == 1
    assert "pulumi can't be run in" in capsys.readouterr().err
