"""The page draws what the JSON in it says, asks nobody for anything, and says it in words too."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from rollout.report import axis, page
from tests.report import sample
from tests.report.drawn import Element, across, embedded, parsed, series, up


@pytest.fixture(scope="module")
def shown() -> Element:
    return parsed(page.render(sample.report()))


def section(shown: Element, gate: str) -> Element:
    (found,) = shown.all("section", data_gate=gate)
    return found


def charts(shown: Element, gate: str, kind: str) -> list[Element]:
    return section(shown, gate).all("svg", data_chart=kind)


def compare(points: list[list[Any]], drawn: list[tuple[float, float]], pixel: float) -> None:
    measured = [(datetime.fromisoformat(at).timestamp(), value) for at, value in points if value is not None]
    assert len(measured) == len(drawn)
    for (at, value), (drawn_at, drawn_value) in zip(measured, drawn, strict=True):
        assert abs(at - drawn_at) < 1
        assert abs(value - drawn_value) < abs(pixel) / 50


def test_every_point_is_where_its_value_puts_it(shown: Element):
    for gate in embedded(shown)["gates"]:
        lines = {line["name"]: line["points"] for line in gate["lines"]}
        for chart in charts(shown, gate["name"], "measured"):
            drawn = series(chart)
            assert drawn.keys() == lines.keys()
            for name, points in lines.items():
                compare(points, drawn[name], up(chart).per_place)
        assert len(charts(shown, gate["name"], "measured")) == bool(lines)
        if gate["evidence"]:
            (chart,) = charts(shown, gate["name"], "evidence")
            compare(gate["evidence"]["points"], series(chart)["evidence"], up(chart).per_place)


def test_a_time_that_wasnt_measured_is_a_gap(shown: Element):
    (chart,) = charts(shown, "latency", "measured")
    (group,) = chart.all("g", class_="candidate")
    assert len(re.findall("M", group.all("path")[0].attributes["d"])) == 3
    assert "not measured at 3 of 44 times" in chart.all("desc")[0].text


def test_limits_margins_bounds_and_stages_are_where_they_belong(shown: Element):
    found = embedded(shown)
    (measured,) = charts(shown, "latency", "measured")
    (evidence,) = charts(shown, "errors-vs-prod", "evidence")
    for chart, value in ((measured, 50.0), (evidence, 1.602)):
        (rule,) = chart.all("g", class_="rule")
        assert up(chart).value_at(rule.all("line")[0].number("y1")) == pytest.approx(value, rel=1e-3)
        (mark,) = chart.all("g", class_="mark")
        since = datetime.fromisoformat(found["stage"]["since"]).timestamp()
        assert across(chart).value_at(mark.all("line")[0].number("x1")) == pytest.approx(since, abs=1)
    (margin,) = charts(shown, "errors-vs-prod", "margin")
    bar_scale = across(margin)
    (bar,) = margin.all("rect", class_="certified")
    assert bar_scale.value_at(bar.number("x")) == pytest.approx(0, abs=1e-2)
    assert bar_scale.value_at(bar.number("x") + bar.number("width")) == pytest.approx(3.4, abs=1e-2)
    (edge,) = margin.all("g", class_="rule")
    assert bar_scale.value_at(edge.all("line")[0].number("x1")) == pytest.approx(1.0, abs=1e-2)


def test_every_point_says_what_it_is(shown: Element):
    (chart,) = charts(shown, "errors-vs-prod", "measured")
    titles = [mark.all("title")[0].text for mark in chart.all("circle")]
    assert titles[0] == "09:12:00 candidate green: 3.31 %"
    assert len(titles) == 43
    table = section(shown, "errors-vs-prod").all("table")[0]
    assert len(table.all("tr")) == 45


def test_the_worst_comes_first_and_a_dry_run_says_so(shown: Element):
    names = [each.attributes["data-gate"] for each in shown.all("section", class_="gate")]
    assert names == ["errors-vs-prod", "gpu", "latency"]
    assert "doesn't count" in section(shown, "gpu").all("span", class_="tag")[0].text


def test_it_asks_nobody_and_runs_nothing():
    text = page.render(sample.report())
    assert "default-src 'none'" in text
    assert re.findall(r"(?:src|href)=\"(?!#|data:)", text) == []
    assert "url(" not in text
    assert sample.NASTY not in text
    assert embedded(parsed(text)) == json.loads(json.dumps(sample.report()))


def test_both_colour_schemes_have_the_same_colours_named():
    text = page.render(sample.report())
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    named = [set(re.findall(r"--[\w-]+", block)) for block in (light, dark)]
    assert named[0] == named[1]
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used == named[0]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_read(scheme: int):
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for lines."""
    block = re.findall(r":root \{(.*?)\}", page.render(sample.report()), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))

    def contrast(one: str, other: str) -> float:
        high, low = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for word in ("text", "soft", "rule", "candidate", "prod", "evidence", "other"):
        assert contrast(word, "card") >= 4.5, word
        assert contrast(word, "back") >= 4.5 or word not in ("text", "soft"), word
    for word in ("good", "wait", "bad"):
        assert contrast(word, f"{word}-back") >= 4.5, word


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0, 0), (0, 1e-7), (-3.2, 0.4), (0, 123456), (0, 0.1 + 0.2), (5, 5)]
)
def test_an_axis_holds_its_values_and_ends_at_round_ones(low: float, high: float):
    found = axis.of_values(low, high, 200, 10)
    assert found.low <= low <= high <= found.high
    assert 2 <= len(found.ticks) <= 9
    assert found.at(found.low) == pytest.approx(200)
    assert found.at(found.high) == pytest.approx(10)
