"""The log of requests: what it remembers, and what it says of what it doesn't."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localazure import requests as log
from localazure.requests import REMEMBERED, Requests
from tests.localazure.local import NotingServing, in_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm


def numbers(entries: Requests, since: int) -> list[int]:
    return [entry["number"] for entry in entries.since(since)]


def filled(path: Path, count: int) -> Requests:
    entries = Requests(path)
    for each in range(count):
        entries.add({"path": f"/{each}"})
    return entries


def test_what_isnt_remembered_any_more_isnt_left_out_in_silence(tmp_path: Path):
    entries = filled(tmp_path / "requests.jsonl", REMEMBERED + 10)
    assert numbers(entries, 10) == list(range(11, REMEMBERED + 11))
    assert [entry["number"] for entry in entries.since()] == numbers(entries, 10)
    with pytest.raises(log.Forgotten, match="entries up to 10 aren't remembered"):
        entries.since(9)
    entries.close()


def test_a_restart_forgets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localazure.requests.LARGEST_FILE", 600)
    path = tmp_path / "requests.jsonl"
    filled(path, 60).close()
    kept = [json.loads(line) for each in (path.with_suffix(".1.jsonl"), path) for line in each.open()]
    assert kept[-1]["number"] == 60
    assert 20 < len(kept) < 60
    with path.open("a") as file:
        file.write('{"number": 61, "pa')  # as a kill leaves it

    again = Requests(path)
    assert again.since() == kept
    again.add({"path": "/after"})
    assert again.since(60) == [{"number": 61, "path": "/after"}]
    with pytest.raises(log.Forgotten):
        again.since(0)
    again.close()
    assert Requests(path).since(60) == [{"number": 61, "path": "/after"}]


def test_numbers_go_on_where_a_kill_came_between_two_files(tmp_path: Path):
    path = tmp_path / "requests.jsonl"
    filled(path, 3).close()
    path.rename(path.with_suffix(".1.jsonl"))
    entries = filled(path, 1)
    assert numbers(entries, 0) == [1, 2, 3, 4]
    entries.close()


def test_410_says_what_is_remembered(tmp_path: Path):
    line = json.dumps({"number": 7, "path": "/x"})
    (tmp_path / "requests.jsonl").write_text(line + "\n")
    with in_process(tmp_path, NotingServing()) as own:
        assert own.control("GET", "requests", since=6)["value"][0] == {"number": 7, "path": "/x"}
        assert own.control("GET", "requests")["value"][0] == {"number": 7, "path": "/x"}
        with pytest.raises(AssertionError, match=r"410 .*entries up to 6 aren't remembered.*requests\.jsonl"):
            own.control("GET", "requests", since=5)


@pytest.mark.parametrize("since", ["x", "-1", "", "9" * 5000])
def test_since_is_a_number(arm: Arm, since: str):
    with pytest.raises(AssertionError, match="400"):
        arm.control("GET", "requests", since=since)
