"""The resource types that behave like Azure's, one file each; all others are a plain store.

Endpoints and deployments aren't in `KINDS`: the plane has them by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.arm.types.alert_rules import KINDS as ALERTING
from localazure.arm.types.assets import CONTAINERS, VERSIONS
from localazure.arm.types.datastores import Datastores
from localazure.arm.types.dependencies import (
    AutoscaleSettings,
    Components,
    ContainerRegistries,
    DiagnosticSettings,
    KeyVaults,
    LogWorkspaces,
)
from localazure.arm.types.groups import ResourceGroups
from localazure.arm.types.registries import KINDS as REGISTRY
from localazure.arm.types.storage import StorageAccounts, StorageContainers
from localazure.arm.types.workspaces import Workspaces

if TYPE_CHECKING:
    from localazure.arm.kind import Kind

__all__ = ["KINDS"]

KINDS: tuple[type[Kind], ...] = (
    ResourceGroups,
    Workspaces,
    Datastores,
    *CONTAINERS,
    *VERSIONS,
    *REGISTRY,
    StorageAccounts,
    StorageContainers,
    KeyVaults,
    LogWorkspaces,
    Components,
    ContainerRegistries,
    DiagnosticSettings,
    AutoscaleSettings,
    *ALERTING,
)
