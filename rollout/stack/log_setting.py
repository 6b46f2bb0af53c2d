"""The endpoint's diagnostic setting of this stack, which sends its logs to Log Analytics.

It comes after the record: where Azure refuses it the run is red, but by then the traffic is moved and
published, and no abort waits for it. The run that makes it gives no candidate traffic, so the log is there
before it is needed. A run that ends red deletes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi
from pulumi_azure_native import monitor

from rollout.azure.errors import ReadError
from rollout.azure.logs import LogWorkspace
from rollout.azure.traffic_log import CATEGORIES
from rollout.core.place import LOGS
from rollout.core.step import StepKind

if TYPE_CHECKING:
    from rollout.core.step import Step
    from rollout.stack.declare import Ground
    from rollout.stack.endpoint import Endpoint
    from rollout.stack.workspace import Workspace

_LOGS = "logs"
"""Its name in the state."""


def check(ground: Ground, step: Step) -> None:
    """Raise the `ReadError` of what this step has to know to make the setting, where it makes one."""
    wanted, logs = _wanted(ground), ground.sight.logs
    if not ground.whole or not _begins(ground, step) or _held(ground):
        return
    if isinstance(wanted, ReadError) and not logs.ours and logs.workspace is None:
        raise wanted
    goes = wanted is not None or ground.settings.workspace.create
    if goes and logs.ours is None and isinstance(logs.workspace, ReadError):
        raise logs.workspace


def destination(ground: Ground, below: Workspace | None) -> pulumi.Input[str] | None:
    """Return the ARM id of the Log Analytics workspace for the logs: `below`'s, or the one that is there.

    None where there is none, or where it can't be read which one it is.
    """
    wanted = _wanted(ground)
    if not ground.whole or isinstance(wanted, ReadError):
        return None
    return below.logs_id if below is not None else wanted


def declare(
    ground: Ground,
    step: Step,
    endpoint: Endpoint,
    logs_id: pulumi.Input[str] | None,
    after: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Declare the setting where it is there already, and where a step begins and nothing sends the log yet.

    Returns it, where it is declared. Where something can't be read that decides how it is to be, what the
    state holds of it stays as it is.

    Args:
        ground: What the graph stands on.
        step: What is done now.
        endpoint: What it belongs to.
        logs_id: Where the logs go: `destination`.
        after: The record.
    """
    wanted, logs = _wanted(ground), ground.sight.logs
    if logs.ours is None or isinstance(wanted, ReadError):
        held = _held(ground)
        return [_setting(ground, endpoint, after, logs_id, CATEGORIES, frozen=True)] if held else []
    if logs_id is None:
        return []
    sent = logs.others.get((wanted or "").lower(), frozenset[str]())
    lacking = tuple(each for each in CATEGORIES if each not in sent)
    if logs.ours:
        frozen = not lacking or _goes_there(ground)
        return [_setting(ground, endpoint, after, logs_id, lacking or CATEGORIES, frozen=frozen)]
    if logs.workspace is None and lacking and _begins(ground, step):
        return [_setting(ground, endpoint, after, logs_id, lacking, frozen=False)]
    return []


def _wanted(ground: Ground) -> str | ReadError | None:
    asked, workspace = ground.settings.workspace.log_analytics, ground.sight.workspace
    if asked is not None or workspace is None:
        return asked
    found = workspace.logs_id
    if isinstance(found, ReadError) and not ground.settings.workspace.create:
        return replace(found, remedy=f"{found.remedy} Or name one in rollout:logAnalyticsWorkspace.".strip())
    return found


def _begins(ground: Ground, step: Step) -> bool:
    return ground.sight.endpoint is None or step.kind is StepKind.START


def _goes_there(ground: Ground) -> bool:
    """Return whether the log goes where config wants it already."""
    asked, log = ground.settings.workspace.log_analytics, ground.sight.log
    return asked is None or (isinstance(log, LogWorkspace) and log.id.lower() == asked.lower())


def _held(ground: Ground) -> bool:
    return _lost(ground) is None


def _lost(ground: Ground) -> str | None:
    return ground.held.taken_over(monitor.DiagnosticSetting, _LOGS, ground.place.logs_id)


def _setting(
    ground: Ground,
    endpoint: Endpoint,
    after: pulumi.Resource,
    logs_id: pulumi.Input[str] | None,
    categories: tuple[str, ...],
    *,
    frozen: bool,
) -> monitor.DiagnosticSetting:
    return monitor.DiagnosticSetting(
        _LOGS,
        name=LOGS,
        resource_uri=ground.place.endpoint_id,
        workspace_id=logs_id,
        logs=[monitor.DiagnosticsLogSettingsArgs(category=each, enabled=True) for each in categories],
        opts=pulumi.ResourceOptions(
            parent=endpoint,
            depends_on=[after],
            deleted_with=endpoint.resource,
            import_=_lost(ground) if ground.sight.logs.ours else None,
            ignore_changes=["*"] if frozen else [],
        ),
    )
