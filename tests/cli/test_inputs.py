"""What people type for times: the same for every command, and a sentence for what is none."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest

from rollout.cli import asked, inputs
from rollout.cli.arguments import parser
from rollout.cli.usage import UsageError

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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--points 2000000000", "'2000000000' are too many: at most 133920"),
        ("--points 133921", "'133921' are too many"),
        ("--lag 9999999d", "'9999999d' is too long: at most 365d"),
        ("--lag 366d", "'366d' is too long"),
        ("--start 0001-01-01T00:00+14:00", "'0001-01-01T00:00+14:00' is beyond all measurements"),
        ("--start 1969-12-31", "an instant of the years 1970 to 9998"),
        ("--end 9999-12-31T23:59:30Z", "an instant of the years 1970 to 9998"),
        ("--end 9999-12-31T23:59-14:00", "an instant of the years 1970 to 9998"),
    ],
)
def test_what_is_beyond_all_measurements(words: str, said: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["check", *words.split()])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


FOR = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v"


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("--start 2020-01-01 --end 2026-01-01", False),
        ("--start 2020-01-01 --end 2026-01-01 --interval 1h", True),
        ("--start 1970-01-01 --end 9998-12-31 --interval 1d", False),
    ],
)
def test_more_intervals_than_are_kept(words: str, fits: bool):  # noqa: FBT001
    args = parser().parse_args(
        ["check", "--resource-id", FOR, "--metric", "CPU", "--max", "1", *words.split()]
    )
    if fits:
        assert asked.read(args).span is not None
        return
    with pytest.raises(UsageError, match=r"between --start and --end are \d+ intervals: at most 133920"):
        asked.read(args)
