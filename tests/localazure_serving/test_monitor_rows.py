from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from localazure.clock import Clock
from localazure.monitor.minutes import bring_up_to_date
from localazure.monitor.row import COLUMNS
from localazure.monitor.rows import ConsoleLine, Event, Row, Rows, Trace

if TYPE_CHECKING:
    from pathlib import Path

COUNT = "SELECT count(*) FROM Requests"
ONE = {"EndpointId": "/E", "EndpointName": "e", "DeploymentName": "blue"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.duckdb"


def count(rows: Rows) -> int:
    return asyncio.run(rows.query(COUNT))[0][0]


def test_a_row_is_in_the_next_query_and_survives(path: Path):
    rows = Rows(path, Clock())
    given = Row(datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "/e", "e", "blue", ModelStatusCode=None)
    rows.add(given)
    assert count(rows) == 1
    rows.close()
    again = Rows(path, Clock())
    (kept,) = asyncio.run(again.query("SELECT * EXCLUDE IngestedAt FROM Requests"))
    assert Row(*kept) == given._replace(TimeGenerated=given.TimeGenerated.replace(tzinfo=None))
    asyncio.run(again.clear())
    assert count(again) == 0
    again.close()


def test_rows_reach_the_disk_by_themselves(path: Path):
    async def scenario() -> int:
        rows = Rows(path, Clock())
        await rows.start()
        rows.add(Row(rows.clock.now(), "/e", "e", "blue"))
        await asyncio.sleep(0.8)
        waiting = sum(map(len, rows._buffers.values()))
        await rows.stop()
        return waiting

    assert asyncio.run(scenario()) == 0


def test_rows_added_while_a_query_runs_are_kept(path: Path):
    async def scenario() -> int:
        rows = Rows(path, Clock())
        for _ in range(20):
            queries = [asyncio.create_task(rows.query(COUNT)) for _ in range(3)]
            for _ in range(50):
                rows.add(Row(rows.clock.now(), "/e", "e", "blue"))
                await asyncio.sleep(0)
            await asyncio.gather(*queries)
        found = (await rows.query(COUNT))[0][0]
        await rows.stop()
        return found

    assert asyncio.run(scenario()) == 1000


def test_injected_rows(path: Path):
    rows = Rows(path, Clock())
    given = [
        ONE | {"count": 1000, "ResponseCode": 424, "ModelStatusCode": 500},
        ONE | {"ModelStatusCode": None},
    ]
    assert rows.inject(given) == 1001
    rows.inject([ONE | {"TimeGenerated": "2026-01-01T00:00:00Z", "TotalDurationMs": 7}])
    sql = "SELECT EndpointId, ResponseCode, count(*) FROM Requests GROUP BY ALL ORDER BY ALL"
    assert asyncio.run(rows.query(sql)) == [("/e", 200, 2), ("/e", 424, 1000)]
    rows.close()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Colour": "red"}, "unknown field Colour; known: TimeGenerated, EndpointId"),
        ({"EndpointId": None}, "EndpointId"),
        ({"ResponseCode": "200"}, "ResponseCode is '200'; give a number"),
        ({"ResponseCode": True}, "ResponseCode is True; give a number"),
        ({"UserAgent": 3}, "UserAgent is 3; give text"),
        ({"ResponseCode": 3_000_000_000}, "ResponseCode is 3000000000; give a number from .* to 2147483647"),
        ({"ModelStatusCode": float("nan")}, "ModelStatusCode is nan; give a number from"),
        ({"ResponseCode": 200.5}, "ResponseCode is 200.5; give a whole number"),
        ({"RequestPayloadSize": 2**63}, "RequestPayloadSize is 9223372036854775808; give a number from"),
        ({"TotalDurationMs": float("inf")}, "TotalDurationMs is inf; give a number from"),
        ({"TotalDurationMs": 10**400}, "TotalDurationMs is 10+; give a number from"),
        ({"count": 0}, "count is 0"),
        ({"TimeGenerated": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"TimeGenerated": "now"}, "now"),
        ({"TimeGenerated": 5}, "TimeGenerated is 5"),
        ({"TimeGenerated": "0001-01-01T00:00:00+14:00"}, "beyond the years 1 to 9999"),
    ],
)
def test_wrong_injections_are_refused_whole(path: Path, given: dict[str, Any], says: str):
    rows = Rows(path, Clock())
    with pytest.raises(ValueError, match=says):
        rows.inject([ONE, ONE | given])
    with pytest.raises(ValueError, match="DeploymentName missing"):
        rows.inject([{"EndpointId": "/e", "EndpointName": "e"}])
    assert count(rows) == 0
    rows.close()


