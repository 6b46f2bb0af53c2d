"""What all gates of a look are judged on, and what is said at the end of their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.measured import Requests
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from rollout.core.gates.evidence import Evidence
    from rollout.core.judging import Question
    from rollout.core.window import Window


@dataclass(frozen=True)
class Case:
    """The question, the answers, and the requests that are proved."""

    question: Question
    evidence: Evidence
    requests: Requests | Unreadable

    @property
    def total(self) -> float | None:
        """How many requests the judged deployment got; None where nobody could tell."""
        return self.requests.total if isinstance(self.requests, Requests) else None

    @property
    def gaps(self) -> tuple[Window, ...]:
        """The stretches of the window without requests, as far as they are known."""
        seen = self.requests
        return seen.gaps(self.question.window) if isinstance(seen, Requests) else ()

    def where(self) -> str:
        """Return the end of a reason: whom it is about, the window and the requests."""
        asked = self.question
        count = f"{self.total:g} requests" if self.total is not None else "requests unknown"
        return f"{asked.deployment} at {asked.stage.show()}, {asked.window.show()}, {count}"

    def few(self) -> tuple[Verdict, str] | None:
        """Return why the requests are too few for success, or can't be read; None: they are enough."""
        least = self.question.stage.min_requests
        if isinstance(self.requests, Unreadable):
            return Verdict.ERROR, self.requests.why
        if self.requests.total < least:
            return Verdict.INCONCLUSIVE, f"fewer than the {least} requests that a verdict needs"
        return None
