"""What must hold of every `up`, each law by the words of the rules. A law gets the whole `up` and asserts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_model import problem
from people_laws import PEOPLE_LAWS
from stage_laws import STAGE_LAWS, doubt_is_taken
from taking_back_laws import TAKING_BACK_LAWS, takes_it

from rollout.core.decide import decide
from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.publication import PHASE, TAG_LENGTH, lags, wanted_tags
from rollout.core.record import PROD, Record, RecordError
from rollout.core.step import Form, Outcome, Phase, StepKind
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from azure_model import Azure, Refused
    from seen_up import Up

RETURNS = (StepKind.ABORT,)
TAKING = (StepKind.NONE, StepKind.HOLD)


def decide_is_pure(up: Up) -> None:
    again = decide(up.plan, up.seen, up.judgement, up.usual)
    assert again == up.step, "decided twice from the same, and not the same"


def traffic_sums_to_100_or_is_empty(up: Up) -> None:
    if up.step.kind.writes_endpoint:
        assert problem(up.step.record.traffic) is None, problem(up.step.record.traffic)


def what_serves_is_never_zeroed(up: Up) -> None:
    if sum(up.before.values()) == 100 and up.record.prod is not None:
        assert sum(up.after.values()) == 100, f"{dict(up.before)} -> {dict(up.after)}"


def a_map_names_only_what_exists(up: Up) -> None:
    if up.step.kind.writes_endpoint:
        missing = {*up.step.record.traffic, *up.copied_after} - set(up.seen.deployments)
        assert not missing, f"{missing} named in traffic, not live"


def what_is_deleted_leaves_the_map(up: Up) -> None:
    """A map names a deployment until the step that deletes it: that one names it no more."""
    if up.step.kind.writes_endpoint:
        going = {
            name
            for name in up.step.record.traffic
            if (form := up.step.deployments.get(name)) is not Form.FROZEN and up.release_of(name) is not None
            if form is None or up.release_of(name) != up.plan.release
        }
        assert not going, f"{going} named in the map of the step that deletes them"


def at_most_one_rung_up(up: Up) -> None:
    record, first = up.record, up.record.prod is None
    who = record.candidate
    if who is None or not up.climbs or up.does(Verb.SKIP, Verb.RESET, Verb.ADOPT):
        return
    before = up.before.get(who, 0), up.copied.get(who, 0)
    after = up.after.get(who, 0), up.copied_after.get(who, 0)
    if first:
        assert (before, after) == ((0, 0), (100, 0))
    else:
        following = up.plan.next_stage(*before)
        assert following is not None
        assert after == (following.traffic, following.mirror), f"{before} -> {after} skips a rung"


def only_the_candidate_rises_or_prod_by_an_abort(up: Up) -> None:
    for name in up.risers:
        if up.step.kind in RETURNS:
            assert name == up.record.prod, f"{name} rose in an abort and isn't prod"
        elif up.step.kind is StepKind.UNDO:
            assert name == up.record.old_prod, f"{name} rose in an undo and isn't old prod"
        elif up.step.kind is StepKind.RESET:
            assert name in (up.record.prod, up.record.candidate), f"{name} isn't recorded and is set back to"
        elif up.step.kind is StepKind.ADOPT:
            assert name == up.record.prod, f"{name} rose on the way down the ladder"
        else:
            assert name == up.record.candidate, f"{name} rose in {up.step.kind} and isn't the candidate"
            assert up.step.kind in (StepKind.ADVANCE, StepKind.PROMOTE), f"a share rose in {up.step.kind}"
            if up.step.kind is StepKind.PROMOTE and not up.does(Verb.SKIP):
                assert up.record.prod is None, "a promotion raised a share beside a prod"


def a_share_rises_only_on_success(up: Up) -> None:
    """Rule 2: a Successful probe of exactly the live release; above rung 0 Successful gates, or a person or
    `onInconclusive: advance` that take the doubt.
    """
    who = up.record.candidate
    if who is None or not up.climbs or up.step.kind in RETURNS or up.does(Verb.RESET, Verb.ADOPT):
        return
    probe = up.seen.published.probe
    assert probe is not None
    assert probe.verdict is Verdict.SUCCESSFUL
    assert probe.release == up.release_of(who) == up.record.release == up.plan.release
    assert up.state_of(who) is Provisioning.SUCCEEDED
    if (up.before.get(who, 0) or up.copied.get(who, 0)) and not up.does(Verb.SKIP):
        _watched_long_enough(up)


def roles_move_only_on_success(up: Up) -> None:
    """Rule 8: the roles move when the last stage's gates and bake pass."""
    if up.step.kind is not StepKind.PROMOTE or up.record.prod is None or up.does(Verb.SKIP):
        return
    assert up.before == {up.record.candidate: 100}
    assert up.release_of(up.record.candidate) == up.record.release == up.plan.release
    assert up.state_of(up.record.candidate) is Provisioning.SUCCEEDED
    _watched_long_enough(up)
    to = up.step.record
    assert (to.prod, to.old_prod, to.candidate) == (up.record.candidate, up.record.prod, None)
    assert (to.prod_release, to.release, to.stage) == (up.record.release, None, None)


