from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from localazure.duration import read_duration
from localazure.logs.asked import read_span
from localazure.logs.errors import LogsError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT5S", timedelta(seconds=5)),
        ("pt0.5s", timedelta(seconds=0.5)),
        ("P1W", timedelta(weeks=1)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P0D", timedelta(0)),
    ],
)
def test_durations(text: str, length: timedelta):
    assert read_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "5S", "PT5", "P1Y", "P1M", "-PT5S", "+PT5S", "PT5S\n", " PT5S", "P9999999999D",
     "P2026-01-01", "PT٣S", None, 5],
)  # fmt: skip
def test_what_is_no_duration(text: object):
    with pytest.raises(ValueError, match=r"ISO 8601|years or months"):
        read_duration(text)


@pytest.mark.parametrize("text", ["P9999999999D", "P999999D", "2026-01-01T00:00:00Z/P9999999D", "P1Y"])
def test_a_timespan_beyond_all_time_is_refused(text: str):
    with pytest.raises(LogsError, match="no ISO 8601 duration"):
        read_span(text, datetime(2026, 1, 1, tzinfo=UTC))
