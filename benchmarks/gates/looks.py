"""The verdict at a time doesn't depend on who looked before: each minute, seventh, hour, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.gates.blocks import baseline
from benchmarks.gates.ours import GATES, SETTINGS, STAGES, TIERS, opened, stage_blocks
from benchmarks.gates.traces import generator
from rollout.core.comparison.blocks import StageBlocks
from rollout.core.comparison.compare import compare

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from benchmarks.gates.traces import Trace
    from rollout.core.comparison.blocks import Block, Tier
    from rollout.core.comparison.compare import Comparison
    from rollout.core.verdict import Verdict

__all__ = ["differing"]

EVERY = (1, 7, 60)
CHECKED = 0.05
"""The share of minutes at which all numbers, too, are those of somebody who never looked before."""
_KEY = 8


def differing(trace: Trace, seed: int) -> int:
    """How many looks at a trace's first stage differ from those of another schedule, over both tiers."""
    return sum(_differing(trace, tier, seed) for tier in TIERS.values())


def _differing(trace: Trace, tier: Tier, seed: int) -> int:
    blocks = stage_blocks(trace, tier, 0)
    key = (trace.scenario.number, trace.rpm, trace.rep, _KEY)
    checked = {
        minute for minute, draw in enumerate(generator(seed, *key).random(len(blocks)), 1) if draw < CHECKED
    }
    checked.add(len(blocks))
    afresh = {minute: _afresh(trace, tier, blocks[:minute]) for minute in checked}
    always: dict[int, tuple[Verdict, ...]] = {}
    found = 0
    for every in EVERY:
        verdicts, numbers = _looked(trace, tier, blocks, every, checked)
        always = always or verdicts  # the first looks at every minute
        found += sum(each != always[minute] for minute, each in verdicts.items())
        found += sum(each != afresh[minute] for minute, each in numbers.items())
    return found


def _looked(
    trace: Trace, tier: Tier, blocks: Sequence[Block], every: int, checked: Container[int]
) -> tuple[dict[int, tuple[Verdict, ...]], dict[int, tuple[Comparison, ...]]]:
    """What somebody is told who looks at every so many minutes: verdicts, and at some minutes all numbers."""
    comparer = opened(trace, tier)
    comparer.open(trace.stages[0].traffic)
    verdicts: dict[int, tuple[Verdict, ...]] = {}
    numbers: dict[int, tuple[Comparison, ...]] = {}
    for minute, block in enumerate(blocks, 1):
        comparer.add(block)
        if minute % every == 0:
            verdicts[minute] = comparer.standing()
            if minute in checked:
                numbers[minute] = comparer.verdicts()
    return verdicts, numbers


def _afresh(trace: Trace, tier: Tier, blocks: tuple[Block, ...]) -> tuple[Comparison, ...]:
    """What somebody is told who never looked before."""
    stage = StageBlocks(trace.stages[0].traffic, 0, blocks)
    return compare(GATES, SETTINGS, baseline(trace, tier, stages=STAGES), (stage,))
