from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from localazure.durable import write

__all__ = ["DEFAULT_PORT", "MERGES", "Settings", "default_home"]

SUBSCRIPTION = "10ca1a2e-0000-4000-8000-000000000001"
OTHER_SUBSCRIPTION = "10ca1a2e-0000-4000-8000-000000000004"
TENANT = "10ca1a2e-0000-4000-8000-000000000002"
CLIENT = "10ca1a2e-0000-4000-8000-000000000003"
DELAYS = ("metric_delay", "log_delay")
DEFAULT_PORT = 8443
MERGES = ("average", "sum")


def default_home() -> Path:
    """The state folder: `$LOCALAZURE_HOME`, else `./.local/azure`."""
    return Path(os.environ.get("LOCALAZURE_HOME") or ".local/azure").resolve()


@dataclass(frozen=True)
class Settings:
    """What one local Azure is: where its state is, where it listens, whose it is.

    Attributes:
        home: The state folder, absolute.
        port: The loopback port of the HTTPS listener.
        host: The name clients use for it; the certificate carries it.
        subscription: The id of the subscription that `localazure env` hands out.
        other_subscription: The id of a second one, for what spans two.
        tenant: The id of its one Entra tenant.
        client: The client id that `localazure env` hands out.
        location: The region of everything in it.
        metric_delay: Local time after which a request shows in metrics.
        log_delay: Local time after which a row shows in Log Analytics.
        requests_per_minute: What RequestsPerMinute of merged series is: the `average` of their samples, or
            the `sum`.
        operation_seconds: Local seconds that a long-running operation takes at least.
        most_endpoints: How many online endpoints a subscription may have; 100 is Azure's limit.
        most_instances: How many instances all deployments together may ask for, as a quota; None: any number.
        stand_ins: Environment name to the conda file that its deployments are served with instead of theirs.
    """

    home: Path
    port: int
    host: str = "localhost"
    subscription: str = SUBSCRIPTION
    other_subscription: str = OTHER_SUBSCRIPTION
    tenant: str = TENANT
    client: str = CLIENT
    location: str = "eastus"
    metric_delay: timedelta = field(default=timedelta(seconds=60))
    log_delay: timedelta = field(default=timedelta(seconds=60))
    requests_per_minute: str = "average"
    operation_seconds: float = 1.0
    most_endpoints: int = 100
    most_instances: int | None = None
    stand_ins: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if self.requests_per_minute not in MERGES:
            raise ValueError(
                f"requests_per_minute is {self.requests_per_minute!r}: give {' or '.join(MERGES)}"
            )

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The ids of all its subscriptions."""
        return (self.subscription, self.other_subscription)

    @property
    def base_url(self) -> str:
        """The address of everything, without a slash at its end."""
        return f"https://{self.host}:{self.port}"

    def save(self) -> None:
        """Keep these settings in the state folder, for the next start."""
        kept: dict[str, Any] = asdict(self) | {name: getattr(self, name).total_seconds() for name in DELAYS}
        del kept["home"]
        write(self.home / "settings.json", json.dumps(kept, indent=1).encode() + b"\n")

    @classmethod
    def load(cls, home: Path) -> Settings | None:
        """The settings kept in a state folder, or None where there are none.

        Raises:
            ValueError: The file is there but is not what `save` wrote.
        """
        path = home / "settings.json"
        if not path.exists():
            return None
        try:
            kept: dict[str, Any] = json.loads(path.read_text())
            delays: dict[str, Any] = {name: timedelta(seconds=kept[name]) for name in DELAYS if name in kept}
            kept |= delays
            return cls(home=home, **kept)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"{path} can't be read ({error}): delete it, then run `localazure up`"
            ) from error
