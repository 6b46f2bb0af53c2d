"""Where the traffic log of an endpoint goes: by any of its diagnostic settings, ours or somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids
from rollout.azure.body import mapping
from rollout.azure.errors import ReadError, Unintelligible
from rollout.azure.logs import LogWorkspace
from rollout.core.gates.kql import TABLE
from rollout.core.place import LOGS

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

_MONITOR_API = "2021-05-01-preview"
_LOGS_API = "2023-09-01"


@dataclass(frozen=True)
class LogSettings:
    """What the diagnostic settings of an endpoint say."""

    ours: bool = False
    """Whether the stack's own is among them."""
    workspace: LogWorkspace | ReadError | None = None
    """Where the traffic log goes; None where it goes to no workspace that is there.

    A workspace that can't be read is no reason to read nothing at all: an abort needs no measurements.
    """


def read_log_settings(arm: Arm, endpoint_id: str) -> LogSettings:
    """Return what the diagnostic settings say, ours first; nothing where there is no endpoint.

    A workspace that is gone gets no log. Raises `ReadError` where the settings can't be read.
    """
    what = f"the diagnostic settings of {ids.name_of(endpoint_id)}"
    listed = arm.get(
        f"{endpoint_id}/providers/Microsoft.Insights/diagnosticSettings", _MONITOR_API, what=what
    ).body
    if listed is None:
        return LogSettings()
    value = listed.get("value")
    if not isinstance(value, list):
        raise Unintelligible(what, "the answer is no list: it has no `value`")
    named = {str(mapping(each).get("name")).casefold(): mapping(each) for each in cast("list[object]", value)}
    names = sorted(named, key=lambda name: (name != LOGS, name))
    workspaces = dict.fromkeys(filter(None, (_workspace_of(named[name]) for name in names)))
    found = (_read_workspace(arm, each) for each in workspaces)
    return LogSettings(LOGS in named, next(filter(None, found), None))


def _workspace_of(setting: dict[str, Any]) -> str | None:
    """Return the ARM id of the workspace that the setting sends the traffic log to."""
    properties = mapping(setting.get("properties"))
    listed = properties.get("logs")
    logs = [mapping(each) for each in cast("list[object]", listed)] if isinstance(listed, list) else []
    sent = any(
        each.get("enabled") is True
        and (each.get("category") == TABLE or each.get("categoryGroup") == "allLogs")
        for each in logs
    )
    workspace = properties.get("workspaceId")
    return workspace if sent and isinstance(workspace, str) and workspace else None


def _read_workspace(arm: Arm, workspace_id: str) -> LogWorkspace | ReadError | None:
    what = f"the Log Analytics workspace {ids.name_of(workspace_id)}"
    try:
        body = arm.get(workspace_id, _LOGS_API, what=what).body
    except ReadError as fault:
        return fault
    except ValueError as error:
        return Unintelligible(what, str(error))
    if body is None:
        return None
    customer = mapping(body.get("properties")).get("customerId")
    if not isinstance(customer, str) or not customer:
        return Unintelligible(what, f"its customerId is {customer!r}")
    return LogWorkspace(customer, workspace_id)
