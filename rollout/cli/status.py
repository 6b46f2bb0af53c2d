"""`rollout status`: how a stack's rollout stands, why, and what the next `pulumi up` will do."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.azure import observe
from rollout.azure.assess import Assessment, aborted, assess
from rollout.cli import codes, output, view
from rollout.cli.loop import SOON, Eyes
from rollout.cli.stack import open_to_abort, selected
from rollout.core import times
from rollout.core.intent import Verb
from rollout.core.judging import stage_opened
from rollout.core.publication import answers, phase_of
from rollout.core.step import Phase
from rollout.core.traffic import NO_TRAFFIC
from rollout.stack import tags
from rollout.stack.faults import FAULTS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator

    from rollout.cli.stack import StackView

EXIT_CODES = {
    Phase.HEALTHY: 0,
    Phase.PROGRESSING: 0,
    Phase.PAUSED: codes.PAUSED,
    Phase.DEGRADED: codes.DEGRADED,
}


def run(args: argparse.Namespace) -> int:
    """Print the status, once or until interrupted, and return the exit code of its phase."""
    folder = Path(args.cwd).resolve()
    if args.watch:
        _watch(folder, args)
        return 0
    found = look(open_to_abort(args.stack, folder))
    print(json.dumps(found, indent=2)) if args.json else view.show(found)
    return EXIT_CODES[Phase(found["phase"])]


def _watch(folder: Path, args: argparse.Namespace) -> None:
    """Print the status until interrupted, each time of the stack as its file is then.

    Raises what can't be read at the first look, or for long.
    """
    name = args.stack or selected(folder)
    eyes = Eyes(
        lambda: look(open_to_abort(name, folder)),
        lambda why: output.tell(f"this look failed, another follows: {why}", error=True),
        faults=FAULTS,
    )
    looks = _looks(eyes, args.every.total_seconds())
    if args.json:
        for found in looks:
            print(json.dumps(found), flush=True)
    else:
        view.watch(looks)


def _looks(eyes: Eyes[dict[str, Any]], every: float) -> Generator[dict[str, Any]]:
    while True:
        found = eyes.open()
        if found is not None:
            yield found
        time.sleep(every if found is not None else min(every, SOON))


def look(stack: StackView) -> dict[str, Any]:
    """Return the status as plain data. Raises `ReadError` where Azure can't be read.

    Raises what is wrong with config, too, unless the next `up` is an abort that goes without it.
    """
    published = tags.parse(stack.tags())
    asked = published.intent is not None and published.intent.verb is Verb.ABORT
    if stack.error is not None and not asked:
        raise stack.error
    sight = observe.look(stack.arm, stack.place)
    if stack.error is None:
        found = assess(
            stack.settings, stack.arm, stack.place, sight=sight, published=published, root=stack.root
        )
    elif (found := aborted(stack.settings, sight, published)) is None:
        raise stack.error
    return {
        "stack": stack.name,
        "endpoint": stack.place.endpoint,
        "at": times.show_instant(sight.now),
        "phase": phase_now(found).value,
        "wanted": found.plan.release,
        "deployments": _deployments(found),
        "stage": stage_now(found),
        "gates": _gates(found),
        "probe": found.seen.published.probe.show() if found.seen.published.probe else None,
        "approved": _approved(found),
        "paused": _paused(found),
        "intent": found.seen.published.intent.show() if found.seen.published.intent else None,
        "why": found.seen.published.reason,
        "next": {"step": found.step.kind.value, "reason": found.step.reason},
    }


def phase_now(found: Assessment) -> Phase:
    """Return the phase now: what the next step makes of it is the next step's to say."""
    if found.step.kind.publishes:
        return phase_of(found.record, found.plan.release)
    return found.step.phase


def _deployments(found: Assessment) -> list[dict[str, Any]]:
    record, endpoint = found.record, found.seen.endpoint
    roles = {record.prod: "prod", record.candidate: "candidate", record.old_prod: "old prod"}
    shares = endpoint.traffic if endpoint else NO_TRAFFIC
    return [
        {
            "name": name,
            "role": roles.get(name, ""),
            "release": each.release,
            "traffic": shares.get(name, 0),
            "state": each.state.value,
            "instances": each.instances,
        }
        for name, each in sorted(found.seen.deployments.items())
    ]


def stage_now(found: Assessment) -> dict[str, Any] | None:
    """Return the stage that the candidate is at, with what is left of its bake; None where it is at none."""
    record = found.record
    stage = found.plan.stage_at(record.stage, record.mirror) if record.stage is not None else None
    if stage is None or record.candidate is None:
        return None
    opened = stage_opened(record, found.seen)
    left = max(opened + stage.bake - found.seen.now, timedelta(0))
    return {
        "traffic": stage.traffic,
        "mirror": stage.mirror,
        "since": times.show_instant(opened),
        "bake": times.show_duration(stage.bake),
        "bakeLeft": times.show_duration(left),
    }


def _paused(found: Assessment) -> str | None:
    """Return who paused the rollout, when and why."""
    paused = found.seen.published.paused
    return paused.show() if paused else None


def _approved(found: Assessment) -> str | None:
    """Return what a person approved: the next stage, or a margin at the present one."""
    approved, record = found.seen.published.approved, found.record
    if approved is None or not (answers(record, approved) or answers(record, approved, found.plan)):
        return None
    return approved.show()


def _gates(found: Assessment) -> list[dict[str, Any]]:
    if found.judgement is None:
        return []
    return [
        {
            "gate": finding.gate,
            "verdict": str(finding.verdict),
            "dryRun": finding.dry_run,
            "value": finding.value,
            "limit": finding.limit,
            "reason": finding.reason,
        }
        for finding in found.judgement.findings
    ]
