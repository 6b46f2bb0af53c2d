"""What a comparison comes to for one gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.core.gates.judgement import Compared, Line
    from rollout.core.verdict import Verdict


@dataclass(frozen=True)
class Comparison:
    """One gate's verdict, and the numbers it rests on."""

    gate: str
    verdict: Verdict
    why: str
    """The statistical half of a sentence: shares, counts, margins, evidence, and what is waited for."""
    compared: Compared
    lines: tuple[Line, ...]
    """The share of events (or, in the metrics tier, the P95 in ms) of `candidate` and `prod`, by block."""
    no_data: bool = False
    """Inconclusive because one arm had no requests of late."""
