"""What judging came to: one finding a gate, and the worst verdict of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.verdict import Verdict, worst

if TYPE_CHECKING:
    from rollout.core.window import Window


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


@dataclass(frozen=True)
class Judgement:
    """What all gates came to in one window."""

    window: Window
    findings: tuple[Finding, ...]
    requests: float | None = None
    """How many requests the judged deployment got in the window; None where nobody could tell."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all gates; Inconclusive where there is no gate."""
        return worst(finding.verdict for finding in self.findings)

    @property
    def reason(self) -> str:
        """The reasons of the gates whose verdict is the worst."""
        verdict = self.verdict
        return "; ".join(f.reason for f in self.findings if f.verdict is verdict) or "no gate judged anything"
