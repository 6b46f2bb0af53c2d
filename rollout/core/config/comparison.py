"""Gates with `compare`, and the key `comparison` that holds what they have in common."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rollout.core import times
from rollout.core.comparison.blocks import Tier
from rollout.core.config import values
from rollout.core.config.problems import NotAllowedError
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.core.config.keys import Keys
    from rollout.core.config.problems import Report

MARGINS = {Measure.ERRORS: 0.01, Measure.LATENCY: 0.025}
"""The margins where config says none, as shares."""

SLACK = 0.10
"""How much slower the candidate may be for free where config doesn't say."""

_MINUTE = timedelta(minutes=1)
_BLOCKS = {seconds * timedelta(seconds=1): f"{seconds}s" for seconds in (10, 15, 20, 30)} | {_MINUTE: "1m"}


class Other(StrEnum):
    """Whom the candidate is compared with."""

    PROD = "prod"


class Source(StrEnum):
    """Where the measurements of a comparison come from."""

    AUTO = "auto"
    """Logs where the endpoint's traffic log goes to Log Analytics, else metrics."""
    LOGS = "logs"
    METRICS = "metrics"

    @property
    def tier(self) -> Tier | None:
        """The source as the comparison has it; None: it is found out at each look."""
        return None if self is Source.AUTO else Tier(self.value)


def comparative(keys: Keys) -> tuple[ComparativeGate, Source]:
    """Read one gate that compares, and its source."""
    name = keys.take("name", values.gate_name, "", required="a name for the gate, such as errors-vs-prod")
    keys.take("compare", values.choice(Other), Other.PROD)
    measure = keys.take(
        "measure", values.choice(Measure), Measure.LATENCY, required="what is compared: errors or latency"
    )
    margin = keys.take("margin", values.percentage_points(0.01, 50), MARGINS[measure])
    slack = SLACK
    if measure is Measure.LATENCY:
        slack = keys.take("slack", values.percent(0, 300), SLACK)
    source = keys.take("source", values.choice(Source), Source.AUTO)
    dry_run = keys.take("dryRun", values.flag, default=False)
    keys.finish()
    return ComparativeGate(name, measure, margin, slack, dry_run), source


def one_source(sources: Iterable[Source | None], report: Report) -> Source | None:
    """Return the source of all gates that compare, which must be one; None where no gate does.

    `sources` has an entry a gate, None for one that doesn't compare.
    """
    found: Source | None = None
    first = 0
    for index, source in enumerate(sources):
        path = f"gates[{index}].source"
        if source is None or not report.sound(path):
            continue
        if found is None:
            found, first = source, index
        elif source is not found:
            report.refuse(path, source.value, f"{found.value} as in gates[{first}], for all that compare")
    return found


def comparison(keys: Keys, source: Source | None) -> ComparisonSettings:
    """Read what all gates that compare have in common; their source is written at the gates."""
    default = ComparisonSettings()
    block = keys.take("block", _block, default.block)
    if block != default.block and source is not Source.LOGS and keys.report.sound("gates"):
        keys.report.refuse(
            keys.at("block"),
            times.show_duration(block),
            "1m, except with source: logs where gates compare",
        )
    minutes = keys.take("minMinutes", values.whole(1, 1440), default.min_blocks)
    read = ComparisonSettings(
        source=source.tier if source else None,
        alpha=keys.take("alpha", values.percent(0.1, 20), default.alpha),
        beta=keys.take("beta", values.percent(0.1, 20), default.beta),
        min_requests=keys.take("minRequests", values.whole(1), default.min_requests),
        min_blocks=minutes * _MINUTE // block,
        block=block,
    )
    keys.finish()
    return read


def _block(value: Any) -> timedelta:
    try:
        found = times.parse_duration(value if isinstance(value, str) else "")
    except (ValueError, OverflowError):
        found = timedelta(0)
    if found not in _BLOCKS:
        raise NotAllowedError(", ".join(_BLOCKS.values()))
    return found