def _watched_long_enough(up: Up) -> None:
    assert up.judgement is not None, "went on without a judgement"
    if up.judgement.verdict is not Verdict.SUCCESSFUL:
        doubt_is_taken(up)
    assert up.question is not None
    stage = up.plan.stage_at(up.record.stage or 0, up.record.mirror)
    assert stage is not None, "went on from a share that is no rung"
    assert up.question.stage == stage
    assert up.question.deployment == up.record.candidate
    assert up.record.since is not None
    assert up.seen.now - up.record.since >= stage.bake, "the bake isn't over"
    repaired = up.seen.published.repaired
    assert repaired is None or up.seen.now - repaired >= stage.bake, "a repair restarts the bake"


def prod_keeps_its_share_but_for_the_candidates(up: Up) -> None:
    """Rules 2, 6, 10: start, promote, retire and finish move nothing; an abort gives back what was lent."""
    record, kind = up.record, up.step.kind
    if not kind.writes_endpoint or up.seen.endpoint is None:
        return
    if kind in RETURNS:
        expected = dict(up.before)
        lent = expected.pop(record.candidate or "", 0)
        if record.prod is not None and lent:
            expected[record.prod] = expected.get(record.prod, 0) + lent
        assert dict(up.after) == expected, f"abort of {record.candidate}: {up.before} -> {up.after}"
    elif up.does(Verb.SKIP, Verb.UNDO, Verb.RESET, Verb.ADOPT):
        return
    elif kind is StepKind.ADVANCE or (kind is StepKind.PROMOTE and record.prod is None):
        others = set(up.before) | set(up.after)
        others -= {record.candidate, record.prod}
        assert all(up.before.get(n, 0) == up.after.get(n, 0) for n in others)
    else:
        assert dict(up.before) == dict(up.after), f"{kind} moved traffic: {up.before} -> {up.after}"
    if kind not in (StepKind.ADVANCE, *RETURNS):
        assert not up.copied_after, f"{kind} mirrors"
    if kind is StepKind.START and record.prod is not None:
        assert dict(up.after) == {record.prod: 100}, "prod stays at exactly 100"


def what_serves_is_frozen(up: Up) -> None:
    """A slot with live traffic, before or after the step, is declared as it is live.

    Only an abort may delete what served till now: moving traffic away and deleting is safe in one `up`.
    """
    for name in {*up.before, *up.after}:
        if up.release_of(name) is None and name not in (
            up.record.prod,
            up.record.candidate,
            up.record.old_prod,
        ):
            continue
        form = up.step.deployments.get(name)
        taken_out = form is None and name not in up.after and up.step.kind in RETURNS
        assert form is Form.FROZEN or taken_out, f"{name} serves and is {form}"


def only_the_recorded_release_is_given_traffic(up: Up) -> None:
    """A release counts as deployed only if the live deployment says so.

    Prod that serves without its tag takes back all the same: users get its answers already.
    """
    for name in {*up.risers, *(set(up.copied_after) - set(up.copied))}:
        if name == up.record.old_prod:
            recorded = up.record.old_prod_release
        else:
            recorded = up.record.release if name == up.record.candidate else up.record.prod_release
        if up.step.kind is StepKind.ABORT and name == up.record.prod:
            assert takes_it(up), f"{name} can't take anything back"
            continue
        assert up.carries(name, recorded), f"{name} carries {up.release_of(name)}, not {recorded}"


