"""Assess: from what is seen to the step that is due. The program and the commands see it alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.azure import measuring, releases, sameness
from rollout.azure.errors import ReadError
from rollout.azure.promotion import proved
from rollout.core.decide import decide
from rollout.core.gates.judge import judge
from rollout.core.gates.queries import queries, tier_of
from rollout.core.intended import aborting
from rollout.core.judging import baseline_due, question
from rollout.core.known import known
from rollout.core.record import Record
from rollout.core.release import CodeError

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.core.comparison.blocks import Baseline, Tier
    from rollout.core.config import Settings
    from rollout.core.gates.evidence import Unreadable
    from rollout.core.gates.history import Thin
    from rollout.core.gates.judgement import Judgement
    from rollout.core.judging import Question
    from rollout.core.observed import Observed, Published
    from rollout.core.place import Place
    from rollout.core.plan import Plan
    from rollout.core.step import Step


@dataclass(frozen=True)
class Assessment:
    """Everything a decision rested on, and the decision."""

    wanted: releases.Wanted | None
    """None: an abort goes without it."""
    plan: Plan
    seen: Observed
    step: Step
    question: Question | None = None
    """What the gates were asked; None where nothing is judged now."""
    judgement: Judgement | None = None
    tier: Tier | None = None
    """Where the evidence of a comparison comes from; None where there is no endpoint yet."""
    baseline: Baseline | Thin | Unreadable | None = None
    """What is usual of prod, where the step is about to freeze it."""
    lacking: str | None = None
    """What couldn't be read and isn't needed for an abort."""

    @property
    def record(self) -> Record:
        """The record as the live endpoint has it now; an empty one where there is none that can be read."""
        return known(self.seen) or Record()


def assess(
    settings: Settings, arm: Arm, place: Place, *, sight: Sight, published: Published, root: Path
) -> Assessment:
    """Return the step that is due, and what it rests on; reads what the gates ask for, and writes nothing.

    `root` is the project's folder. Raises `CodeError` and `ReadError` for the release that config names, and
    `NotPromotedError` where it may not be the first one here; what a gate can't read is a verdict. An abort
    that a person asked for goes without that release, too.
    """
    seen = sight.observed(published)
    try:
        wanted = releases.wanted(settings, arm, place, sight, root, known(seen))
    except (CodeError, ReadError) as error:
        without = aborted(settings, sight, published)
        if without is None:
            raise
        return replace(without, lacking=str(error))
    folder = root / settings.deployment.code if settings.deployment.code is not None else None
    if (serving := sameness.unidentified(sight, seen)) is not None:
        differs, uncompared = sameness.compare(arm, place, serving, wanted, folder)
        seen = replace(seen, differs=differs, uncompared=uncompared)
    plan = settings.plan(wanted.release.id)
    asked = question(plan, seen)
    subject = sight.subject
    if subject is None:
        step = proved(decide(plan, seen, None), settings, arm, place, seen=seen, wanted=wanted.release)
        return Assessment(wanted, plan, seen, step)
    tier = subject.tier(settings.comparison.source)
    judgement = baseline = None
    if asked is not None:
        tier = tier_of(asked, tier)
        needed = queries(settings.gates, asked, settings.comparison, tier)
        evidence = measuring.measure(needed, subject, arm.cloud, arm.tokens)
        judgement = judge(settings.gates, settings.comparison, asked, tier, evidence)
    if tier is not None and (due := baseline_due(plan, seen)) is not None:
        baseline = measuring.baseline(
            subject,
            due,
            tier,
            arm.cloud,
            arm.tokens,
            stages=plan.compared_stages,
            gates=plan.compared_gates,
        )
    decided = decide(plan, seen, judgement, baseline)
    step = proved(decided, settings, arm, place, seen=seen, wanted=wanted.release)
    return Assessment(wanted, plan, seen, step, asked, judgement, tier, baseline)


def aborted(settings: Settings, sight: Sight, published: Published) -> Assessment | None:
    """Return what becomes of a person's abort, by the record alone; None where nobody asked for one.

    It needs no gate and nothing of config: `settings` may be stand-ins. Reads nothing.
    """
    seen = sight.observed(published)
    record = known(seen)
    plan = settings.plan(record.release or "" if record is not None else "")
    return Assessment(None, plan, seen, decide(plan, seen, None)) if aborting(plan, seen) else None
