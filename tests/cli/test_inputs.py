"""What people type for times: the same for every command, and a sentence for what is none."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest

from rollout.cli import inputs
from rollout.cli.arguments import parser

COMMANDS = {"status": timedelta(seconds=5), "run": timedelta(seconds=30), "guard": timedelta(minutes=1)}


@pytest.mark.parametrize("command", COMMANDS)
def test_between_two_looks(command: str):
    assert parser().parse_args([command]).every == COMMANDS[command]
    for text, seconds in (("30s", 30), ("1m", 60), ("30", 30), ("0.5", 0.5), ("PT2M", 120)):
        assert parser().parse_args([command, "--every", text]).every == timedelta(seconds=seconds)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("text", ["-1", "0", "0s", "0.0", "nan", "inf", "soon", "", "9" * 400, "400d", "1e3"])
def test_what_is_no_time(command: str, text: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([command, f"--every={text}"])
    assert ended.value.code == 2
    assert "is no time to wait: one such as 30s" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "guard"])
def test_a_time_limit_of_nothing_isnt_never(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--timeout", "0s"])
    assert "is no time to wait" in capsys.readouterr().err
    assert parser().parse_args([command, "--timeout", "2h"]).timeout == timedelta(hours=2)


def test_a_duration_beyond_all_time():
    with pytest.raises(argparse.ArgumentTypeError, match="is no duration"):
        inputs.duration(f"P{'9' * 20}D")
