"""What a client of the endpoint counted: the seam between the load's process and the story."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOBODY = "no answer"
"""In place of a deployment's name where no answer named one."""


@dataclass(frozen=True)
class Served:
    """Requests of one deployment, and how many of them weren't answered by a 200."""

    requests: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Tally:
    """All requests up to a moment, by the deployment that answered."""

    served: Mapping[str, Served] = field(default_factory=dict[str, Served])
    statuses: Mapping[str, int] = field(default_factory=dict[str, int])
    p90: Mapping[str, float] = field(default_factory=dict[str, float])
    """Milliseconds of the last seconds' requests, from the time each was due."""

    @property
    def requests(self) -> int:
        """How many were sent and came to an end."""
        return sum(each.requests for each in self.served.values())

    @property
    def failures(self) -> int:
        """How many weren't answered by a 200."""
        return sum(each.failures for each in self.served.values())

    def since(self, earlier: Tally) -> Tally:
        """Return what was counted after an earlier tally of the same client."""
        before = {name: earlier.served.get(name, Served()) for name in self.served}
        served = {
            name: Served(each.requests - before[name].requests, each.failures - before[name].failures)
            for name, each in self.served.items()
        }
        statuses = {name: count - earlier.statuses.get(name, 0) for name, count in self.statuses.items()}
        return Tally(
            {name: each for name, each in served.items() if each.requests},
            {name: count for name, count in statuses.items() if count},
            self.p90,
        )

    def save(self, path: Path) -> None:
        """Write it so that a reader never sees half of it."""
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(self)))
        scratch.replace(path)

    @classmethod
    def load(cls, path: Path) -> Tally:
        """Return what was saved last; nothing where nothing was."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text())
        served = {name: Served(**each) for name, each in found["served"].items()}
        return cls(served, found["statuses"], found["p90"])
