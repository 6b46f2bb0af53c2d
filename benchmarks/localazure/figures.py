"""What was measured, as a table, and its place in the page."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["PAGE", "Figure", "Run", "concluded", "missed", "replaced", "table"]

PAGE = Path(__file__).parents[2] / "docs" / "benchmark.md"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        limit: What it may be at most; None where nothing was promised.
    """

    what: str
    measured: float
    unit: str
    limit: float | None = None

    @property
    def held(self) -> bool:
        """Whether it keeps its limit."""
        return self.limit is None or self.measured <= self.limit

    def line(self) -> list[str]:
        """Its line of the table."""
        limit = "" if self.limit is None else f"<= {_short(self.limit)} {self.unit}"
        verdict = "" if self.limit is None else "held" if self.held else "**not held**"
        return [self.what, limit, f"{_short(self.measured)} {self.unit}", verdict]

    def json(self) -> dict[str, Any]:
        """Everything about it."""
        return asdict(self) | {"held": self.held}


def missed(figures: Iterable[Figure]) -> list[str]:
    """Those beyond their limits."""
    return [each.what for each in figures if not each.held]


class Run:
    """When and on what something is measured, from now on."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._before = _busy(), sum(os.times()[:4])

    def conditions(self) -> dict[str, Any]:
        """The date, the machine, and how many cores work had that wasn't started here."""
        seconds = time.perf_counter() - self._began
        busy, own = _busy() - self._before[0], sum(os.times()[:4]) - self._before[1]
        return {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "seconds": round(seconds),
            "others": round(max(0.0, busy - own) / seconds, 2),
        }

    @staticmethod
    def told(conditions: dict[str, Any]) -> str:
        """The conditions as a sentence's end."""
        return (
            "on {date}: {cores} cores, of which other work took {others} meanwhile, "
            "Python {python}, {seconds} s."
        ).format(**conditions)


def _busy() -> float:
    """Seconds that all cores together have worked."""
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = (
        int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(each)} |" for each in rows)


def replaced(page: str, mark: str, text: str) -> str:
    """The page with another text between the two lines of a mark.

    Raises:
        ValueError: It lacks one.
    """
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"{PAGE}: no place for figures; it needs the lines {begin} and {end}, in this order")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def concluded(
    found: Sequence[Figure], whole: Mapping[str, Any], mark: str, text: str, asked: Namespace
) -> int:
    """Print the text of a benchmark, and write it and all that was measured where that is asked for.

    Returns the exit code: 1 where a limit isn't held.
    """
    if asked.json:
        figures = {"figures": [each.json() for each in found]}
        Path(asked.json).write_text(json.dumps({**whole, **figures}, indent=1) + "\n")
    if asked.write:
        PAGE.write_text(replaced(PAGE.read_text(), mark, text))
    print(text)
    if over := missed(found):
        print(f"NOT HELD: {', '.join(over)}")
        return 1
    return 0


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
