"""A stack's config: `read` makes typed `Settings` of it, or raises `ConfigError` with all that is wrong."""

from rollout.core.config.problems import ConfigError, Problem
from rollout.core.config.reading import Salvaged, read, salvage
from rollout.core.config.settings import (
    Auth,
    DeploymentSettings,
    EndpointSettings,
    LadderSettings,
    ProbeSettings,
    PublicAccess,
    Settings,
    WorkspaceSettings,
)

__all__ = [
    "Auth",
    "ConfigError",
    "DeploymentSettings",
    "EndpointSettings",
    "LadderSettings",
    "ProbeSettings",
    "Problem",
    "PublicAccess",
    "Salvaged",
    "Settings",
    "WorkspaceSettings",
    "read",
    "salvage",
]
