"""The key `autoscale`: how many instances Azure Monitor may give a deployment, by its load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.autoscale import Autoscale
from rollout.core.config import values

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys
    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Settings

_STANDS_IN = Autoscale(1, 1, 50)


def autoscale(keys: Keys) -> Autoscale | None:
    """Read the key; None where it isn't there."""
    if not keys.has("autoscale"):
        keys.know("autoscale")
        return None
    inner = keys.object("autoscale")
    least = values.whole(1, 50)
    read = Autoscale(
        min=inner.take("min", least, _STANDS_IN.min, required="the least count of instances, such as 2"),
        max=inner.take("max", least, _STANDS_IN.max, required="the most instances, such as 6"),
        cpu=inner.take("cpu", values.whole(10, 90), _STANDS_IN.cpu, required="percent of the processors"),
    )
    inner.finish()
    return read


def rising(settings: Settings, report: Report) -> None:
    """Refuse fewer instances at most than at least."""
    asked = settings.autoscale
    if asked is not None and asked.max < asked.min and report.sound("autoscale.min", "autoscale.max"):
        report.refuse("autoscale.max", asked.max, f"at least min, {asked.min}")
