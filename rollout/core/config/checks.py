"""Rules that concern several keys at once; each is checked where all its keys could be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.config import autoscaling, gate_rules, ladder_rules, promoting
from rollout.core.config.problems import MISSING

if TYPE_CHECKING:
    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Settings


def run(settings: Settings, report: Report) -> None:
    """Report every rule that the settings break."""
    for check in (
        _workspace,
        _code,
        ladder_rules.shares,
        ladder_rules.rising,
        autoscaling.rising,
        ladder_rules.comparable,
        ladder_rules.deadlines,
        gate_rules.names,
        gate_rules.foreign_stages,
        gate_rules.limited,
        ladder_rules.bakes,
        gate_rules.zeros,
        gate_rules.point_limits,
        gate_rules.slacks,
        gate_rules.something_counts,
        promoting.versions,
    ):
        check(settings, report)


def _workspace(settings: Settings, report: Report) -> None:
    workspace = settings.workspace
    if workspace.create and workspace.log_analytics is not None and report.sound("createWorkspace"):
        report.refuse(
            "logAnalyticsWorkspace",
            workspace.log_analytics,
            "only where createWorkspace is false: with true the stack creates its own",
        )


def _code(settings: Settings, report: Report) -> None:
    wanted = settings.deployment
    if not report.sound("code", "scoringScript", "environment"):
        return
    if wanted.code is not None and wanted.scoring_script is None:
        report.refuse("scoringScript", MISSING, f"the file in {wanted.code} that scores, such as score.py")
    if wanted.code is None and wanted.scoring_script is not None:
        report.refuse("code", MISSING, f"the folder that holds {wanted.scoring_script}, such as ml/serving")
    if wanted.environment is None and (wanted.code is not None or wanted.scoring_script is not None):
        report.refuse(
            "environment",
            MISSING,
            "the environment that runs the scoring code, such as azureml:credit-serving:3",
        )
