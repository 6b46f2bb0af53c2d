"""What can be wrong, or not, with a candidate and with the world around it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HIGH", "LOW", "MEDIUM", "SCENARIOS", "TRAFFIC", "Scenario", "scenario"]

LOW, MEDIUM, HIGH = 60, 600, 6000
TRAFFIC = (LOW, MEDIUM, HIGH)
"""Requests a minute to the endpoint, on average."""


@dataclass(frozen=True)
class Scenario:
    """One state of the world; `number` is part of every seed, so it never changes."""

    number: int
    name: str
    worse: bool = False
    """Whether the candidate is worse than prod by a gate's margin or more."""
    equal: bool = False
    """Whether both deployments are the same: taking the candidate back is then false."""
    errors: float = 0.005
    """Prod's share of failed requests in the stages; `usual_errors` before them."""
    usual_errors: float | None = None
    more_errors: float = 0.0
    """What the candidate's share has on top."""
    slower: float = 1.0
    """What the candidate's latency is multiplied with."""
    more_tail: float = 0.0
    """How much more of the candidate's requests take four times as long."""
    bursts: bool = False
    """Now and then both deployments fail more and answer slower, for one to three minutes."""
    blips: bool = False
    """Now and then one deployment alone does, for a minute."""
    silent: bool = False
    """No requests at all once the stages begin."""


SCENARIOS = (
    Scenario(0, "AA quiet", equal=True),
    Scenario(1, "AA bursts", equal=True, bursts=True),
    Scenario(2, "AA blips", equal=True, blips=True),
    Scenario(3, "AA both 5 %", equal=True, errors=0.05, usual_errors=0.005),
    Scenario(4, "AA zero errors", equal=True, errors=0.0),
    Scenario(5, "+0.5pp", more_errors=0.005, bursts=True),
    Scenario(6, "+2pp", worse=True, more_errors=0.02, bursts=True),
    Scenario(7, "latency x1.3", worse=True, slower=1.3, bursts=True),
    Scenario(8, "tail-only", worse=True, more_tail=0.05, bursts=True),
    Scenario(9, "no traffic", silent=True),
)


def scenario(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        KeyError: There is none.
    """
    return {each.name: each for each in SCENARIOS}[name]
