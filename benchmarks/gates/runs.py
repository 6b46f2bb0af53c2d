"""One trace at a time, judged by all: a single stage, or a whole rollout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.gates.cells import sample
from benchmarks.gates.ours import TIERS, follow
from benchmarks.gates.peers import PEERS
from benchmarks.gates.scenarios import SCENARIOS
from benchmarks.gates.traces import trace

if TYPE_CHECKING:
    from benchmarks.gates.cells import Sample

__all__ = ["STAGE_MINUTES", "Chunk", "run"]

STAGE_MINUTES = 30
"""How long a peer watches a stage, and ours too in the single stage."""
MAX_WAIT = 60
"""How long ours may watch a stage of a whole rollout."""
WHOLE = (10, 50)
PEERS_OF_WHOLE = ("a1", "a2", "b1", "b2", "c", "n", "v")


@dataclass(frozen=True)
class Chunk:
    """Some repetitions of one scenario at one rate."""

    table: str
    """`single` or `whole`."""
    scenario: int
    rpm: int
    reps: range
    seed: int
    peers: bool = True


def run(chunk: Chunk) -> dict[str, list[Sample]]:
    """What each method made of each of the traces."""
    judge = _single if chunk.table == "single" else _whole
    found: dict[str, list[Sample]] = {}
    for rep in chunk.reps:
        for method, outcome in judge(chunk, rep).items():
            found.setdefault(method, []).append(outcome)
    return found


def _single(chunk: Chunk, rep: int) -> dict[str, Sample]:
    made = trace(SCENARIOS[chunk.scenario], chunk.rpm, rep, WHOLE[:1], minutes=STAGE_MINUTES, seed=chunk.seed)
    peers = PEERS if chunk.peers else {}
    found = {name: sample(peer(made, STAGE_MINUTES), made) for name, peer in peers.items()}
    return found | {
        name: sample(follow(made, tier, STAGE_MINUTES).hold, made) for name, tier in TIERS.items()
    }


def _whole(chunk: Chunk, rep: int) -> dict[str, Sample]:
    made = trace(SCENARIOS[chunk.scenario], chunk.rpm, rep, WHOLE, minutes=MAX_WAIT, seed=chunk.seed)
    peers = PEERS_OF_WHOLE if chunk.peers else ()
    found = {name: sample(PEERS[name](made, STAGE_MINUTES), made) for name in peers}
    for name, tier in TIERS.items():
        both = follow(made, tier, MAX_WAIT)
        found[f"{name} hold"] = sample(both.hold, made)
        found[f"{name} advance"] = sample(both.advance, made)
    return found
