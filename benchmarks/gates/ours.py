"""This project's comparison: what a rollout that looks at every minute would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.gates.blocks import baseline, blocks
from benchmarks.gates.outcomes import End, Outcome
from rollout.core.comparison.blocks import Tier
from rollout.core.comparison.compare import Comparer
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.gates.traces import Trace
    from rollout.core.comparison.blocks import Block

__all__ = ["GATES", "SETTINGS", "STAGES", "TIERS", "Hold", "follow", "opened", "stage_blocks"]

GATES = (
    ComparativeGate("errors", Measure.ERRORS, margin=0.01),
    ComparativeGate("latency", Measure.LATENCY, margin=0.025),
)
SETTINGS = ComparisonSettings()
STAGES = 2
"""How many stages of the ladder 10, 50, 100 compare: a single stage gets half of the error rate too."""
TIERS = {"d1": Tier.LOGS, "d2": Tier.METRICS}


@dataclass(frozen=True)
class Hold:
    """What became of a rollout under each of two settings for a stage that can't be decided in time."""

    hold: Outcome
    advance: Outcome


def opened(trace: Trace, tier: Tier, gates: Sequence[ComparativeGate] = GATES) -> Comparer:
    """A comparison that hasn't seen anything."""
    return Comparer(gates, SETTINGS, baseline(trace, tier, stages=STAGES, gates=len(gates)))


def stage_blocks(trace: Trace, tier: Tier, number: int) -> tuple[Block, ...]:
    """What the gates see of a stage; the first has number 0."""
    begin = sum(len(stage) for stage in trace.stages[:number])
    usual = baseline(trace, tier, stages=STAGES).slow_ms or trace.usual
    return blocks(trace.stages[number], tier, usual, slack=GATES[1].slack, begin=begin)


def follow(trace: Trace, tier: Tier, max_wait: int) -> Hold:
    """Look at every minute: back at the first Failed, on at the first Successful of all gates.

    Args:
        trace: Its stages are those that compare.
        tier: Where the evidence is from.
        max_wait: Minutes after which a stage is held, or gone on from.
    """
    comparer = opened(trace, tier)
    spent: tuple[int, ...] = ()
    held: Outcome | None = None
    for number, stage in enumerate(trace.stages):
        comparer.open(stage.traffic)
        minutes, verdict, no_data = 0, Verdict.INCONCLUSIVE, False
        for block in stage_blocks(trace, tier, number)[:max_wait]:
            minutes += 1
            comparer.add(block)
            verdict = max(comparer.standing())
            if verdict in (Verdict.FAILED, Verdict.SUCCESSFUL):
                break
        spent = (*spent, minutes)
        if verdict is Verdict.FAILED:
            back = Outcome(End.ROLLED_BACK, spent)
            return Hold(held or back, back)
        if verdict is not Verdict.SUCCESSFUL:
            no_data = any(each.no_data for each in comparer.verdicts())
            held = held or Outcome(End.HELD, spent, no_data)
            if no_data:
                return Hold(held, held)
    done = Outcome(End.PROMOTED, spent)
    return Hold(held or done, done)
