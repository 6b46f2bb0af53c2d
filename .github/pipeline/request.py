"""Requests through the endpoint, as its callers send them: whoever has the traffic must answer."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from runner import error, needed, notice  # noqa: E402

from rollout.azure.auth import bearer  # noqa: E402
from rollout.azure.endpoint import read_endpoint  # noqa: E402
from rollout.azure.scoring import LONGEST_SECONDS, Scorer  # noqa: E402
from rollout.cli.stack import open_stack  # noqa: E402
from rollout.core.expected import Expected  # noqa: E402
from rollout.core.probe import ScoreAnswer, check  # noqa: E402
from rollout.core.probe_inputs import requests_of  # noqa: E402
from rollout.core.verdict import Verdict  # noqa: E402
from rollout.stack.faults import FAULTS  # noqa: E402

if TYPE_CHECKING:
    from rollout.core.probe import Reply

COUNT = 10
"""How many are sent at least."""


def request() -> int:
    """Send the probe's requests through STACK's endpoint; the exit code says if all were answered well."""
    name = needed("STACK")
    try:
        return _ask(name)
    except (*FAULTS, _NoRequestsError) as wrong:
        error(f"{name}: nothing can be asked of the endpoint: {wrong}")
        return 1


class _NoRequestsError(Exception):
    """The probe's file has no requests; says which file and why."""


def _ask(name: str) -> int:
    stack = open_stack(name, Path.cwd())
    probe = stack.settings.probe
    bodies = _bodies(probe.file)
    live, _ = read_endpoint(stack.arm, stack.place.endpoint_id)
    if live is None or not any(live.core.traffic.values()):
        notice(f"{name}: nothing has traffic yet, so nothing is asked")
        return 0
    expected, patience = Expected(probe.expect, probe.ranges), timedelta(seconds=LONGEST_SECONDS)
    count = max(COUNT, len(bodies))
    wrong: list[str] = []
    with Scorer(live.scoring_uri or "", bearer(stack.arm, live)) as scorer:
        for number in range(count):
            reply = scorer.score(bodies[number % len(bodies)], path=probe.path)
            found = check(reply, expected, patience)
            if found.verdict is not Verdict.SUCCESSFUL:
                wrong.append(f"request {number + 1} of {count}{_by(reply)}: {found.why}")
    for each in wrong:
        error(each)
    notice(
        f"{count - len(wrong)} of {count} requests through {stack.place.endpoint} were answered as expected"
    )
    return 1 if wrong else 0


def _bodies(file: str) -> tuple[bytes, ...]:
    """Return the probe's requests. Raises `_NoRequestsError`."""
    try:
        return requests_of(file, Path(file).read_bytes())
    except OSError as why:
        raise _NoRequestsError(f"the probe's file {file} can't be read: {why.strerror}") from None
    except ValueError as why:
        raise _NoRequestsError(f"the probe's file {file} has to be {why}") from None


def _by(reply: Reply) -> str:
    name = reply.headers.get("azureml-model-deployment") if isinstance(reply, ScoreAnswer) else None
    return f" (answered by {name})" if name else ""
