"""A page taken apart by the standard library: what each chart shows, read back from where its marks are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"meta", "link", "br", "img", "input", "hr", "col", "base"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Return every element below of that tag, with these words among an attribute's."""
        found: list[Element] = []
        for child in self.children:
            fits = all(
                word in child.attributes.get(name.rstrip("_").replace("_", "-"), "").split()
                for name, word in wanted.items()
            )
            if fits and tag in ("", child.tag):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def number(self, name: str) -> float:
        return float(self.attributes[name])


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].text += data


def parsed(page: str) -> Element:
    """Return the page's elements. Fails where one isn't closed."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    assert builder.root is builder._open[-1], "an element isn't closed"
    return builder.root


def embedded(page: Element) -> Any:
    """Return the report that the page holds as JSON."""
    (script,) = page.all("script")
    assert script.attributes["type"] == "application/json"
    return json.loads(script.text)


@dataclass(frozen=True)
class Scale:
    """From places back to values, by two ticks of an axis and nothing else that the drawing code computed."""

    place: float
    value: float
    per_place: float

    def value_at(self, place: float) -> float:
        return self.value + (place - self.place) * self.per_place


def scale(ticks: list[tuple[float, float]]) -> Scale:
    """Return the scale of an axis from its ticks' places and values; all of them must lie on it."""
    (first, low), (last, high) = ticks[0], ticks[-1]
    found = Scale(first, low, (high - low) / (last - first))
    for place, value in ticks:
        assert abs(found.value_at(place) - value) <= abs(high - low) * 1e-4
    return found


def across(chart: Element) -> Scale:
    """Return the scale of the time axis: seconds since 1970; of a margin's bar, percentage points."""
    return scale(
        [(t.all("line")[0].number("x1"), t.number("data-value")) for t in chart.all("g", data_axis="x")]
    )


def up(chart: Element) -> Scale:
    """Return the scale of the values."""
    return scale(
        [(t.all("line")[0].number("y1"), t.number("data-value")) for t in chart.all("g", data_axis="y")]
    )


def series(chart: Element) -> dict[str, list[tuple[float, float]]]:
    """Return the points that a chart draws, by series: seconds since 1970 and value."""
    times, values = across(chart), up(chart)
    return {
        group.attributes["data-series"]: [
            (times.value_at(x), values.value_at(y))
            for mark in group.all()
            if mark.tag in ("circle", "rect")
            for x, y in [_centre(mark)]
        ]
        for group in chart.all("g", class_="series")
    }


def _centre(mark: Element) -> tuple[float, float]:
    if mark.tag == "circle":
        return mark.number("cx"), mark.number("cy")
    return mark.number("x") + mark.number("width") / 2, mark.number("y") + mark.number("height") / 2
