"""The key `models`: how models get from one workspace to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.config import values

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys

_registry = values.text(
    r"[A-Za-z0-9][A-Za-z0-9_-]{1,32}",
    "the name of an Azure ML registry: 2 to 33 letters, digits, - and _, a letter or digit first",
)


def shared_through(keys: Keys) -> str | None:
    """Return the registry that models are shared through; None where they stay in their workspace."""
    registry = keys.take("share", _registry, None)
    keys.finish()
    return registry
