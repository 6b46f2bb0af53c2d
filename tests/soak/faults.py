"""What `pulumi up` does when Azure, the network or the disk fails around it: a table, from real runs.

python -m tests.soak.faults            prints it
python -m tests.soak.faults 3 4        only these
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.project import Run
from tests.soak import small_disk
from tests.soak.cases import CASES, Case, How
from tests.soak.crash import UP
from tests.soak.kills import HARM
from tests.soak.load import Load
from tests.soak.phases import Life, show
from tests.soak.place import place
from tests.soak.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = ("fault", "due", "`pulumi up`", "it said", "traffic", "failed requests", "the next")
LONGEST = 170


@dataclass(frozen=True)
class Row:
    """What came of one fault."""

    case: Case
    run: Run
    seconds: float
    before: str
    after: str
    failed: int
    requests: int
    then: tuple[str, ...]

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table."""
        traffic = self.before if self.before == self.after else f"{self.before} → {self.after}"
        ended = f"{self.run.code}, {self.seconds:.0f} s"
        failed = f"{self.failed} of {self.requests}"
        return self.case.fault, self.case.phase, ended, said(self.run), traffic, failed, ", ".join(self.then)


def said(run: Run) -> str:
    """Return the one sentence of a run: its error, else the step and its reason."""
    errors = re.findall(r"^\s*error: (?:\d+ errors? occurred:\s*(?:\*|1\)) )?(.*)$", run.out, re.MULTILINE)
    errors = [each for each in errors if not each.startswith(("update failed", "preview failed"))]
    steps = re.findall(rf"^.*?((?:{run.step}): .*)$", run.out, re.MULTILINE) if run.step else []
    sentence = (errors or steps or ["it was killed"])[0].strip()
    sentence = re.sub(r"\s*\[\w+\]$", "", sentence).replace("|", "/")
    sentence = re.sub(r"/(?:subscriptions|tmp)/[^\s')]*/", "…/", sentence)
    return sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1].rstrip() + "…"


def suffer(life: Life, case: Case, load: Load) -> Row:
    """Order the fault, run `pulumi up`, end the fault, and run the next ones. Raises where it differs."""
    rollout, watch = life.rollout, Watch(life.rollout)
    if case.how in (How.FULL, How.FILLED):
        assert small_disk.possible(), f"{case.fault}: nobody may mount a disk here (unshare, user namespaces)"
    life.go_to(case.phase, case.life)
    usual = rollout.project.settings()["rollout:gates"]
    rollout.project.configure(**{"rollout:gates": [*usual, *case.gates]})
    watch.begin()
    before, sent, failed = rollout.traffic(), load.requests, len(load.failed)
    for spec in case.order(rollout):
        rollout.azure.control("POST", "faults", spec)
    rollout.azure.control("POST", "clock", {"rate": case.rate})
    began = time.monotonic()
    try:
        run = _run(life, case)
    finally:
        if not case.clear_after:  # else the fault outlasts the run, and ends by itself
            rollout.azure.control("DELETE", "faults")
        rollout.azure.control("POST", "clock", {"rate": 1})
    seconds, after = time.monotonic() - began, rollout.traffic()
    watch.look()
    told = f"{case.fault}, {case.phase}\n{run.out}"
    assert run.code == case.code, told
    assert run.step == (case.step or ""), told
    assert not re.search("Traceback|panic:", run.out), told
    assert case.moves or after == before, told
    then = tuple(_next(life, case, number) for number in range(max(1, len(case.then))))
    watch.look()
    rollout.project.configure(**{"rollout:gates": usual})
    return Row(
        case, run, seconds, show(before), show(after), len(load.failed) - failed, load.requests - sent, then
    )


def _next(life: Life, case: Case, number: int) -> str:
    if number and case.clear_after:
        time.sleep(case.clear_after)
    run = life.rollout.project.up(check=False)
    told = f"after {case.fault}\n{run.out}"
    assert run.code == (1 if run.step == "abort" else 0), told
    assert not HARM.search(run.out), told
    assert not case.then or run.step == case.then[number], told
    return f"{run.step} ({run.code})"


def _run(life: Life, case: Case) -> Run:
    rollout = life.rollout
    if case.how is How.ORDERED:
        return rollout.project.up(check=False)
    since = rollout.azure.mark()
    if case.how is How.KILLED:
        running = rollout.project.start(*UP)
        _when_put(life, since)
        running.kill()
        out = running.communicate()[0]
        assert rollout.project.pulumi("cancel", "--yes").code == 0
        return Run(running.returncode, out if case.step else "")
    trigger = rollout.project.folder / "disk-is-full"
    backend = rollout.project.env["PULUMI_BACKEND_URL"].removeprefix("file://")
    if case.how is How.FULL:
        trigger.touch()
    command = [sys.executable, small_disk.__file__, backend, str(trigger), "pulumi", *UP]
    running = rollout.project.begin(command)
    if case.how is How.FILLED:
        _when_put(life, since)
        trigger.touch()
    out = running.communicate(timeout=300)[0]
    trigger.unlink()
    if case.how is How.FULL:  # what is left of the lock is an empty file
        assert rollout.project.pulumi("cancel", "--yes").code == 0
    return Run(running.returncode, out)


def _when_put(life: Life, since: int) -> None:
    until = time.monotonic() + 120
    while not life.rollout.puts(since):
        assert time.monotonic() < until, "no PUT of the endpoint"
        time.sleep(0.02)


def table(rows: Iterable[Row]) -> str:
    """Return the table as Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


class DiffersError(Exception):
    """A fault came out other than its case says, or can't be had on this machine."""


def suffer_all(wanted: Iterable[int] = range(len(CASES))) -> str:
    """Suffer all, or those of these numbers; returns the table. Raises `DiffersError`."""
    rows: list[Row] = []
    differs = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, place(Path(folder)) as where:
        rollout = where.stack("faults")
        rollout.healthy()
        life = Life(rollout)
        with Load(rollout) as load:
            for case in (CASES[number] for number in wanted):
                try:
                    rows.append(suffer(life, case, load))
                    print(" | ".join(rows[-1].cells()), flush=True)
                except AssertionError as difference:
                    differs += 1
                    print(f"DIFFERS: {difference}", flush=True)
    if load.failed:
        raise DiffersError(f"{len(load.failed)} of {load.requests} requests failed: {load.failed[:5]}")
    if differs:
        raise DiffersError(f"{differs} of {differs + len(rows)} faults came out differently")
    return f"{len(rows)} faults.\n\n{table(rows)}"


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    print(suffer_all(numbers or range(len(CASES))))