def fresh_is_only_the_candidates_slot(up: Up) -> None:
    fresh = [name for name, form in up.step.deployments.items() if form is Form.FRESH]
    if not fresh:
        return
    assert fresh == [up.step.record.candidate]
    assert up.step.record.release == up.plan.release, "FRESH makes what config names; the record says another"
    assert up.step.probe == fresh[0], "created and not probed"
    assert up.after.get(fresh[0], 0) == 0
    assert fresh[0] != up.record.prod


def a_failed_release_is_not_tried_again(up: Up) -> None:
    if up.step.kind is StepKind.START and not up.does(Verb.RETRY):
        assert up.step.record.release not in up.record.failed
    lost = set(up.record.failed) - set(up.step.record.failed)
    taken = {up.step.record.prod_release} if up.does(Verb.ADOPT) else set[str]()  # by a person, for prod
    assert lost <= taken or up.step.kind is StepKind.START or _unreadable(up)
    assert lost <= {up.plan.release, *taken} or _unreadable(up), "the failure of another release is forgotten"


def a_foreign_deployment_is_not_touched(up: Up) -> None:
    """Neither changed nor given traffic; that it isn't deleted either, the model of the engine refuses."""
    for name, it in up.seen.deployments.items():
        roles = (up.record.prod, up.record.old_prod)
        if it.release is None and name not in roles:
            assert up.step.deployments.get(name) is not Form.FRESH, f"{name} isn't ours and is replaced"
            assert name not in up.risers


def what_failed_to_provision_is_not_declared(up: Up) -> None:
    for name, it in up.seen.deployments.items():
        idle = not up.before.get(name) and not up.copied.get(name)
        before, after = up.record, up.step.record
        roles = (before.prod, before.old_prod, after.prod, after.old_prod, up.seen.published.record.get(PROD))
        if it.state is Provisioning.FAILED and idle and name not in roles:
            assert up.step.deployments.get(name) is not Form.FROZEN


def old_prod_is_deleted_by_its_own_step_alone(up: Up) -> None:
    """Whatever state it is in, it is what an undo goes back to."""
    old = up.record.old_prod
    if (
        up.step.kind is StepKind.RETIRE
        or up.step.as_found
        or up.state_of(old) in (None, Provisioning.DELETING)
    ):
        return
    if up.step.kind is StepKind.ADOPT and up.release_of(old) is None:
        return  # another one is old prod then, and what no tag says is a rollout's isn't deleted at all
    assert up.step.deployments.get(old or "") is Form.FROZEN, f"{old} would be deleted by a {up.step.kind}"


def hold_and_none_change_nothing(up: Up) -> None:
    if up.step.kind not in TAKING:
        return
    assert up.step.record.tags() == up.record.tags() or up.unrecorded
    assert up.step.probe is None
    assert Form.FRESH not in up.step.deployments.values()
    if up.step.as_found:
        return
    gone_wrong = (Provisioning.FAILED, Provisioning.DELETING, Provisioning.CANCELED)
    for name, it in up.seen.deployments.items():
        if it.release is not None and it.state not in gone_wrong:
            assert up.step.deployments.get(name) is Form.FROZEN, (
                f"{name} would be deleted by a {up.step.kind}"
            )


def drift_holds(up: Up) -> None:
    """Rule 11 and the precedence: only a failure, or a person, comes before drift."""
    record = up.record
    if up.does(Verb.ABORT, Verb.UNDO, Verb.ADOPT, Verb.RESET):
        return
    others = set(up.before) - {record.prod, record.candidate}
    others |= set(up.copied) - {record.candidate}
    if others and record.prod is not None and up.step.kind is not StepKind.ABORT:
        assert not up.step.kind.writes_endpoint, "foreign traffic, and the endpoint is written"
    put_right = dict(up.before) == {record.prod: 100} and record.candidate is None and not up.copied
    if up.drifted and not _unreadable(up) and not put_right:
        assert up.step.kind in (StepKind.HOLD, StepKind.ABORT), f"{up.step.kind} on drift"
        if up.step.kind is StepKind.ABORT:
            assert up.step.outcome is Outcome.TAKEN_BACK, "a withdrawal came before drift"
        elif up.seen.endpoint is not None and not up.seen.endpoint.state.in_progress:
            assert up.step.phase is Phase.DEGRADED


