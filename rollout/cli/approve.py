"""`rollout approve`: a person accepts what is proved of a candidate so far, so that its stage may go on."""

from __future__ import annotations

import getpass
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.azure import observe
from rollout.azure.assess import Assessment, assess
from rollout.azure.credential import claims
from rollout.azure.errors import AzureFault
from rollout.cli.stack import open_stack
from rollout.cli.usage import UsageError
from rollout.core.approval import Approval, margin_over, show_margin
from rollout.core.publication import APPROVED, TAG_LENGTH
from rollout.core.verdict import Verdict
from rollout.stack import tags

if TYPE_CHECKING:
    import argparse

    from rollout.cli.stack import StackView
    from rollout.core.gates.judgement import Finding, Judgement

_NAME_LENGTH = 60
_ROUNDING = 1e-9
_NAMES = ("upn", "preferred_username", "unique_name", "name", "app_displayname")
"""Where a token says who it is for, in words."""


def run(args: argparse.Namespace) -> int:
    """Write the approval, say so, and return 0. Raises `UsageError` where there is nothing to accept."""
    stack = open_stack(args.stack, Path(args.cwd).resolve())
    sight = observe.look(stack.arm, stack.place)
    published = tags.parse(stack.tags())
    found = assess(stack.settings, stack.arm, stack.place, sight=sight, published=published, root=stack.root)
    proved = certified(found, args.rung)
    margin = acceptable(args.margin, proved)
    approval = Approval(found.record.release or "", found.record.rung, who(stack), found.seen.now, margin)
    stack.set_tag(APPROVED, approval.show()[:TAG_LENGTH])
    _say(approval, proved, stack.name, as_json=args.json)
    return 0


def certified(found: Assessment, rung: str | None) -> float:
    """Return how much worse than prod the candidate is proved not to be: a share, over all gates in doubt.

    Raises `UsageError` where nobody can accept anything, with the reason.
    """
    record, judgement = found.record, found.judgement
    if record.candidate is None or record.release is None:
        raise UsageError("nothing to approve: no rollout is in progress")
    if rung is not None and rung != record.rung:
        raise UsageError(f"nothing to approve at {rung}: {record.candidate} is at {record.rung}")
    if judgement is None:
        raise UsageError(f"nothing to approve: no gate is judged now ({found.step.reason})")
    return _proved(judgement)


def _proved(judgement: Judgement) -> float:
    counting = judgement.counting
    bad = [each for each in counting if each.verdict > Verdict.INCONCLUSIVE]
    if bad:
        raise UsageError(f"nobody can accept that {_named(bad)}: {judgement.reason}")
    if judgement.no_data or not counting:
        raise UsageError(f"nothing was measured, and nobody can accept that: {judgement.reason}")
    doubtful = [each for each in counting if each.verdict is Verdict.INCONCLUSIVE]
    if not doubtful:
        raise UsageError("nothing to approve: all gates are Successful")
    margins = {each.gate: each.compared.certified if each.compared else None for each in doubtful}
    unproved = [gate for gate, margin in margins.items() if margin is None]
    if unproved:
        raise UsageError(f"no margin is proved for {', '.join(unproved)}, so none can be accepted: wait")
    return max(margin for margin in margins.values() if margin is not None)


def _named(findings: list[Finding]) -> str:
    return ", ".join(f"{each.gate} is {each.verdict}" for each in findings)


def acceptable(wanted: float | None, proved: float) -> float:
    """Return the margin to accept: the wanted one, or the least in tenths of a point that covers the proof.

    Raises `UsageError` for one that is smaller than what is proved.
    """
    least = margin_over(proved)
    if wanted is None:
        return least
    if proved > wanted + _ROUNDING:
        raise UsageError(
            f"{show_margin(wanted)} isn't proved: by now the candidate may be up to {proved * 100:.4g}pp "
            f"worse than prod; accept at least {show_margin(least)}, or wait"
        )
    return wanted


def who(stack: StackView) -> str:
    """Return who is logged in: by the token, else by git, else by the machine."""
    try:
        said = claims(stack.arm.tokens.token(stack.arm.cloud.arm_audience))
    except AzureFault:
        said = {}
    names = [str(said[name]) for name in _NAMES if said.get(name)]
    name = names[0] if names else _git_name(stack.root) or getpass.getuser()
    return " ".join(name.split())[:_NAME_LENGTH]


def _git_name(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "user.name"], cwd=root, capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _say(approval: Approval, proved: float, stack: str, *, as_json: bool) -> None:
    margin = show_margin(approval.margin or 0.0)
    if as_json:
        said: dict[str, Any] = {
            "stack": stack,
            "release": approval.release,
            "stage": approval.stage,
            "margin": margin,
            "proved": f"{proved * 100:.6g}pp",
            "by": approval.who,
            APPROVED: approval.show(),
        }
        print(json.dumps(said, indent=2))
        return
    print(f"accepted: {approval.release} may be up to {margin} worse than prod at {approval.stage}")
    print(f"(by now it is proved to be at most {proved * 100:.4g}pp worse; written as {APPROVED} of {stack})")
    print("The next `pulumi up` goes on when the bake is over, as long as no gate fails.")
