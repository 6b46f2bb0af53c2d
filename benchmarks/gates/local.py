"""One look at each trace through a local Azure: the project's own queries, clients and reading of answers.

The first trace of each scenario and rate is put into a local Azure's request log. What the project then asks
Azure Monitor and Log Analytics, and makes of the answers, is compared with judging the trace in process.

    python -m benchmarks.gates.local SEED HOME    # in the environment that `localazure env` prints
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.gates.blocks import baseline, blocks
from benchmarks.gates.ours import GATES, SETTINGS, STAGES
from benchmarks.gates.place import Place
from benchmarks.gates.scenarios import HIGH, LOW, MEDIUM, SCENARIOS
from benchmarks.gates.series import log_rows
from benchmarks.gates.traces import HISTORY, trace
from demo.azure import LocalAzure
from rollout.azure import measuring
from rollout.azure.cloud import resolve
from rollout.azure.credential import default_tokens
from rollout.core.comparison.blocks import Baseline, StageBlocks, Tier
from rollout.core.comparison.compare import compare
from rollout.core.gates import versus
from rollout.core.gates.queries import queries
from rollout.core.judging import BaselineQuestion, Question
from rollout.core.plan import Stage
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from benchmarks.gates.traces import Trace
    from rollout.azure.measuring import Subject
    from rollout.core.gates.judgement import Compared

__all__ = ["looked"]

ROOT = Path(__file__).parents[2]
TRAFFIC = 10
MINUTES = 30
SETTLED = timedelta(minutes=8)
"""Longer than anything takes to arrive."""
CLOSE = 1e-6
"""How far numbers may be apart: the frozen baseline has six digits."""


def looked(seed: int) -> dict[str, Any]:
    """Start a local Azure, look at every trace, and end it.

    Returns:
        `looks`, one each; how many have `equal` verdicts and numbers; and the most calls that a look took.
    """
    with tempfile.TemporaryDirectory(prefix="gates-") as folder:
        azure = LocalAzure(Path(folder) / "azure")
        azure.up(rate=1)
        try:
            command = [sys.executable, "-m", "benchmarks.gates.local", str(seed), str(azure.home)]
            done = subprocess.run(
                command, env=azure.env(), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
            )
        finally:
            azure.down()
    return json.loads(done.stdout)


def main(seed: int, home: Path) -> None:
    """Look at every trace in a local Azure that runs."""
    cloud = resolve(os.environ)
    place = Place(home, cloud, default_tokens(cloud), os.environ["AZURE_SUBSCRIPTION_ID"])
    traces = list(_traces(seed))
    names = [f"trace-{made.scenario.number}-{made.rpm}" for made in traces]
    begin = place.now().replace(second=0, microsecond=0) - timedelta(minutes=MINUTES) - SETTLED
    looks: list[dict[str, Any]] = []
    for made, subject in zip(traces, place.endpoints(names), strict=True):
        _put(place, subject, made, begin)
        looks += [_look(_Sight(place, subject, tier, begin), made) for tier in Tier]
        print(f"{len(looks) // 2} of {len(traces)} traces looked at", file=sys.stderr, flush=True)
    print(json.dumps(looks_summary(looks)))


def looks_summary(looks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All looks, and how they compare."""
    return {
        "looks": list(looks),
        "equal": sum(each["equal"] for each in looks),
        "calls": {tier: max(each["calls"] for each in looks if each["tier"] == tier) for tier in Tier},
    }


def _traces(seed: int) -> Iterator[Trace]:
    for rpm in (LOW, MEDIUM, HIGH):
        for each in SCENARIOS:
            if rpm == LOW or not each.silent:
                yield trace(each, rpm, 0, (TRAFFIC,), minutes=MINUTES, seed=seed)


def _put(place: Place, subject: Subject, made: Trace, begin: datetime) -> None:
    """Write a trace into the request log."""
    stage = made.stages[0]
    before = log_rows(made.history, "prod", begin - timedelta(minutes=HISTORY))
    prod, candidate = log_rows(stage.prod, "prod", begin), log_rows(stage.candidate, "candidate", begin)
    place.add(subject, chain(before, prod, candidate))


@dataclass(frozen=True)
class _Sight:
    """Where one tier's evidence of one trace is."""

    place: Place
    subject: Subject
    tier: Tier
    begin: datetime

    @property
    def window(self) -> Window:
        return Window(self.begin, self.begin + timedelta(minutes=MINUTES))

    def usual(self) -> Baseline:
        """What a rollout would freeze, as Azure tells it."""
        due = BaselineQuestion("prod", self.begin)
        found = measuring.baseline(
            self.subject, due, self.tier, self.place.cloud, self.place.tokens, stages=STAGES, gates=len(GATES)
        )
        if not isinstance(found, Baseline):
            raise SystemExit(f"{self.subject.name}: no baseline: {found}")
        return found


def _look(sight: _Sight, made: Trace) -> dict[str, Any]:
    """Judge a trace by what Azure says, and in this process."""
    measured = sight.usual()
    question = Question("candidate", Stage(TRAFFIC), sight.window, "prod", measured)
    asked = queries(GATES, question, SETTINGS, sight.tier)
    evidence = measuring.measure(asked, sight.subject, sight.place.cloud, sight.place.tokens)
    told = versus.findings(GATES, SETTINGS, question, sight.tier, evidence)
    usual = baseline(made, sight.tier, stages=STAGES)
    seen = blocks(made.stages[0], sight.tier, usual.slow_ms or made.usual, slack=GATES[1].slack)
    own = compare(GATES, SETTINGS, usual, (StageBlocks(TRAFFIC, 0, seen),))
    same = [
        (one.verdict, one.no_data) == (other.verdict, other.no_data) and _same(one.compared, other.compared)
        for one, other in zip(told, own, strict=True)
    ]
    return {
        "scenario": made.scenario.name,
        "rpm": made.rpm,
        "tier": sight.tier,
        "verdicts": [str(each.verdict) for each in told],
        "in_process": [str(each.verdict) for each in own],
        "equal": all(same) and _same_baseline(measured, usual),
        "calls": len(asked),
        "reasons": [each.reason for each in told],
    }


def _same(one: Compared | None, other: Compared) -> bool:
    """Whether counts, the certified margin and the evidence are equal."""
    if one is None or not (one.candidate_requests or other.candidate_requests):
        return one is not None and not other.candidate_requests
    counts = [
        (each.candidate_requests, each.prod_requests, each.candidate_events, each.prod_events)
        for each in (one, other)
    ]
    return counts[0] == counts[1] and all(map(_close, _numbers(one), _numbers(other)))


def _same_baseline(one: Baseline, other: Baseline) -> bool:
    slow = zip(one.slow_ms or (), other.slow_ms or (), strict=True)
    return (
        one.requests == other.requests
        and _close(one.error_share, other.error_share)
        and all(_close(its, usual) for its, usual in slow)
    )


def _numbers(compared: Compared) -> tuple[float | None, ...]:
    points = compared.evidence.points
    return compared.certified, points[-1][1] if points else None


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= CLOSE * max(1.0, abs(one), abs(other))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
