"""What other tools would have done; `docs/benchmark.md` has how their documentation was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.gates.peers.argo import argo
from benchmarks.gates.peers.flagger import flagger
from benchmarks.gates.peers.kayenta import kayenta
from benchmarks.gates.peers.looks import gavi, z_once, z_peeking
from benchmarks.gates.peers.seeds import first_look, until_it_passes

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.gates.outcomes import Outcome
    from benchmarks.gates.traces import Trace

__all__ = ["PEERS"]

PEERS: dict[str, Callable[[Trace, int], Outcome]] = {
    "a1": first_look,
    "a2": until_it_passes,
    "b1": argo,
    "b2": flagger,
    "c": kayenta,
    "n": z_peeking,
    "n1": z_once,
    "v": gavi,
}
"""By the name of its row: given a trace and how many minutes each stage lasts."""
