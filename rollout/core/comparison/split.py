"""Whether the traffic splits as the endpoint was told to."""

from __future__ import annotations

import math

from rollout.core.comparison.logspace import log_beta

_PRIOR_WEIGHT = 100
_BOUND = math.log(1000)


def mismatched(n_c: int, n_p: int, share: float) -> bool:
    """Return whether the requests contradict the candidate's expected share, by evidence of 1000 to 1.

    A beta mixture around the expected share over the binomial likelihood at it, so it may be asked at every
    block: requests that are routed one by one contradict it at some time in one of 1000 stages at most.
    """
    if not 0 < share < 1:
        return False
    a, b = _PRIOR_WEIGHT * share, _PRIOR_WEIGHT * (1 - share)
    mixed = log_beta(a + n_c, b + n_p) - log_beta(a, b)
    return mixed - n_c * math.log(share) - n_p * math.log1p(-share) >= _BOUND
