from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localazure.arm.store import Store
    from localazure.clock import Clock
    from localazure.identity import Tokens
    from localazure.monitor.rows import Rows
    from localazure.serving.pool import Serving
    from localazure.settings import Settings

__all__ = ["Azure"]


@dataclass
class Azure:
    """Everything a request handler needs; there is one per daemon."""

    settings: Settings
    clock: Clock
    store: Store
    tokens: Tokens
    serving: Serving
    rows: Rows
