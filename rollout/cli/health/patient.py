"""What is looked at: read once, and each part either there or with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollout.azure import measuring, observe
from rollout.azure.errors import AzureFault
from rollout.cli.stack import open_stack
from rollout.core.config import ConfigError
from rollout.core.judging import BaselineQuestion
from rollout.core.record import Record
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.azure.observe import Sight
    from rollout.cli.stack import StackView
    from rollout.core.comparison.blocks import Baseline, Tier
    from rollout.core.gates.evidence import Unreadable
    from rollout.core.gates.history import Thin
    from rollout.core.plan import Plan
    from rollout.core.traffic import Traffic


@dataclass
class Patient:
    """A stack and its endpoint. What is None couldn't be read; `faults` says why, by the name of the part."""

    root: Path
    stack: StackView | None = None
    sight: Sight | None = None
    usual: Baseline | Thin | Unreadable | None = None
    """What prod did of late; None where there is no prod."""
    faults: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def plan(self) -> Plan | None:
        """The ladder that config has."""
        return self.stack.settings.plan("") if self.stack else None

    @property
    def tier(self) -> Tier | None:
        """Where a comparison's evidence comes from."""
        subject = self.sight.subject if self.sight else None
        return subject.tier(self.stack.settings.comparison.source) if self.stack and subject else None

    @property
    def prod(self) -> tuple[str, int] | None:
        """Prod and its share of live traffic: who the record says, else who has the most."""
        endpoint = self.sight.endpoint.core if self.sight and self.sight.endpoint else None
        if endpoint is None:
            return None
        record = Record.readable(endpoint.tags)
        name = (record.prod if record else None) or _greatest(endpoint.traffic)
        share = endpoint.traffic.get(name, 0) if name else 0
        return (name, share) if name and share else None


def read(name: str | None, root: Path) -> Patient:
    """Return all that can be read."""
    patient = Patient(root)
    try:
        patient.stack = open_stack(name, root)
    except (StackError, ConfigError, AzureFault) as error:
        patient.faults["stack"] = str(error)
        return patient
    try:
        patient.sight = observe.look(patient.stack.arm, patient.stack.place)
    except AzureFault as fault:
        patient.faults["azure"] = str(fault)
        return patient
    patient.usual = _usual(patient)
    return patient


def _usual(patient: Patient) -> Baseline | Thin | Unreadable | None:
    stack, sight, prod, tier, plan = patient.stack, patient.sight, patient.prod, patient.tier, patient.plan
    subject = sight.subject if sight else None
    if not (stack and sight and subject and prod and tier and plan):
        return None
    return measuring.baseline(
        subject,
        BaselineQuestion(prod[0], sight.now - plan.lag),
        tier,
        stack.arm.cloud,
        stack.arm.tokens,
        stages=max(1, plan.compared_stages),
        gates=max(1, plan.compared_gates),
    )


def _greatest(traffic: Traffic) -> str | None:
    return max(traffic, key=lambda name: traffic[name], default=None)
