"""The stack's config, as the Pulumi program gets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime import config as runtime_config

from rollout.core.config import salvage
from rollout.stack.files import stack_file, stack_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.config import Salvaged

PREFIX = "rollout:"


def found() -> Salvaged:
    """Return the typed settings of the stack that runs, and all that is wrong with them."""
    raw = {
        key.removeprefix(PREFIX): value
        for key, value in runtime_config.CONFIG.get().items()
        if key.startswith(PREFIX)
    }
    file = stack_file(Path.cwd(), pulumi.get_stack())
    return salvage(raw, file=file.name, stack_keys=stack_keys(file))


def location() -> str | None:
    """Return where new resources go, as the provider is configured."""
    return pulumi.Config("azure-native").get("location")


def subscription() -> str | None:
    """Return the subscription that config names for the provider."""
    return pulumi.Config("azure-native").get("subscriptionId")


def whole() -> Mapping[str, str]:
    """Return all of the stack's config, by whole keys: `azure-native:environment`."""
    return runtime_config.CONFIG.get()
