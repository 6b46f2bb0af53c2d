"""Judging a gate with a limit on the number that a KQL query returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.gates.evidence import Table, Unreadable, table_of
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding
from rollout.core.gates.measured import Value, number
from rollout.core.gates.queries import log_query_of
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from rollout.core.gates.bounds import Bounds
    from rollout.core.gates.case import Case
    from rollout.core.gates.fixed import FixedGate


def finding(gate: FixedGate, bounds: Bounds, case: Case) -> Finding:
    """Return what the gate says: Failed where its number is beyond the limits, whatever is missing."""
    found = _nothing(gate, case) or number(gate, case.question, case.evidence)
    verdict, reason, no_data = _verdict(gate, bounds, case, found)
    return Finding(
        gate.name,
        verdict,
        f"{gate.name}: {reason} ({case.where()})",
        found if isinstance(found, float) else None,
        bounds.show(),
        dry_run=gate.dry_run,
        no_data=no_data,
    )


def _nothing(gate: FixedGate, case: Case) -> str | None:
    """Return how the query said that there is nothing to count; None where it said something."""
    table = table_of(log_query_of(gate, case.question), case.evidence)
    if not isinstance(table, Table):
        return None
    if not table.rows:
        return "no row"
    return "null" if all(value is None for row in table.rows for value in row) else None


def _verdict(
    gate: FixedGate, bounds: Bounds, case: Case, found: float | Unreadable | str
) -> tuple[Verdict, str, bool]:
    """Return the verdict, why, and whether there was nothing to judge."""
    if isinstance(found, str):
        if gate.empty is Empty.ABORT:
            return Verdict.FAILED, f"its query returned {found}, and empty is abort", False
        return Verdict.INCONCLUSIVE, f"its query returned {found}: nothing was measured", True
    if isinstance(found, Unreadable):
        return Verdict.ERROR, found.why, False
    said = f"its query returned {found:g}, limit {bounds.show()}"
    if bounds.excess(Value(case.question.window.start, found, found)) > 0:
        return Verdict.FAILED, said, False
    verdict, reason = case.few() or (Verdict.SUCCESSFUL, said)
    return verdict, reason, False
