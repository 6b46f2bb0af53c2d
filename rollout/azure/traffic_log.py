"""Where the traffic log of an endpoint goes: by any of its diagnostic settings, ours or somebody else's."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids, spared
from rollout.azure.body import mapping
from rollout.azure.errors import ReadError, Unintelligible
from rollout.azure.logs import LogWorkspace
from rollout.core.gates.kql import TABLE
from rollout.core.place import LOGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.azure.arm import Arm

CATEGORIES = (TABLE, "AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog")
"""The log categories of an online endpoint, as Azure Monitor names them."""
_MONITOR_API = "2021-05-01-preview"
_LOGS_API = "2023-09-01"


@dataclass(frozen=True)
class LogSettings:
    """What the diagnostic settings of an endpoint say.

    Settings, or a workspace, that can't be read are no reason to read nothing at all: an abort needs no
    measurements.
    """

    ours: bool | None = False
    """Whether the stack's own is among them; None where they can't be read."""
    workspace: LogWorkspace | ReadError | None = None
    """Where the traffic log goes; None where it goes to no workspace that is there."""
    others: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The categories that settings of other names send, by the ARM id of the workspace in lower case.

    Azure takes no second setting that sends one of them there: it answers 409.
    """


def read_log_settings(arm: Arm, endpoint_id: str) -> LogSettings:
    """Return what the diagnostic settings say, ours first; nothing where there is no endpoint.

    A workspace that is gone gets no log.
    """
    what = f"the diagnostic settings of {ids.name_of(endpoint_id)}"
    try:
        settings = _listed(arm, endpoint_id, what)
    except ReadError as fault:
        return LogSettings(ours=None, workspace=fault)
    named = {str(each.get("name")).casefold(): each for each in settings}
    names = sorted(named, key=lambda name: (name != LOGS, name))
    sent = {name: _sent(named[name]) for name in names}
    workspaces = dict.fromkeys(workspace for workspace, categories in sent.values() if TABLE in categories)
    others: dict[str, frozenset[str]] = {}
    for name, (workspace, categories) in sent.items():
        if name != LOGS and categories:
            others[workspace.lower()] = others.get(workspace.lower(), frozenset()) | categories
    found = (_read_workspace(arm, each) for each in workspaces)
    return LogSettings(LOGS in named, next(filter(None, found), None), others)


def _listed(arm: Arm, endpoint_id: str, what: str) -> list[dict[str, Any]]:
    path = f"{endpoint_id}/providers/Microsoft.Insights/diagnosticSettings"
    listed = arm.get(path, _MONITOR_API, what=what).body
    if listed is None:
        return []
    value = listed.get("value")
    if not isinstance(value, list):
        raise Unintelligible(what, "the answer is no list: it has no `value`")
    return [mapping(each) for each in cast("list[object]", value)]


def _sent(setting: dict[str, Any]) -> tuple[str, frozenset[str]]:
    """Return the ARM id of the workspace that the setting sends logs to, and the categories that it sends."""
    properties = mapping(setting.get("properties"))
    workspace, listed = properties.get("workspaceId"), properties.get("logs")
    if not isinstance(workspace, str) or not workspace or not isinstance(listed, list):
        return "", frozenset()
    logs = [mapping(each) for each in cast("list[object]", listed)]
    enabled = [each for each in logs if each.get("enabled") is True]
    if any(each.get("categoryGroup") == "allLogs" for each in enabled):
        return workspace, frozenset(CATEGORIES)
    return workspace, frozenset(str(each["category"]) for each in enabled if each.get("category"))


def _read_workspace(arm: Arm, workspace_id: str) -> LogWorkspace | ReadError | None:
    what = f"the Log Analytics workspace {ids.name_of(workspace_id)}"
    body = spared.read(arm, workspace_id, _LOGS_API, what=what)
    if body is None or isinstance(body, ReadError):
        return body
    customer = mapping(body.get("properties")).get("customerId")
    if not isinstance(customer, str) or not customer:
        return Unintelligible(what, f"its customerId is {customer!r}")
    return LogWorkspace(customer, workspace_id)
