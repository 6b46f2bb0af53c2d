"""Which endpoints' logs a Log Analytics workspace gets: what diagnostic settings have said so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localazure.arm.body import part
from localazure.logs.tables import TABLES, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localazure.arm.body import JSON
    from localazure.arm.store import Resource, Store

__all__ = ["CATEGORIES", "is_endpoint", "sources", "started", "stopped", "workspaces"]

LOG_WORKSPACES = "Microsoft.OperationalInsights/workspaces"
CATEGORIES = tuple(table.name for table in TABLES)
SPELLS = "spells"


def is_endpoint(resource_id: str) -> bool:
    """Whether an id is an online endpoint's."""
    return resource_id.lower().rpartition("/")[0].endswith("/onlineendpoints")


def started(store: Store, setting: Resource, now: datetime) -> None:
    """Begin what a setting sends, and end what it no longer sends."""
    wanted = _wanted(setting)
    target = (part(setting.body, "properties").get("workspaceId") or "").lower()
    _end(store, setting, now, but={(target, category) for category in wanted})
    workspace = store.get(target) if target else None
    if workspace is None:
        return
    spells = _spells(workspace)
    going = {each["category"] for each in spells if each["setting"] == setting.key and not each["until"]}
    new: list[JSON] = [
        {"setting": setting.key, "category": each, "since": now.isoformat(), "until": None}
        for each in wanted
        if each not in going
    ]
    if new:
        _keep(store, workspace, [*spells, *new])


def stopped(store: Store, setting: Resource, now: datetime) -> None:
    """End what a setting sends; what it has sent stays."""
    _end(store, setting, now, but=set())


def workspaces(store: Store) -> list[Resource]:
    """Every Log Analytics workspace."""
    return store.of_type(LOG_WORKSPACES)


def sources(
    store: Store, wanted: Sequence[Resource], location: str, within: str = ""
) -> dict[str, list[Source]]:
    """For each table the endpoints whose rows are in some workspaces.

    Args:
        store: ARM's.
        wanted: The workspaces.
        location: The region of everything.
        within: Only endpoints at or below this id.
    """
    found: dict[str, list[Source]] = {}
    for workspace in wanted:
        grouped: dict[tuple[str, str], list[tuple[datetime, datetime | None]]] = {}
        for each in _spells(workspace):
            endpoint = each["setting"].rsplit("/providers/", 1)[0]
            if _at_or_below(endpoint, within):
                until = datetime.fromisoformat(each["until"]) if each["until"] else None
                spell = (datetime.fromisoformat(each["since"]), until)
                grouped.setdefault((each["category"], endpoint), []).append(spell)
        for (category, endpoint), spells in grouped.items():
            resource = store.get(endpoint)
            parent = store.get(endpoint.rsplit("/", 2)[0])
            guid = parent.state.get("workspaceId", "") if parent else ""
            source = Source(
                workspace.state["customerId"],
                resource.id if resource else endpoint,
                str(guid),
                location,
                tuple(spells),
            )
            found.setdefault(category, []).append(source)
    return found


def _at_or_below(endpoint: str, within: str) -> bool:
    return not within or f"{endpoint}/".startswith(f"{within.lower().rstrip('/')}/")


def _wanted(setting: Resource) -> list[str]:
    if not is_endpoint(setting.key.rsplit("/providers/", 1)[0]):
        return []
    wanted: list[str] = []
    logs: list[JSON] = part(setting.body, "properties").get("logs") or []
    for log in logs:
        if log.get("enabled"):
            group = str(log.get("categoryGroup") or "").lower()
            wanted += CATEGORIES if group in {"alllogs", "audit"} else [str(log.get("category"))]
    return list(dict.fromkeys(wanted))


def _end(store: Store, setting: Resource, now: datetime, but: set[tuple[str, str]]) -> None:
    for workspace in workspaces(store):
        spells = _spells(workspace)
        ended = [
            each | {"until": now.isoformat()}
            if each["setting"] == setting.key
            and not each["until"]
            and (workspace.key, each["category"]) not in but
            else each
            for each in spells
        ]
        if ended != spells:
            _keep(store, workspace, ended)


def _spells(workspace: Resource) -> list[dict[str, Any]]:
    return workspace.state.get(SPELLS) or []


def _keep(store: Store, workspace: Resource, spells: list[dict[str, Any]]) -> None:
    store.put(replace(workspace, state=workspace.state | {SPELLS: spells}))
