from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Gap", "Missing", "missing"]

OF = ("metrics", "logs")
KEYS = {"of", "delay", "from", "until", "deployment"}


@dataclass(frozen=True)
class Gap:
    """Data that never shows.

    Attributes:
        since: From when on; None is always.
        until: Until when; None is for ever.
        deployment: Of which; None is all.
    """

    since: datetime | None = None
    until: datetime | None = None
    deployment: str | None = None

    def kept(self, column: str, deployment: str = "DeploymentName") -> str:
        """The SQL condition of what shows, by a column of times and one of deployments."""
        parts = [
            *([f"{column} >= {_sql(self.since)}"] if self.since else []),
            *([f"{column} < {_sql(self.until)}"] if self.until else []),
            *([f"{deployment} = {_text(self.deployment)}"] if self.deployment else []),
        ]
        return f"NOT ({' AND '.join(parts) or 'TRUE'})"


@dataclass(frozen=True)
class Missing:
    """What doesn't show though it should: later than usual, or never.

    Attributes:
        of: `metrics` or `logs`; None is both.
    """

    of: str | None
    delay: timedelta
    gap: Gap | None


def missing(spec: Mapping[str, Any]) -> Missing:
    """Read what is ordered.

    Raises:
        ValueError: It isn't right; the text names the key.
    """
    if unknown := sorted(set(spec) - KEYS):
        raise ValueError(f"data: unknown {', '.join(unknown)}; known: {', '.join(sorted(KEYS))}")
    if spec.get("of") not in {None, *OF}:
        raise ValueError(f"data: of is {spec['of']!r}: give {' or '.join(OF)}")
    delay = timedelta(seconds=float(spec.get("delay", 0)))
    if delay < timedelta(0) or ("delay" not in spec and not {"from", "until", "deployment"} & set(spec)):
        raise ValueError("data: give a delay in local seconds, or from, until or deployment of a gap")
    gap = Gap(_time(spec.get("from")), _time(spec.get("until")), spec.get("deployment"))
    return Missing(spec.get("of"), delay, None if gap == Gap() else gap)


def _time(text: Any) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(f"data: {text!r} has no time zone: end it in Z")
    return at


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _sql(at: datetime) -> str:
    return f"TIMESTAMP '{at.astimezone(UTC).replace(tzinfo=None)}'"
