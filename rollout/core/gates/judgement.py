"""What judging came to: one finding a gate, and the worst verdict of all that count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.verdict import Verdict, worst
from rollout.core.window import Window

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.comparison.blocks import Tier


@dataclass(frozen=True)
class Line:
    """A measured quantity over time: what a report draws."""

    name: str
    """Whose it is: `candidate`, `prod`, or what else it is."""
    points: tuple[tuple[datetime, float | None], ...]
    """None is no measurement, which is not zero."""


@dataclass(frozen=True)
class Compared:
    """The numbers behind a comparative gate's finding."""

    tier: Tier
    candidate_requests: int
    prod_requests: int
    candidate_events: int
    prod_events: int
    allowed: float
    """The margin, a share from 0 to 1; of latency in the metrics tier, of prod's P95."""
    certified: float | None
    """The smallest margin that is proved by now, likewise; None where none is."""
    evidence: Line
    """log10 of the evidence of all gates together that the candidate is worse, block by block."""
    bound: float
    """log10 of the evidence that fails the candidate."""
    eta: timedelta | None
    """From the stage's begin, about how long until the gate is Successful for a candidate as good as prod."""
    worst: tuple[tuple[datetime, float], ...] = ()
    """The blocks with the most evidence against the candidate, at most three, with their log10."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What one gate came to."""

    gate: str
    verdict: Verdict
    reason: str
    """One sentence with value, limit and window."""
    value: float | None = None
    limit: str = ""
    """As people write it: `<= 50`."""
    unit: str = ""
    dry_run: bool = False
    """It is reported, and doesn't count."""
    no_data: bool = False
    """Inconclusive because nothing was measured: no person can accept that, and no setting make it pass."""
    lines: tuple[Line, ...] = ()
    compared: Compared | None = None


@dataclass(frozen=True)
class Judgement:
    """What all gates came to in one window."""

    window: Window
    findings: tuple[Finding, ...]
    requests: float | None = None
    """How many requests the judged deployment got in the window; None where nobody could tell."""
    gaps: tuple[Window, ...] = ()
    """The stretches of the window in which it got none for so long that nothing could be judged."""

    @property
    def silent(self) -> timedelta:
        """How much of the window is gaps."""
        return self._silent(self.window)

    def could_tell_for(self, length: timedelta, since: datetime | None = None) -> bool:
        """Return whether a verdict was possible for at least so long, in the window or in it `since` then.

        A night without requests makes no candidate late.
        """
        window = Window(max(self.window.start, since or self.window.start), self.window.end)
        return window.holds(length + self._silent(window))

    def _silent(self, window: Window) -> timedelta:
        return sum((window.shared(gap) for gap in self.gaps), timedelta())

    @property
    def counting(self) -> tuple[Finding, ...]:
        """The findings that count: not those of a dry run."""
        return tuple(finding for finding in self.findings if not finding.dry_run)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the gates that count; Inconclusive where none does."""
        return worst(finding.verdict for finding in self.counting)

    @property
    def reason(self) -> str:
        """The reasons of the gates whose verdict is the worst."""
        verdict = self.verdict
        return "; ".join(f.reason for f in self.counting if f.verdict is verdict) or "no gate judged anything"

    @property
    def no_data(self) -> bool:
        """Whether a gate that counts had nothing to judge."""
        return any(finding.no_data for finding in self.counting)
