"""What the rollout costs an `up` that has nothing to do, against a program that only declares the same.

    make bench   or   python -m benchmarks.up [--runs 7] [--json FILE]

Both programs run on the same engine, provider and local Azure, turn and turn about; the figures are medians.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import stacks
from benchmarks.processes import CommandError, measure
from benchmarks.stacks import ROOT, Stack

HOME = ROOT / ".local" / "benchmarks"
AIM = 1.25
PULUMI = ("pulumi", "--non-interactive", "--color=never")
COMMANDS = {
    "up --skip-preview": (*PULUMI, "up", "--yes", "--skip-preview", "--expect-no-changes"),
    "preview": (*PULUMI, "preview", "--expect-no-changes"),
}
WARM_UPS = 2
MEMORY_RUNS = 3
MEBIBYTE = 1024 * 1024


def compare(reference: Stack, rollout: Stack, runs: int) -> dict[str, Any]:
    """Measures each command on both stacks."""
    results: dict[str, Any] = {}
    for name, command in COMMANDS.items():
        seconds: dict[str, list[float]] = {"bare": [], "rollout": []}
        peaks: dict[str, list[float]] = {"bare": [], "rollout": []}
        for turn in range(WARM_UPS + runs + MEMORY_RUNS):
            memory = turn >= WARM_UPS + runs
            pair = (("bare", reference), ("rollout", rollout))
            for which, stack in pair if turn % 2 else reversed(pair):
                cost = measure(command, stack.folder, stack.environment, memory=memory)
                if memory:
                    peaks[which].append(cost.peak_bytes / MEBIBYTE)
                elif turn >= WARM_UPS:
                    seconds[which].append(cost.seconds)
        results[name] = {
            "seconds": _figures(seconds),
            "peakMiB": _figures(peaks),
        }
    return results


def _figures(measured: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    bare, rollout = (statistics.median(measured[which]) for which in ("bare", "rollout"))
    return {
        "bare": round(bare, 3),
        "rollout": round(rollout, 3),
        "ratio": round(rollout / bare, 3),
        "all": {which: [round(each, 3) for each in values] for which, values in measured.items()},
    }


def table(results: Mapping[str, Any]) -> str:
    lines = [f"{'no-op':<20}{'':<12}{'bare':>9}{'rollout':>9}{'ratio':>8}   aim {AIM:g}"]
    for name, figures in results.items():
        for unit, label in (("seconds", "wall, s"), ("peakMiB", "peak, MiB")):
            found = figures[unit]
            met = "met" if found["ratio"] <= AIM else "missed"
            sizes = f"{found['bare']:>9.2f}{found['rollout']:>9.2f}{found['ratio']:>8.2f}"
            lines.append(f"{name:<20}{label:<12}{sizes}   {met}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.up", description="The cost of an `up` with nothing to do."
    )
    parser.add_argument(
        "--runs", type=int, default=7, help="timed runs of each program and command (default 7)"
    )
    parser.add_argument("--json", type=Path, default=HOME / "up.json", metavar="FILE")
    options = parser.parse_args()
    work = HOME / "up"
    shutil.rmtree(work, ignore_errors=True)
    try:
        with stacks.local_azure(work / "azure") as environment:
            print("first release of the rollout's own stack (a minute or two)", file=sys.stderr, flush=True)
            rollout = stacks.rollout(work / "rollout", environment)
            reference = stacks.bare(work / "bare", rollout)
            declared = stacks.resources(rollout)
            if stacks.resources(reference) != declared:
                sys.exit("the two stacks don't declare the same resources")
            print(f"{len(declared)} resources in each; measuring", file=sys.stderr, flush=True)
            results = compare(reference, rollout, options.runs)
    except CommandError as error:
        sys.exit(str(error))
    about = {"runs": options.runs, "resources": len(declared), "cores": os.cpu_count()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps({"about": about, "results": results}, indent=1) + "\n", encoding="utf-8"
    )
    print(table(results))
    print(f"every run is in {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
