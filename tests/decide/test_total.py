"""`decide` is total: whatever is seen, there is a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from azure_model import START_OF_TIME
from hypothesis import given, settings
from hypothesis import strategies as st
from story import (
    LADDER,
    MINUTE,
    ONE,
    SHADOW_LADDER,
    THREE,
    TWO,
    in_doubt,
    judged,
)

from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.decide import decide
from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.history import Thin
from rollout.core.intent import Intent, Paused, Verb
from rollout.core.judging import question
from rollout.core.known import known
from rollout.core.observed import Approval, Deployment, Endpoint, Observed, Probe, Provisioning, Published
from rollout.core.past import PastStage
from rollout.core.plan import OnInconclusive, OnNoData, Plan
from rollout.core.record import TAGS, Adopted, Record
from rollout.core.verdict import Verdict
from rollout.core.window import Window

# Total

_NAMES = st.sampled_from(["blue", "green", "old", ""])
_RELEASES = st.sampled_from([ONE, TWO, THREE, None])
_TIMES = st.integers(-500, 500).map(lambda minutes: START_OF_TIME + minutes * MINUTE)
_MAPS = st.dictionaries(_NAMES, st.integers(-5, 120), max_size=3)
_TEXTS = st.one_of(
    _NAMES, st.sampled_from([ONE, TWO, "10", "50", "x", '{"blue":100}', "{}", "[]", "2026-11-21T10:00:00Z"])
)
_USUAL = Baseline(Tier.LOGS, 5400, 0.004, (9.0, 20.5, 31.25), 2, 1)
_PAST = (PastStage(0, 20, Window(START_OF_TIME, START_OF_TIME + 30 * MINUTE)),)
ASKING = tuple(replace(stage, approval=True, deadline=MINUTE) for stage in LADDER)
_PLANS = st.builds(
    Plan,
    release=st.sampled_from([ONE, TWO, THREE]),
    stages=st.sampled_from([LADDER, SHADOW_LADDER, ASKING, LADDER[2:], ()]),
    compared_gates=st.integers(0, 2),
    max_wait=st.sampled_from([0 * MINUTE, 60 * MINUTE]),
    on_inconclusive=st.sampled_from(OnInconclusive),
    on_no_data=st.sampled_from(OnNoData),
)
_OBSERVED = st.builds(
    Observed,
    now=_TIMES,
    endpoint=st.none()
    | st.builds(
        Endpoint,
        state=st.sampled_from(Provisioning),
        traffic=_MAPS,
        mirror=_MAPS,
        modified=st.none() | _TIMES,
        tags=st.one_of(
            st.dictionaries(st.sampled_from(TAGS), _TEXTS),
            st.builds(
                Record,
                prod=st.none() | _NAMES,
                old_prod=st.none() | _NAMES,
                candidate=st.none() | _NAMES,
                prod_release=_RELEASES,
                release=_RELEASES,
                failed_release=_RELEASES,
                stage=st.sampled_from([None, 0, 10, 33, 50, 100]),
                since=st.none() | _TIMES,
                traffic=_MAPS,
                mirror=st.sampled_from([0, 0, 20, 50]),
                baseline=st.none() | st.just(_USUAL),
                past=st.sampled_from([(), _PAST]),
                old_prod_release=_RELEASES,
                failed_before=st.sampled_from([(), (ONE,), (TWO, THREE)]),
                adopted=st.none() | st.builds(Adopted, _NAMES.filter(bool), st.sampled_from(["a", "b"])),
            ).map(lambda record: record.tags()),
        ),
    ),
    deployments=st.dictionaries(_NAMES, st.tuples(_RELEASES, st.sampled_from(Provisioning)), max_size=3).map(
        lambda all_: {name: Deployment(name, *rest, content="a") for name, rest in all_.items()}
    ),
    published=st.builds(
        Published,
        record=st.dictionaries(st.sampled_from(TAGS), _TEXTS),
        phase=st.sampled_from([None, "Healthy", "Degraded", "?"]),
        probe=st.none() | st.builds(Probe, st.sampled_from(Verdict), st.sampled_from([ONE, TWO]), _TIMES),
        repaired=st.none() | _TIMES,
        settled=st.none() | _TIMES,
        approved=st.none()
        | st.builds(
            Approval,
            st.sampled_from([ONE, TWO]),
            st.sampled_from(["0", "0m20", "10", "50", "100"]),
            st.just("ada"),
            _TIMES,
            st.sampled_from([None, 0.001, 0.021]),
        ),
        misread=st.sampled_from([None, None, "yes"]),
        paused=st.none() | st.builds(Paused, st.just("bob"), _TIMES),
        resumed=st.none() | _TIMES,
        intent=st.none()
        | st.builds(
            Intent,
            st.sampled_from(Verb),
            st.sampled_from([ONE, TWO]),
            st.sampled_from([None, "0", "10"]),
            st.just("ada"),
            _TIMES,
            st.sampled_from(["", "so"]),
        ),
        unread_intent=st.sampled_from([None, None, "yes"]),
    ),
    differs=st.sampled_from([(), ("rollout:model is 8, live 7",)]),
    uncompared=st.sampled_from([(), ("rollout:code",)]),
)


@settings(max_examples=400, deadline=None)
@given(
    plan=_PLANS,
    seen=_OBSERVED,
    verdict=st.none() | st.sampled_from(Verdict),
    doubt=st.booleans(),
    usual=st.sampled_from([None, _USUAL, Thin(31), Unreadable("403")]),
)
def test_whatever_is_seen_there_is_a_step_and_the_same_one(
    plan: Plan,
    seen: Observed,
    verdict: Verdict | None,
    doubt: bool,  # noqa: FBT001
    usual: Baseline | Thin | Unreadable | None,
) -> None:
    asked = question(plan, seen)
    judgement = judged(asked, verdict, no_data=doubt) if asked is not None and verdict is not None else None
    if asked is not None and doubt and verdict is Verdict.INCONCLUSIVE:
        judgement = in_doubt(asked, 0.02)
    step = decide(plan, seen, judgement, usual)
    assert step == decide(plan, seen, judgement, usual)
    assert step.reason
    assert step.record.tags() is not None


@settings(max_examples=300, deadline=None)
@given(seen=_OBSERVED, minutes=st.integers(0, 300))
def test_a_window_is_never_later_than_what_has_arrived(seen: Observed, minutes: int) -> None:
    plan = Plan(TWO, LADDER, settle=2 * MINUTE, lag=3 * MINUTE)
    later = replace(seen, now=seen.now + timedelta(minutes=minutes))
    asked = question(plan, later)
    if asked is not None:
        assert asked.window.end <= later.now - plan.lag
        assert asked.deployment in later.deployments
        record = known(later)
        assert record is not None
        assert (asked.stage.traffic, asked.stage.mirror) == (record.stage, record.mirror)
        assert asked.stage in plan.stages or record.candidate is not None
