"""What a real browser makes of the page: where it draws each point, in light and dark, and whom it asks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollout.report import write
from tests.report import browser, sample
from tests.report.drawn import scale

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = browser.found()

DRAWN = """
(() => [...document.querySelectorAll('section.gate svg.chart')].map(svg => {
  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
  const place = node => middle(node.getBoundingClientRect());
  return {
    gate: svg.closest('section').dataset.gate,
    kind: svg.dataset.chart,
    ticks: [...svg.querySelectorAll('.tick')].map(tick => ({
      axis: tick.dataset.axis, value: +tick.dataset.value, at: place(tick.querySelector('line')),
    })),
    series: [...svg.querySelectorAll('.series')].map(group => ({
      name: group.dataset.series,
      colour: getComputedStyle(group).color,
      points: [...group.querySelectorAll('circle, rect')].map(mark => {
        const box = mark.getBBox();
        const at = svg.createSVGPoint();
        [at.x, at.y] = middle(box);
        const seen = at.matrixTransform(mark.getScreenCTM());
        return [seen.x, seen.y];
      }),
    })),
  };
}))()
"""


@pytest.mark.skipif(BROWSER is None, reason=f"no browser on PATH: {', '.join(browser.NAMES)}")
@pytest.mark.parametrize(("scheme", "back"), [("light", "rgb(246, 247, 249)"), ("dark", "rgb(15, 19, 25)")])
def test_a_browser_draws_what_the_json_says_and_asks_nobody(tmp_path: Path, scheme: str, back: str):
    report = json.loads(json.dumps(sample.report()))
    write.write(sample.report(), tmp_path / "out", pictures=False)
    with browser.opened(BROWSER or "", tmp_path / "out" / write.PAGE, tmp_path / "profile", scheme) as page:
        charts = page.value(DRAWN)
        assert page.value("getComputedStyle(document.body).backgroundColor") == back
        assert json.loads(page.value("document.getElementById('report').textContent")) == report
        assert page.value("document.documentElement.scrollWidth <= innerWidth")
        requests = [
            e["params"]["request"]["url"] for e in page.events if e["method"] == "Network.requestWillBeSent"
        ]
        logged = [e for e in page.events if e["method"] == "Log.entryAdded"]
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == 1
    assert logged == []
    drawn = {(chart["gate"], chart["kind"]): chart for chart in charts}
    compared = 0
    for gate in report["gates"]:
        lines = {line["name"]: line["points"] for line in gate["lines"]}
        compared += compare(drawn.get((gate["name"], "measured")), lines)
        if gate["evidence"]:
            compared += compare(drawn[gate["name"], "evidence"], {"evidence": gate["evidence"]["points"]})
    assert compared == 41 + 43 + 44 + 44


def compare(chart: Any, lines: dict[str, list[Any]]) -> int:
    if not lines:
        assert chart is None
        return 0
    across = scale([(tick["at"][0], tick["value"]) for tick in chart["ticks"] if tick["axis"] == "x"])
    up = scale([(tick["at"][1], tick["value"]) for tick in chart["ticks"] if tick["axis"] == "y"])
    drawn = {each["name"]: each for each in chart["series"]}
    assert drawn.keys() == lines.keys()
    assert len({each["colour"] for each in drawn.values()}) == len(drawn)
    for name, points in lines.items():
        measured = [
            (datetime.fromisoformat(at).timestamp(), value) for at, value in points if value is not None
        ]
        assert len(measured) == len(drawn[name]["points"])
        for (at, value), (x, y) in zip(measured, drawn[name]["points"], strict=True):
            assert abs(across.value_at(x) - at) < abs(across.per_place) / 4
            assert abs(up.value_at(y) - value) < abs(up.per_place) / 4
    return sum(value is not None for points in lines.values() for _, value in points)