def test_text_that_isnt_utf8_is_kept_with_a_question_mark(path: Path):
    rows = Rows(path, Clock())
    rows.add(Row(rows.clock.now(), "/e", "e", "blue", UserAgent="caf\udce9"))
    rows.add(Trace(rows.clock.now(), "/c", "half \ud83d", 1, *([""] * 9)))
    rows.add(ConsoleLine(rows.clock.now(), "/e", "blue", "one", "naïve \udc80"))
    rows.inject([ONE | {"Path": "/\ud83d"}])
    rows.close()
    again = Rows(path, Clock())
    assert asyncio.run(again.query("SELECT UserAgent, Path FROM Requests ORDER BY ALL")) == [
        ("", "/?"),
        ("caf?", "/score"),
    ]
    assert asyncio.run(again.query("SELECT Message FROM SentTraces")) == [("half ?",)]
    assert asyncio.run(again.query("SELECT Message FROM ConsoleLines")) == [("naïve ?",)]
    again.close()


def test_a_row_that_doesnt_fit_takes_no_other_with_it(path: Path, caplog: pytest.LogCaptureFixture):
    rows = Rows(path, Clock())
    for number in range(100):
        unfit = number in {0, 41, 99}
        rows.add(Row(rows.clock.now(), "/e", "e", "blue", ResponseCode=2**31 if unfit else number))
    rows.add(Event(rows.clock.now(), "/e", "blue", "one", "Created", ""))
    assert count(rows) == 97
    assert asyncio.run(rows.query("SELECT count(*) FROM Events")) == [(1,)]
    assert len([line for line in caplog.messages if "doesn't fit and is left out" in line]) == 3
    rows.add(Row(rows.clock.now(), "/e", "e", "blue"))
    asyncio.run(rows.run(bring_up_to_date))
    assert asyncio.run(rows.query("SELECT sum(Requests) FROM Samples")) == [(98,)]
    rows.close()


def test_rows_are_kept_while_nothing_can_be_written(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    async def scenario() -> tuple[int, int]:
        rows = Rows(path, Clock())
        await rows.start()
        with monkeypatch.context() as broken:
            broken.setattr("localazure.monitor.rows.write", full)
            rows.add(Row(rows.clock.now(), "/e", "e", "blue"))
            rows.add(Event(rows.clock.now(), "/e", "blue", "one", "Created", ""))
            await asyncio.sleep(0.8)
            with pytest.raises(duckdb.IOException):
                await rows.query(COUNT)
        rows.add(Row(rows.clock.now(), "/e", "e", "blue"))
        await asyncio.sleep(0.8)
        waiting = sum(map(len, rows._buffers.values()))
        (found,) = await rows.query("SELECT (SELECT count(*) FROM Requests), (SELECT count(*) FROM Events)")
        await rows.stop()
        assert waiting == 0
        return found

    assert asyncio.run(scenario()) == (2, 1)
    assert "rows can't be written now" in caplog.text


def test_a_file_of_an_earlier_version_goes_on(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    before = duckdb.connect(str(path))
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    before.execute(f"CREATE TABLE AmlOnlineEndpointTrafficLog ({columns})")
    given = Row(datetime(2026, 1, 2, 3, 4, 5), "/e", "e", "blue", TotalDurationMs=7)  # noqa: DTZ001 - as kept
    places = ", ".join("?" * len(given))
    before.execute(f"INSERT INTO AmlOnlineEndpointTrafficLog VALUES ({places})", given)  # noqa: S608
    before.close()

    rows = Rows(path, Clock())
    (found,) = asyncio.run(rows.query("SELECT *, IngestedAt = TimeGenerated FROM Requests"))
    assert (*found[:-2], found[-1]) == (*given, True)
    asyncio.run(rows.run(bring_up_to_date))
    assert asyncio.run(rows.query("SELECT Requests, Milliseconds FROM Samples")) == [(1, 7.0)]
    rows.close()
