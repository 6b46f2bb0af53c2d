"""The probe: real requests to a candidate at 0 %, before anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.azure.scoring import LONGEST_SECONDS
from rollout.core.probe import check
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from rollout.azure.scoring import Scorer

_PATIENCE = 2.0
"""How many times the allowed latency is waited for an answer; what comes then is too late in any case."""


def probe(
    scorer: Scorer,
    deployment: str,
    body: bytes,
    *,
    max_latency: timedelta,
    expect: object = None,
    path: str = "/score",
    requests: int = 3,
) -> tuple[Verdict, str]:
    """Send so many requests to the deployment, and return what came of them, and why.

    One more goes ahead of them and isn't judged: the first request of a deployment may load what the next
    ones find loaded. The first judged request that isn't answered well ends the probe.
    """
    scorer.score(body, deployment, path=path)
    patience = min(max(max_latency.total_seconds() * _PATIENCE, 1.0), LONGEST_SECONDS)
    slowest = 0.0
    for number in range(1, requests + 1):
        reply = scorer.score(body, deployment, path=path, timeout=patience)
        verdict, reason = check(reply, expect, max_latency)
        if verdict is not Verdict.SUCCESSFUL:
            return verdict, f"request {number} of {requests} to {deployment}: {reason}"
        slowest = max(slowest, reply.seconds)
    limit = max_latency.total_seconds() * 1000
    return Verdict.SUCCESSFUL, (
        f"{requests} of {requests} requests to {deployment} answered as expected, "
        f"the slowest in {slowest * 1000:.0f} ms of at most {limit:g} ms"
    )
