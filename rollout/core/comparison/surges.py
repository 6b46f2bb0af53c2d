"""What a worse candidate looks like in a block with far more events than usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALWAYS = 1.0
_TIMES = 2.0


def odds_in(odds: Iterable[float], events: float, requests: float, usual: float) -> list[float]:
    """Return what odds ratios come to in a block with so many events among so many requests.

    Both arms count together; `usual` is prod's usual share of events. Up to 1 + 2 usual requests events the
    odds ratios stay as they are. Beyond, what they have above 1 falls as the events rise: a candidate that
    fails two points more has a small odds ratio in an incident in which both arms fail fifteen. Great ones
    would be refuted there, and take back all that was seen before.

    The evidence stays evidence. It is a ratio of chances given both arms' requests and all events of the
    block, with a mean of at most 1 under the null for each odds ratio of at least 1: so also for one that
    depends on nothing but these counts and what was fixed before the first block.
    """
    most = _ALWAYS + _TIMES * usual * requests
    part = most / events if events > most else 1.0
    return [1 + (psi - 1) * part for psi in odds]
