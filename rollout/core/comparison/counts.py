"""What is counted in a block: events among requests, of both arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rollout.core.comparison.blocks import Arm, Block

P50, P95, P99 = range(3)
LEVELS = (P50, P95, P99)
"""The percentiles of prod's usual latency, as places in `Arm.slow`."""


class Counts(NamedTuple):
    """Events y among n requests, of the candidate (c) and of prod (p)."""

    y_c: int = 0
    n_c: int = 0
    y_p: int = 0
    n_p: int = 0

    @property
    def informs(self) -> bool:
        """Whether there is anything to compare: requests on both sides, and an event on one."""
        return self.n_c > 0 and self.n_p > 0 and self.y_c + self.y_p > 0

    @property
    def candidate_share(self) -> float:
        """The share of the candidate's requests that are events; 0 where there are none."""
        return self.y_c / self.n_c if self.n_c else 0.0

    @property
    def prod_share(self) -> float:
        """The share of prod's requests that are events; 0 where there are none."""
        return self.y_p / self.n_p if self.n_p else 0.0

    def plus(self, other: Counts) -> Counts:
        """Return both together."""
        return Counts(self.y_c + other.y_c, self.n_c + other.n_c, self.y_p + other.y_p, self.n_p + other.n_p)


def errors(block: Block) -> Counts:
    """Return the answers that were not 2xx, among all.

    Raises `ValueError` where a count is negative or there are more events than requests.
    """
    return _counts(
        block,
        Counts(block.candidate.errors, block.candidate.requests, block.prod.errors, block.prod.requests),
    )


def slower(block: Block, level: int) -> Counts:
    """Return the 2xx answers beyond one of prod's usual percentiles, among all 2xx answers.

    Raises `ValueError` where a count is negative or there are more events than answers.
    """
    candidate, prod = block.candidate, block.prod
    return _counts(
        block, Counts(candidate.slow[level], candidate.successes, prod.slow[level], prod.successes)
    )


def percentile(arm: Arm, level: int) -> float | None:
    """Return the milliseconds of an arm's own percentile; None where it wasn't measured."""
    return arm.p50 if level == P50 else arm.p95


def _counts(block: Block, counts: Counts) -> Counts:
    if not (0 <= counts.y_c <= counts.n_c and 0 <= counts.y_p <= counts.n_p):
        raise ValueError(
            f"block {block.at:%H:%M:%S}: candidate {counts.y_c} of {counts.n_c}, "
            f"prod {counts.y_p} of {counts.n_p}: no such counts"
        )
    return counts
