"""What a check came to, as the plain data that `--json` prints and reports are drawn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.blocks import Tier
from rollout.core.gates.comparative import ComparativeGate, Measure
from rollout.core.gates.fixed import FixedGate
from rollout.core.judging import stage_opened
from rollout.core.traffic import WHOLE
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.azure.assess import Assessment
    from rollout.cli.alone import Result
    from rollout.core.gates.judgement import Compared, Finding, Line
    from rollout.core.window import Window
    from rollout.report import schema

_POINTS = 100
"""Percentage points in a whole."""


def of_alone(result: Result) -> schema.Report:
    """Return the report of a check that stands alone."""
    asked, finding = result.asked, result.finding
    return {
        "stack": None,
        "endpoint": asked.name,
        "deployment": asked.deployment,
        "prod": None,
        "at": times.show_instant(result.now) if result.now else None,
        "verdict": str(finding.verdict),
        "reason": finding.reason,
        "stage": None,
        "past": [],
        "window": _span(result.window) if result.window else None,
        "tier": None,
        "requests": result.requests,
        "gates": [gate(finding, asked.gate, WHOLE)],
        "next": None,
    }


def of_stack(
    found: Assessment, stack: str, endpoint: str, gates: Iterable[FixedGate | ComparativeGate]
) -> schema.Report:
    """Return the report of a stack's rollout; where nothing is judged now it is Inconclusive and says so."""
    judgement, record = found.judgement, found.record
    if judgement is None:
        return _nothing(found, stack, endpoint)
    at = record.stage if record.stage is not None else WHOLE
    own = {each.name: each for each in gates}
    compares = any(isinstance(each, ComparativeGate) for each in own.values())
    return {
        "stack": stack,
        "endpoint": endpoint,
        "deployment": record.candidate or record.prod,
        "prod": record.prod if record.candidate else None,
        "at": times.show_instant(found.seen.now),
        "verdict": str(judgement.verdict),
        "reason": judgement.reason,
        "stage": _stage(found),
        "past": _past(found),
        "window": _span(judgement.window),
        "tier": found.tier.value if found.tier and compares else None,
        "requests": judgement.requests,
        "gates": [gate(finding, own.get(finding.gate), at) for finding in judgement.findings],
        "next": {"step": found.step.kind.value, "reason": found.step.reason},
    }


def gate(finding: Finding, own: FixedGate | ComparativeGate | None, stage: int) -> schema.Gate:
    """Return what one gate came to; `own` is the gate, for its limits at that stage."""
    compared = finding.compared
    fixed = own if isinstance(own, FixedGate) else None
    return {
        "name": finding.gate,
        "kind": "fixed" if fixed else "comparison",
        "verdict": str(finding.verdict),
        "dryRun": finding.dry_run,
        "noData": finding.no_data,
        "reason": finding.reason,
        "value": _finite(finding.value),
        "limit": finding.limit,
        "unit": finding.unit,
        "lineUnit": _line_unit(finding, own),
        "bounds": {"min": fixed.min.at(stage), "max": fixed.max.at(stage)} if fixed else None,
        "margin": _margin(compared) if compared else None,
        "evidence": _evidence(compared) if compared else None,
        "eta": times.show_duration(compared.eta) if compared and compared.eta is not None else None,
        "requests": _arms(compared.candidate_requests, compared.prod_requests) if compared else None,
        "events": _arms(compared.candidate_events, compared.prod_events) if compared else None,
        "lines": [{"name": line.name, "points": _points(line)} for line in finding.lines],
        "worst": _worst(compared) if compared else [],
        "warnings": list(compared.warnings) if compared else [],
    }


def _line_unit(finding: Finding, own: FixedGate | ComparativeGate | None) -> str:
    """Return the unit of what a gate measured: a comparison's is a share, or of metrics the P95."""
    if finding.compared is None or isinstance(own, FixedGate):
        return finding.unit
    by_metrics = finding.compared.tier is Tier.METRICS
    return "ms" if by_metrics and own is not None and own.measure is Measure.LATENCY else "share"


def _nothing(found: Assessment, stack: str, endpoint: str) -> schema.Report:
    step = found.step
    reason = f"nothing is judged now; the next `pulumi up` would {step.kind.value}: {step.reason}"
    return {
        "stack": stack,
        "endpoint": endpoint,
        "deployment": found.record.candidate or found.record.prod,
        "prod": found.record.prod if found.record.candidate else None,
        "at": times.show_instant(found.seen.now),
        "verdict": str(Verdict.INCONCLUSIVE),
        "reason": reason,
        "stage": None,
        "past": [],
        "window": None,
        "tier": None,
        "requests": None,
        "gates": [],
        "next": {"step": step.kind.value, "reason": step.reason},
    }


def _stage(found: Assessment) -> schema.Stage | None:
    record = found.record
    if record.stage is None:
        return None
    since = times.show_instant(stage_opened(record, found.seen))
    return {"traffic": record.stage, "mirror": record.mirror, "since": since, "until": None}


def _past(found: Assessment) -> list[schema.Stage]:
    return [
        {
            "traffic": each.traffic,
            "mirror": each.mirror,
            "since": times.show_instant(each.window.start),
            "until": times.show_instant(each.window.end),
        }
        for each in found.record.past
    ]


def _span(window: Window) -> schema.Span:
    return {"start": times.show_instant(window.start), "end": times.show_instant(window.end)}


def _margin(compared: Compared) -> schema.Margin:
    certified = _finite(compared.certified)
    return {
        "allowed": round(compared.allowed * _POINTS, 6),
        "certified": None if certified is None else round(certified * _POINTS, 6),
    }


def _evidence(compared: Compared) -> schema.Evidence:
    points = _points(compared.evidence)
    return {"log10": points[-1][1] if points else None, "bound": compared.bound, "points": points}


def _worst(compared: Compared) -> list[schema.Worst]:
    return [{"at": times.show_instant(at), "log10": log10} for at, log10 in compared.worst]


def _arms(candidate: int, prod: int) -> schema.Arms:
    return {"candidate": candidate, "prod": prod}


def _points(line: Line) -> schema.Points:
    return [(times.show_instant(at), _finite(value)) for at, value in line.points]


def _finite(value: float | None) -> float | None:
    """Return a number that JSON has: what isn't finite is no measurement."""
    return value if value is not None and math.isfinite(value) else None
