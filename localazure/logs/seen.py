"""Whose rows a query sees: by a Log Analytics workspace, or by a resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.logs.application import COMPONENTS, Component, components, only
from localazure.logs.sources import sources, workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localazure.arm.store import Resource
    from localazure.azure import Azure
    from localazure.logs.tables import Source

__all__ = ["Seen", "of_resource", "of_workspaces"]


@dataclass(frozen=True)
class Seen:
    """What is in the tables of a query.

    Attributes:
        sources: For each table's name the endpoints whose rows are in it.
        components: The Application Insights resources whose traces are seen.
        classic: Whether their tables are also known by their older names.
    """

    sources: Mapping[str, Sequence[Source]]
    components: Sequence[Component] = ()
    classic: bool = False


def of_workspaces(azure: Azure, found: Sequence[Resource]) -> Seen:
    """What is in some Log Analytics workspaces."""
    store = azure.store
    return Seen(sources(store, found, azure.settings.location), components(store, found))


def of_resource(azure: Azure, resource_id: str) -> Seen:
    """A Log Analytics workspace's all; else the logs of what is at or below a resource, wherever they are."""
    store = azure.store
    resource = store.get(resource_id)
    if resource is not None and "customerId" in resource.state:
        return of_workspaces(azure, [resource])
    if resource is not None and resource.type.lower() == COMPONENTS.lower():
        return Seen({}, [only(store, resource)], classic=True)
    return Seen(sources(store, workspaces(store), azure.settings.location, within=resource_id))
