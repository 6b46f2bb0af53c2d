"""`rollout approve`: a person lets a candidate go on, and may accept what is proved of it so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.cli import say
from rollout.cli.usage import UsageError
from rollout.cli.who import who
from rollout.core.approval import ROUNDING, Approval, margin_over, proved_margin, show_margin
from rollout.core.publication import APPROVED, following_stage
from rollout.core.step import Phase
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    import argparse

    from rollout.azure.assess import Assessment
    from rollout.cli.say import Moment
    from rollout.core.gates.judgement import Finding, Judgement
    from rollout.core.plan import Stage


def run(args: argparse.Namespace) -> int:
    """Write the approval, say so, and return 0. Raises `UsageError` where there is nothing to approve."""
    moment = say.moment(args)
    found = moment.outlook()
    following = awaited(found)
    plain = following is not None and args.margin is None and not _asks_for_a_margin(found)
    if plain and following is not None:
        _approve(moment, found, following, args)
    else:
        _accept(moment, found, args)
    return 0


def awaited(found: Assessment) -> Stage | None:
    """Return the stage that the candidate gets next and that needs a person's approval, or None."""
    record = found.record
    if record.candidate is None or record.release is None:
        return None
    following = following_stage(record, found.plan)
    return following if following is not None and following.approval else None


def _asks_for_a_margin(found: Assessment) -> bool:
    doubtful = found.judgement is not None and found.judgement.verdict is Verdict.INCONCLUSIVE
    return doubtful and found.step.phase is Phase.PAUSED


def _approve(moment: Moment, found: Assessment, following: Stage, args: argparse.Namespace) -> None:
    """Approve that the candidate gets the next stage's share once its gates and bake pass."""
    record, judgement = found.record, found.judgement
    if args.rung not in (None, following.name):
        raise UsageError(f"nothing to approve at {args.rung}: {following.name} comes next")
    if judgement is not None and judgement.verdict is Verdict.FAILED:
        raise UsageError(f"nobody can approve what failed: {judgement.reason}")
    approval = Approval(record.release or "", following.name, who(moment.stack), found.seen.now)
    text = say.fitting(approval)
    after = moment.outlook(approved=approval, misread=None)
    moment.stack.set_tag(APPROVED, text)
    headline = (
        f"approved: {approval.release} may have {following.show()} once its gates and its bake pass\n"
        f"(written as {APPROVED} of {moment.stack.name})"
    )
    say.told(_said(approval, moment), after, headline, as_json=args.json)


def _accept(moment: Moment, found: Assessment, args: argparse.Namespace) -> None:
    """Accept how much worse than prod the candidate may be."""
    proved = certified(found, args.rung)
    margin = acceptable(args.margin, proved)
    record = found.record
    approval = Approval(record.release or "", record.rung, who(moment.stack), found.seen.now, margin)
    text = say.fitting(approval)
    after = moment.outlook(approved=approval, misread=None)
    moment.stack.set_tag(APPROVED, text)
    headline = (
        f"accepted: {approval.release} may be up to {show_margin(margin)} worse than prod at "
        f"{approval.stage}\n(by now it is proved to be at most {proved * 100:.4g}pp worse; written as "
        f"{APPROVED} of {moment.stack.name})\n"
        "A coming `pulumi up` goes on when the bake is over, as long as no gate fails."
    )
    said = _said(approval, moment) | {"margin": show_margin(margin), "proved": f"{proved * 100:.6g}pp"}
    say.told(said, after, headline, as_json=args.json)


def _said(approval: Approval, moment: Moment) -> dict[str, object]:
    return {
        "stack": moment.stack.name,
        "release": approval.release,
        "stage": approval.stage,
        "by": approval.who,
        APPROVED: approval.show(),
    }


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
    margins = {each.gate: proved_margin(each) for each in doubtful}
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
    if proved > wanted + ROUNDING:
        raise UsageError(
            f"{show_margin(wanted)} isn't proved: by now the candidate may be up to {proved * 100:.4g}pp "
            f"worse than prod; accept at least {show_margin(least)}, or wait"
        )
    return wanted