def a_lagging_record_is_repaired(up: Up) -> None:
    """Published tags that say something else: no share rises, and an undisturbed `up` publishes."""
    if up.seen.endpoint is None or _unreadable(up) or not Record.from_tags(up.seen.endpoint.tags):
        return
    if lags(up.record, up.seen.published) and not up.does(*Verb):
        assert up.step.kind is not StepKind.NONE
        assert not (up.risers or up.climbs) or up.step.kind in RETURNS, "a share rises over a lagging record"
        assert up.step.kind not in (StepKind.PROMOTE, StepKind.RETIRE, StepKind.FINISH)


def repair_only_publishes(up: Up) -> None:
    if up.step.kind is StepKind.REPAIR:
        assert up.step.record == up.record
        assert up.step.published_phase is up.step.phase
        assert Form.FRESH not in up.step.deployments.values()
        assert up.step.probe in (None, up.record.candidate)


def the_exit_code_is_asked_for_once(up: Up) -> None:
    step = up.step
    if step.outcome is Outcome.TAKEN_BACK:
        assert step.kind in (StepKind.ABORT, StepKind.UNDO), "red for a take-back that isn't one"
        assert step.record.failed_release in (up.record.release, up.record.prod_release)
        assert step.record.failed_release is not None
        assert step.record.failed_release not in up.record.failed, "the same take-back twice"
    if step.outcome in (Outcome.UNREADABLE, Outcome.STUCK):
        assert step.kind is StepKind.HOLD
    if up.judgement is not None and up.judgement.verdict is Verdict.ERROR and step.kind is StepKind.NONE:
        raise AssertionError("gates that can't be read, and exit 0")
    if step.kind is StepKind.ABORT and step.outcome is Outcome.FINE:
        assert step.record.failed_release == up.record.failed_release, "withdrawn, not failed"
        assert up.plan.release != up.record.release


def every_put_is_a_diff(up: Up) -> None:
    """Every step that must move or restore traffic changes ROLLOUT_SINCE."""
    if up.step.kind.writes_endpoint:
        assert up.step.record.since == up.seen.now
        assert up.step.record.since != up.record.since


def the_record_round_trips(up: Up) -> None:
    tags = up.step.record.tags()
    assert Record.from_tags(tags) == up.step.record or not tags
    wanted = wanted_tags(up.step.record, up.step.published_phase)
    assert all(len(text) <= TAG_LENGTH and len(name) <= 40 for name, text in wanted.items())
    assert wanted[PHASE] in set(Phase)


def a_reason_is_said(up: Up) -> None:
    assert up.step.reason.strip()
    assert "\n" not in up.step.reason
    assert "None" not in up.step.reason, up.step.reason


def azure_refuses_nothing(up: Up, azure: Azure, error: Refused) -> None:
    raise AssertionError(f"{up.step.kind} was refused: {error}\n{azure}\n{up.step}") from error


def _unreadable(up: Up) -> bool:
    try:
        if up.seen.endpoint is not None:
            Record.from_tags(up.seen.endpoint.tags)
    except RecordError:
        return True
    return False


LAWS = (
    *STAGE_LAWS,
    *PEOPLE_LAWS,
    *TAKING_BACK_LAWS,
    decide_is_pure,
    traffic_sums_to_100_or_is_empty,
    what_serves_is_never_zeroed,
    a_map_names_only_what_exists,
    what_is_deleted_leaves_the_map,
    at_most_one_rung_up,
    only_the_candidate_rises_or_prod_by_an_abort,
    a_share_rises_only_on_success,
    roles_move_only_on_success,
    prod_keeps_its_share_but_for_the_candidates,
    what_serves_is_frozen,
    only_the_recorded_release_is_given_traffic,
    fresh_is_only_the_candidates_slot,
    a_failed_release_is_not_tried_again,
    a_foreign_deployment_is_not_touched,
    what_failed_to_provision_is_not_declared,
    old_prod_is_deleted_by_its_own_step_alone,
    hold_and_none_change_nothing,
    drift_holds,
    a_lagging_record_is_repaired,
    repair_only_publishes,
    the_exit_code_is_asked_for_once,
    every_put_is_a_diff,
    the_record_round_trips,
    a_reason_is_said,
)
