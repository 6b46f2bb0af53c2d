"""Where an abort goes when config can't tell: to the endpoint that the stack's state holds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.azure.errors import Missing
from rollout.core.config import EndpointSettings, WorkspaceSettings
from rollout.stack import remembered
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.core.config import ConfigError, Salvaged, Settings

_PLACE = frozenset({"resourceGroup", "workspace", "createWorkspace", "endpoint"})
_ENDPOINT = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/onlineEndpoints/([^/]+)",
    re.IGNORECASE,
)


def rescued(found: Salvaged, error: ConfigError, stack: str, root: Path) -> tuple[Settings, str | None]:
    """Return settings whose place can be relied on, and the subscription where the state had to tell.

    Everything else in them may be a stand-in. Raises `error`, which is what is wrong with config, where the
    state can't tell either.
    """
    if not found.unread & _PLACE:
        return found.settings, None
    try:
        held = remembered.read(stack, root)
    except StackError:
        raise error from None
    place = _ENDPOINT.fullmatch(held.endpoint_id or "")
    if place is None:
        raise error
    subscription, group, workspace, endpoint = place.groups()
    settings = replace(
        found.settings,
        workspace=WorkspaceSettings(group, workspace, create=held.has_workspace),
        endpoint=EndpointSettings(endpoint, found.settings.endpoint.auth),
    )
    return settings, subscription


def same_subscription(settings: Settings, told: str | None, here: str, configured: str | None) -> None:
    """Raise `Missing` where the state has the endpoint in another subscription than the provider works in.

    Args:
        settings: Name the endpoint.
        told: The subscription that the state had to tell, if any.
        here: The provider's.
        configured: What `azure-native:subscriptionId` says, which goes before the environment.
    """
    if told is None or told.lower() == here.lower():
        return
    command = f"ARM_SUBSCRIPTION_ID={told} pulumi up"
    if configured:
        command = f"pulumi config set azure-native:subscriptionId {told}"
    raise Missing(
        f"the endpoint {settings.endpoint.name}",
        f"the stack's state has it in the subscription {told}, and this run works in {here}",
        f"For the abort: `{command}`.",
    )
