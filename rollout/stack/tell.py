"""What the program says: the step and its reason, the gates' table, and the stack's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from rollout.core.step import Outcome, Step

if TYPE_CHECKING:
    from rollout.core.gates.judgement import Judgement
    from rollout.core.place import Place


def headline(step: Step) -> str:
    """Return the step in one line."""
    return f"{step.kind}: {step.reason}"


def tell(step: Step, judgement: Judgement | None) -> None:
    """Say the step, and the gates' findings where there are any, in previews and updates alike."""
    say = pulumi.log.warn if step.outcome is not Outcome.FINE else pulumi.log.info
    say(f"{headline(step)} [{step.phase}]")
    if judgement is not None and judgement.findings:
        pulumi.log.info("\n".join(_table(judgement)))


def warn(warning: str | None) -> None:
    """Say a warning, where there is one."""
    if warning is not None:
        pulumi.log.warn(warning)


def export(place: Place, step: Step) -> None:
    """Export what the record says after the step; nothing that changes without one.

    What there isn't is an empty text: a run that ends red drops no output, and would leave the one before.
    """
    record = step.record
    pulumi.export("endpoint", place.endpoint)
    pulumi.export("phase", step.published_phase.value)
    pulumi.export("prodDeployment", record.prod or "")
    pulumi.export("prodRelease", record.prod_release or "")
    pulumi.export("oldProdDeployment", record.old_prod or "")
    pulumi.export("candidateDeployment", record.candidate or "")
    pulumi.export("candidateRelease", record.release or "")
    pulumi.export("failedRelease", record.failed_release or "")
    pulumi.export("traffic", record.routing.show())


def _table(judgement: Judgement) -> list[str]:
    requests = "unknown" if judgement.requests is None else f"{judgement.requests:g}"
    width = max(len(finding.gate) for finding in judgement.findings)
    rows: list[str] = []
    for finding in judgement.findings:
        verdict = f"({finding.verdict})" if finding.dry_run else str(finding.verdict)
        rows.append(f"  {finding.gate:<{width}}  {verdict:<14}  {finding.reason}")
        warnings = finding.compared.warnings if finding.compared else ()
        rows += [f"  {'':<{width}}  {'':<14}  warning: {each}" for each in warnings]
    return [f"gates, {judgement.window.show()}, {requests} requests:", *rows]
