"""An event: one transition of a rollout, for people and programs beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollout.core import times
from rollout.core.step import Outcome
from rollout.core.traffic import show

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.core.step import Step

SCHEMA = "rollout/event/v1"
_MARKS = {"abort": "🔴", "promote": "🟢", "undo": "🔴", "reset": "🟠", "adopt": "🟠", "repair": "🟠"}


@dataclass(frozen=True)
class Event:
    """What a `pulumi up` did: a step that changed something, told once it is live and published."""

    stack: str
    endpoint: str
    """Its ARM id."""
    at: datetime
    """When the step was decided, in Azure's time."""
    step: Step
    reason: str
    """What was published as the reason: the step's, or what came of its probe."""

    @property
    def id(self) -> str:
        """The same for the same step of the same stack, so that a receiver can tell what it knows already."""
        said = f"{self.stack}\n{self.endpoint}\n{self.step.kind}\n{times.show_instant(self.at)}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def release(self) -> str | None:
        """The release that it is about: the candidate's, else the one taken back, else prod's."""
        record = self.step.record
        if self.step.outcome is Outcome.TAKEN_BACK:
            return record.failed_release
        return record.release or record.prod_release

    def body(self) -> dict[str, Any]:
        """Return it as JSON: what a webhook is sent, and a line of the event log."""
        record = self.step.record
        return {
            "schema": SCHEMA,
            "id": self.id,
            "at": times.show_instant(self.at),
            "stack": self.stack,
            "endpoint": self.endpoint,
            "step": self.step.kind.value,
            "phase": self.step.published_phase.value,
            "takenBack": self.step.outcome is Outcome.TAKEN_BACK,
            "release": self.release,
            "stage": record.rung if record.candidate is not None else None,
            "prod": record.prod,
            "prodRelease": record.prod_release,
            "candidate": record.candidate,
            "oldProd": record.old_prod,
            "traffic": dict(record.traffic),
            "reason": self.reason,
        }

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(self.body(), ensure_ascii=False)

    def markdown(self) -> str:
        """Return it for the summary of a CI job."""
        as_decided = self.reason == self.step.reason
        mark = _MARKS.get(self.step.kind.value, "🔵" if as_decided else "🟠")
        name = self.endpoint.rpartition("/")[2]
        rows: Mapping[str, str] = {
            "phase": self.step.published_phase.value,
            "release": self.release or "",
            "traffic": show(self.step.record.traffic),
            "at": times.show_instant(self.at),
        }
        lines = "\n".join(f"| {key} | {_cell(value)} |" for key, value in rows.items() if value)
        head = f"### {mark} {self.step.kind}: {_cell(name)} ({_cell(self.stack)})"
        return f"{head}\n\n{_cell(self.reason)}\n\n| | |\n| --- | --- |\n{lines}\n"


def _cell(text: str) -> str:
    """Return a text that stays one cell, and stays text: reasons quote what servers said."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return plain.replace("|", "\\|").replace("`", "'").replace("[", "\\[")
