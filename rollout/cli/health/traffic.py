"""Checks of the traffic: how much there is, and whether the ladder can be decided by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.cli.health.check import Check, State
from rollout.core import times
from rollout.core.comparison.blocks import Baseline
from rollout.core.comparison.ladder import Ladder, propose
from rollout.core.comparison.timing import time_to_clear, time_to_fail
from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.history import Thin
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from rollout.cli.health.patient import Patient
    from rollout.core.gates.comparative import ComparativeGate
    from rollout.core.plan import Stage


@dataclass(frozen=True)
class Rate:
    """What the endpoint gets."""

    per_minute: float
    """Requests to the whole endpoint."""
    usual: Baseline
    """What prod does of late."""


def rate(patient: Patient) -> Rate | None:
    """Return what the endpoint gets, by prod's part of it; None where nobody can tell."""
    usual, prod = patient.usual, patient.prod
    if not isinstance(usual, Baseline) or prod is None:
        return None
    return Rate(usual.per_minute * WHOLE / prod[1], usual)


def traffic(patient: Patient) -> Check:
    """Say how many requests there were of late."""
    usual, prod = patient.usual, patient.prod
    if patient.sight is None or patient.sight.endpoint is None or prod is None:
        return Check("traffic", State.UNKNOWN, "nobody serves yet")
    match usual:
        case Baseline():
            whole = usual.per_minute * WHOLE / prod[1]
            over = times.show_duration(timedelta(minutes=usual.minutes))
            said = (
                f"{whole:.3g} requests a minute over {over} ({usual.requests} to {prod[0]}, which has "
                f"{prod[1]} % of them), {usual.error_share * 100:.3g} % of them not 2xx"
            )
            return Check("traffic", State.OK, said)
        case Thin():
            do = "send requests: without them no gate can ever pass"
            return Check("traffic", State.WARNING, usual.show(), do)
        case Unreadable():
            return Check("traffic", State.PROBLEM, usual.why, "see what Azure said")
        case None:
            return Check("traffic", State.UNKNOWN, "nothing was measured")


def ladder(patient: Patient) -> Check:
    """Say whether each compared stage can be decided within `maxWait`."""
    stack, plan, found = patient.stack, patient.plan, rate(patient)
    if stack is None or plan is None or found is None:
        return Check("ladder", State.UNKNOWN, "the traffic isn't known")
    gates = [gate for gate in stack.settings.compared if not gate.dry_run]
    if not gates:
        return Check("ladder", State.OK, "no gate compares with prod, so none needs so many requests")
    slow: list[str] = []
    told: list[str] = []
    for stage in plan.stages:
        if stage.has_control:
            after = _decided(patient, found, stage, gates)
            when = "never" if after is None else f"after about {times.show_duration(after)}"
            in_time = after is not None and after <= plan.max_wait
            (told if in_time else slow).append(f"{stage.show()} {when}")
    if slow:
        waits = f"maxWait is {times.show_duration(plan.max_wait)}"
        do = "take the ladder below, a longer maxWait, or accept what is proved with `rollout approve`"
        return Check("ladder", State.WARNING, f"decided too late: {'; '.join(slow)}; {waits}", do)
    return Check("ladder", State.OK, f"every stage is decided in time: {'; '.join(told)}")


def proposal(patient: Patient) -> Ladder | None:
    """Return a ladder for this traffic; None where the traffic isn't known or nothing is compared."""
    stack, plan, found = patient.stack, patient.plan, rate(patient)
    gates = [gate for gate in stack.settings.compared if not gate.dry_run] if stack else []
    if stack is None or plan is None or found is None or not gates:
        return None
    return propose(gates, stack.settings.comparison, found.usual, found.per_minute, plan.max_wait)


def _decided(patient: Patient, found: Rate, stage: Stage, gates: list[ComparativeGate]) -> timedelta | None:
    """Return when every gate has told a candidate as good as prod from one that is worse; None: never."""
    if patient.stack is None:
        return None
    settings = patient.stack.settings.comparison
    candidate = found.per_minute * (stage.mirror or stage.traffic) / WHOLE
    rates = candidate, found.per_minute if stage.mirror else found.per_minute - candidate
    each = [
        tell(gate, settings, found.usual, rates) for gate in gates for tell in (time_to_clear, time_to_fail)
    ]
    known = [after for after in each if after is not None]
    return max(known) if len(known) == len(each) else None
