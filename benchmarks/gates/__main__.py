"""Runs the benchmark.

python -m benchmarks.gates --quick     # what CI runs: a part, one process; exit code 1 where a row isn't held
python -m benchmarks.gates --write     # all of it, on two processes, into the page and the results
python -m benchmarks.gates --reps 20 --seed 7 --processes 1
python -m benchmarks.gates --page      # the page again from the results, without a run
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.gates.checks import Met
from benchmarks.gates.page import PAGE, replaced, show, summary_table
from benchmarks.gates.rows import rows
from benchmarks.gates.traces import SEED
from benchmarks.gates.work import FULL, QUICK, sized, work

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """The command; exits 1 where a row is refuted: not held, and chance doesn't explain it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--quick", action="store_true", help="a part: 60 and 600 requests a minute, no peers")
    parser.add_argument("--reps", type=int, help="so many of everything, instead of all")
    parser.add_argument("--seed", type=int, default=SEED, help="another one makes other traces")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--local", action="store_true", help="one look per trace through a local Azure, too")
    parser.add_argument("--write", action="store_true", help=f"all, and into {PAGE.name} and {RESULTS.name}")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    arguments = parser.parse_args()
    if arguments.page:
        return _tell(json.loads(RESULTS.read_text()), write=True)
    size = QUICK if arguments.quick else FULL if arguments.reps is None else sized(arguments.reps)
    begin = time.monotonic()
    results = work(size, arguments.seed, 1 if arguments.quick else arguments.processes)
    if arguments.local or arguments.write:
        from benchmarks.gates.local import looked  # noqa: PLC0415 - a server and its packages

        results["local"] = looked(arguments.seed)
    results["run"] = {
        "seed": arguments.seed,
        "python": platform.python_version(),
        "minutes": round((time.monotonic() - begin) / 60, 1),
        "processes": 1 if arguments.quick else arguments.processes,
    }
    if arguments.write:
        RESULTS.write_text(_compact(results) + "\n")
    return _tell(results, write=arguments.write)


def _tell(results: dict[str, Any], *, write: bool) -> int:
    found = rows(results)
    if write:
        PAGE.write_text(replaced(PAGE.read_text(), show(results, found)))
    print(summary_table(found))
    print(f"{results['run']['minutes']} minutes, seed {results['run']['seed']}")
    missed = [f"row {row.number}" for row in found if row.met is Met.NO]
    local = results.get("local")
    if local and local["equal"] < len(local["looks"]):
        missed.append("looks through the local Azure")
    if missed:
        print(f"NOT HELD: {', '.join(missed)}")
    return 1 if missed else 0


def _compact(results: dict[str, Any], depth: int = 0) -> str:
    """JSON with a line for each method of each scenario: what a change has changed is seen."""
    if depth < 4 and any(isinstance(each, dict) for each in results.values()):
        parts = (f"{json.dumps(key)}: {_part(each, depth + 1)}" for key, each in results.items())
        return "{\n" + ",\n".join(" " * depth + part for part in parts) + "}"
    return json.dumps(results)


def _part(value: Any, depth: int) -> str:
    return _compact(value, depth) if isinstance(value, dict) else json.dumps(value)  # pyright: ignore[reportUnknownArgumentType]


if __name__ == "__main__":
    sys.exit(main())
