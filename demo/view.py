"""What the demo looks like: events line by line, and on a terminal the live traffic below them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo.tally import Served, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from rich.console import RenderableType

BAR = 30
"""Characters of the bar that stands for all traffic."""
EVERY = 0.5
"""Seconds between two pictures on a terminal."""
COLOURS = {"blue": "blue", "green": "green"}


@dataclass
class View:
    """Shows what happens. On a terminal with colours and a live part, else in plain lines."""

    console: Console = field(default_factory=Console)
    counted: Callable[[], Tally] = Tally
    """Where the client's counts come from."""
    traffic: Mapping[str, int] = field(default_factory=dict[str, int])
    busy: str = ""
    """What goes on now."""
    until: float | None = None
    """When it ends, by `time.monotonic`; None where that isn't known."""
    stopped: bool = False
    """Somebody interrupted: the next tick raises `KeyboardInterrupt`, where nothing is half done."""
    started: float = field(default_factory=time.monotonic)
    _since: float = field(default_factory=time.monotonic)
    _drawn: float = 0.0
    _live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.raw("")
        self.raw(title, "bold")

    def say(self, text: str, style: str = "") -> None:
        """Show an event, with the time since the demo began."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        self._row(f"{minutes}:{seconds:02}", text, style)

    def detail(self, lines: Iterable[str], style: str = "dim") -> None:
        """Show lines that belong to the event before."""
        for line in lines:
            self._row("", line, style)

    def raw(self, text: str, style: str = "") -> None:
        """Show text as it is; on a terminal that is wider than it."""
        if self.console.is_terminal:
            self.console.print(Text(text, style), soft_wrap=True)
        else:
            print(text, flush=True)

    def _row(self, stamp: str, text: str, style: str) -> None:
        if not self.console.is_terminal:
            print(f"{stamp:>6}  {text}".rstrip(), flush=True)
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=6, justify="right", style="dim")
        grid.add_column(overflow="fold")
        indent = len(text) - len(text.lstrip())
        grid.add_row(stamp, Padding(Text(text.lstrip(), style), (0, 0, 0, indent)))
        self.console.print(grid)

    def table(self, table: Table) -> None:
        """Show a table; its width is what it needs where no terminal limits it."""
        wide = self.console if self.console.is_terminal else Console(width=160)
        wide.print(Padding(table, (0, 0, 0, 2), expand=False))

    def begin(self, what: str, seconds: float | None = None) -> None:
        """Say in the live part what goes on now, and how long it takes where that is known."""
        self._since = time.monotonic()
        self.busy, self.until = what, None if seconds is None else self._since + seconds
        self._drawn = 0.0
        self.tick()

    def tick(self) -> None:
        """Bring the live part up to date; cheap. Raises `KeyboardInterrupt` once somebody has interrupted."""
        if self.stopped:
            raise KeyboardInterrupt
        now = time.monotonic()
        if self._live and now - self._drawn >= EVERY:
            self._drawn = now
            self._live.update(self._picture(now), refresh=True)

    def _picture(self, now: float) -> RenderableType:
        tally = self.counted()
        grid = Table.grid(padding=(0, 2))
        for name, share in sorted(self.traffic.items()):
            served, filled = tally.served.get(name, Served()), round(share * BAR / 100)
            grid.add_row(
                "  " + name,
                Text.assemble(("█" * filled, COLOURS.get(name, "cyan")), ("░" * (BAR - filled), "dim")),
                f"{share} %",
                f"{served.requests} requests",
                Text(f"{served.failures} failed", "red" if served.failures else "dim"),
                f"P90 {tally.p90.get(name, 0):.0f} ms",
            )
        if self.until is None:
            left = f"{now - self._since:.0f} s"
        else:
            left = f"{max(0.0, self.until - now):.0f} s left"
        return Group(Text(""), grid, Text(f"  {self.busy}: {left}" if self.busy else "", "cyan"))
