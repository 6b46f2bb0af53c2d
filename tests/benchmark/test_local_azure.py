"""The benchmark of the local Azure: what it counts, and that a leak is seen."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from benchmarks.localazure import router
from benchmarks.localazure.figures import PAGE, Figure, missed, replaced
from benchmarks.localazure.hammer import Done, hammer, request
from benchmarks.localazure.leak import MILLION, Look, judged, rows
from benchmarks.localazure.traffic import KINDS, Traffic
from benchmarks.localazure.trivial import Answering

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.localazure.site import Site


def answered(wanted: str, connections: int):
    async def work() -> Done:
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/score"
        asked = request("POST", url, {"x-answer": wanted}, b"x" * 1000)
        async with server:
            return await hammer(url, lambda _: asked, connections=connections, seconds=0.2)

    return asyncio.run(work())


@pytest.mark.parametrize("connections", [1, 8])
def test_every_answer_is_counted(connections: int):
    done = answered("200", connections)
    assert done.statuses.total() == len(done.latencies) > connections
    assert set(done.statuses) == {200}
    assert done.rate == pytest.approx(len(done.latencies) / done.seconds)


def test_other_answers_are_told_apart():
    assert set(answered("503", 1).statuses) == {503}


def test_a_server_that_answers_nothing_ends_the_run():
    with pytest.raises(ConnectionError):
        answered("cut", 1)


def test_a_figure_beyond_its_limit_is_missed():
    figures = [Figure("a", 2.0, "s", 2.0), Figure("b", 2.1, "s", 2.0), Figure("c", 99.0, "s")]
    assert missed(figures) == ["b"]
    assert [each.line()[-1] for each in figures] == ["held", "**not held**", ""]


@pytest.mark.parametrize("mark", ["figures of the local Azure", "figures of the leak run"])
def test_the_page_has_a_place_for_figures(mark: str):
    page = PAGE.read_text()
    changed = replaced(page, mark, "new")
    assert f"<!-- {mark} -->\n\nnew\n\n<!-- end of {mark} -->" in changed
    assert len(changed.split(f"<!-- {mark} -->")) == 2
    with pytest.raises(ValueError, match="no place"):
        replaced("", mark, "new")


def run(grows: float = 0.0, files: int = 20, processes: int = 3, lost: int = 0) -> tuple[list[Look], Traffic]:
    """A run of a million requests whose caches fill first; memory grows by so many bytes a request."""
    numbers = range(0, MILLION + 1, 10_000)
    looks = [
        Look(each, 100 + min(each / 10_000, 30) + each % 30_000 / 1000 + grows * each / 1e6, 90, 4)
        for each in numbers
    ]
    traffic = Traffic("", "", ssl.create_default_context(), 1, 0)
    traffic.done["good", "200"] = MILLION - lost
    traffic.done["good", "lost"] = lost
    return [Look(0, 100, 20, 3), *looks, Look(MILLION, 130, files, processes)], traffic


def of(tmp_path: Path, looks: list[Look], traffic: Traffic, counted: int = MILLION) -> list[str]:
    (tmp_path / "rows.duckdb").write_bytes(b"x" * 1000)
    return missed(judged(looks, traffic, counted, tmp_path))


def test_a_run_that_keeps_nothing_holds(tmp_path: Path):
    assert of(tmp_path, *run()) == []


@pytest.mark.parametrize(
    ("looks", "counted", "said"),
    [
        (run(grows=100), MILLION, "memory"),
        (run(files=27), MILLION, "files"),
        (run(processes=4), MILLION, "processes"),
        (run(lost=1), MILLION, "answer"),
        (run(), MILLION - 1, "row"),
    ],
)
def test_what_grows_or_is_lost_is_seen(
    tmp_path: Path, looks: tuple[list[Look], Traffic], counted: int, said: str
):
    (found,) = of(tmp_path, *looks, counted)
    assert said in found


def test_more_rows_than_requests_are_seen(tmp_path: Path):
    (tmp_path / "rows.duckdb").write_bytes(b"x")
    figures = judged(*run(), MILLION + 5, tmp_path)
    assert [each.measured for each in figures if "in no row" in each.what] == [-5]


def test_rows_are_counted_of_what_the_client_sent_and_of_its_time():
    asked: dict[str, str] = {}

    def get(_url: str, params: dict[str, str], **_: object) -> SimpleNamespace:
        asked.update(params)
        series = [{"data": [{"total": 12.0}]}]
        return SimpleNamespace(
            raise_for_status=lambda: None, json=lambda: {"value": [{"timeseries": series}]}
        )

    here = SimpleNamespace(
        settings=SimpleNamespace(base_url="https://localhost"),
        workspace="/w",
        local=lambda *_: {"now": "2026-01-01T02:00:00Z"},
        http=SimpleNamespace(get=get),
    )
    assert rows(cast("Site", here), "2026-01-01T00:00:00Z") == 12
    assert asked["$filter"] == "deployment ne 'shadow'"
    assert asked["timespan"] == "2026-01-01T00:00:00Z/2026-01-01T02:00:00Z"
    assert KINDS["given up by the client"][1]["azureml-model-deployment"] == "shadow"


def test_an_answer_that_isnt_200_ends_the_router_run(monkeypatch: pytest.MonkeyPatch):
    async def hammered(*_: object, **__: object) -> Done:
        return Done(statuses=Counter({200: 9, 503: 1}), latencies=[1.0] * 10, seconds=1.0, processor=0.1)

    monkeypatch.setattr(router, "hammer", hammered)
    way = router.Way("https://localhost/score", {}, os.getpid())
    here = SimpleNamespace(pid=os.getpid(), context=None)
    with pytest.raises(SystemExit, match="1 answers weren't 200"):
        asyncio.run(router.at_most(cast("Site", here), "x", (way, way), 0.1))


def test_the_figures_are_of_the_commands_that_are_documented():
    page = PAGE.read_text()
    gates, leak = re.findall(r"(?m)^Seed (\d+), Python|, seed (\d+), on ", page)
    results = json.loads((PAGE.parents[1] / "benchmarks/gates/results.json").read_text())
    assert str(results["run"]["seed"]) == gates[0]
    assert f"--seed {gates[0]} --write" in (PAGE.parents[1] / "Makefile").read_text()
    assert f"python -m benchmarks.localazure.leak --seed {leak[1]} --write" in page


def test_the_kinds_of_requests_are_all_of_them():
    assert sum(share for share, _ in KINDS.values()) == pytest.approx(1)
