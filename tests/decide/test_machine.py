"""`decide` driven through random histories against a model of Azure."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from azure_model import Live, Quality, Weather
from ending import Ending
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from story import LADDER, MINUTE, SHADOW_LADDER, Metrics

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.plan import OnInconclusive, OnNoData, Stage
from rollout.core.publication import following_stage
from rollout.core.step import StepKind
from rollout.core.verdict import Verdict

DEEP = os.environ.get("DECIDE_PROFILE") == "deep"
OTHER_LADDERS = (
    (Stage(100, 30 * MINUTE),),
    SHADOW_LADDER,
    (Stage(0, 10 * MINUTE, mirror=50), Stage(100, 30 * MINUTE)),
    (Stage(5, 10 * MINUTE), Stage(10, 30 * MINUTE), Stage(25, 30 * MINUTE), Stage(100, 120 * MINUTE)),
    tuple(replace(stage, approval=True, deadline=90 * MINUTE) for stage in LADDER),
    tuple(replace(stage, deadline=40 * MINUTE) for stage in SHADOW_LADDER),
)


class Histories(Ending):
    """Releases, `up`s, crashes, losses, time, weather and people, in any order."""

    @initialize(
        quality=st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, *Quality]),
        lingers=st.booleans(),
        first=st.integers(0, 6),
        second=st.integers(0, 11),
        ladder=st.sampled_from([LADDER, SHADOW_LADDER, SHADOW_LADDER]),
        gates=st.integers(0, 2),
        adopted=st.booleans(),
    )
    def some_way_up(  # noqa: PLR0917  # a beginning has many sides
        self,
        quality: Quality,
        lingers: bool,  # noqa: FBT001
        first: int,
        second: int,
        ladder: tuple[Stage, ...],
        gates: int,
        adopted: bool,  # noqa: FBT001
    ) -> None:
        self.azure.zeros_linger = lingers
        self.story.plan = replace(self.story.plan, stages=ladder, compared_gates=gates)
        if adopted:
            self.azure.traffic = {"main": 100}
            self.azure.deployments["main"] = Live(None, Provisioning.SUCCEEDED)
        self.release(Quality.GOOD)
        if adopted:
            self.story.say(Verb.ADOPT)
        self.good_days(first)
        self.release(quality)
        self.good_days(second)

    @rule(which=st.integers(0, 3))
    def config_goes_back(self, which: int) -> None:
        earlier = [*self.releases[-3:], self.story.record.prod_release or self.releases[0]]
        self.story.config(earlier[which % len(earlier)])

    @rule(ladder=st.sampled_from([LADDER, *OTHER_LADDERS]), keep=st.booleans())
    def config_of_the_ladder(self, ladder: tuple[Stage, ...], keep: bool) -> None:  # noqa: FBT001
        self.story.plan = replace(self.story.plan, stages=ladder, keep_failed=keep)

    @rule(
        gates=st.integers(0, 2),
        doubt=st.sampled_from(OnInconclusive),
        silence=st.sampled_from(OnNoData),
        max_wait=st.sampled_from([20, 60, 180]),
    )
    def config_of_the_gates(
        self, gates: int, doubt: OnInconclusive, silence: OnNoData, max_wait: int
    ) -> None:
        self.story.plan = replace(
            self.story.plan,
            compared_gates=gates,
            on_inconclusive=doubt,
            on_no_data=silence,
            max_wait=max_wait * MINUTE,
        )

    @rule(times=st.integers(1, 8), minutes=st.sampled_from([36, 45, 130]))
    def good_days(self, times: int, minutes: int = 45) -> None:
        """Good weather, nobody about, and an `up` now and then."""
        for _ in range(times):
            self.up(Metrics.FINE)
            self.story.wait(minutes)

    @rule(times=st.integers(1, 4))
    def put_right(self, times: int) -> None:
        self._put_right()
        self.good_days(times)

    @rule(metrics=st.sampled_from([Metrics.DOUBTFUL, Metrics.UNPROVED, Metrics.SILENT]))
    def doubt_stays(self, metrics: Metrics) -> None:
        for _ in range(3):
            self.up(metrics)
            self.story.wait(40)

    @rule(
        margin=st.sampled_from([0.021, 0.05, 0.01, None]),
        release=st.sampled_from([None, None, None, 0]),
        stage=st.sampled_from([None, None, None, "10"]),
        minutes=st.sampled_from([0, 31, 45]),
    )
    def a_person_approves(
        self, margin: float | None, release: int | None, stage: str | None, minutes: int
    ) -> None:
        self.story.approve(margin, None if release is None else f"credit-risk:{release}", stage)
        self.story.wait(minutes)
        self.story.up(Metrics.DOUBTFUL)

    @rule(
        verb=st.sampled_from(Verb),
        why=st.sampled_from(["complaints", "complaints", ""]),
        release=st.sampled_from([None, None, None, None, 0]),
        rung=st.sampled_from([None, None, None, "10"]),
        minutes=st.sampled_from([0, 0, 1, 45]),
        metrics=st.sampled_from([Metrics.FINE, *Metrics]),
    )
    def a_person_says(  # noqa: PLR0917
        self, verb: Verb, why: str, release: int | None, rung: str | None, minutes: int, metrics: Metrics
    ) -> None:
        self.story.say(verb, why, release=None if release is None else f"credit-risk:{release}", rung=rung)
        self.story.wait(minutes)
        self.up(metrics)

    @rule(metrics=st.sampled_from(Metrics), minutes=st.sampled_from([0, 45, 26 * 60]), ends=st.booleans())
    def a_person_pauses(self, metrics: Metrics, minutes: int, ends: bool) -> None:  # noqa: FBT001
        self.story.pause()
        self.story.wait(minutes)
        self.up(metrics)
        if ends:
            self.story.resume()

    @rule()
    def a_person_resumes(self) -> None:
        self.story.resume()

    @rule(minutes=st.sampled_from([0, 45]))
    def a_person_approves_the_next_stage(self, minutes: int) -> None:
        record = self.story.record
        following = following_stage(record, self.story.plan)
        self.story.approve(None, stage=following.name if following is not None else "100")
        self.story.wait(minutes)
        self.up(Metrics.FINE)

    @rule(writes=st.integers(1, 4), begun=st.booleans(), again=st.booleans())
    def up_is_killed(self, writes: int, begun: bool, again: bool) -> None:  # noqa: FBT001
        self.story.up(weather=Weather(cut_after=writes, in_the_middle=begun))
        if again:
            self.story.up(weather=Weather(cut_after=writes))

    @rule(
        weather=st.sampled_from(
            [Weather(create_hangs=True), Weather(probe=Verdict.ERROR), Weather(probe=Verdict.INCONCLUSIVE)]
        )
    )
    def up_in_bad_weather(self, weather: Weather) -> None:
        self.story.up(weather=weather)

    @rule(ends=st.sampled_from([Provisioning.SUCCEEDED, Provisioning.FAILED]))
    def what_hangs_ends(self, ends: Provisioning) -> None:
        for it in self.azure.deployments.values():
            if it.state is Provisioning.CREATING:
                it.state, it.ends_as = ends, None

    @rule(minutes=st.sampled_from([1, 4, 20, 31, 130, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.story.wait(minutes)

    @rule(metrics=st.sampled_from(Metrics))
    def preview(self, metrics: Metrics) -> None:
        before = repr(self.azure)
        assert self.story.preview(metrics).step == self.story.preview(metrics).step
        assert repr(self.azure) == before, "a preview changed something"

    @rule(metrics=st.sampled_from(Metrics), seconds=st.integers(1, 60))
    def a_hold_stays_a_hold_within_its_bake(self, metrics: Metrics, seconds: int) -> None:
        now = self.story.preview(metrics)
        record, plan = self.story.record, self.story.plan
        since, stage = record.since, plan.stage_at(record.stage or 0, record.mirror)
        if OnInconclusive.ABORT in (plan.on_inconclusive, plan.on_no_data):
            return
        if now.step.kind is not StepKind.HOLD or since is None or stage is None:
            return
        self.azure.now += timedelta(seconds=seconds)
        later = self.story.preview(metrics)
        verdicts = [up.judgement.verdict if up.judgement else None for up in (now, later)]
        if self.azure.now - since < stage.bake and verdicts[0] is verdicts[1]:
            assert later.step.kind is StepKind.HOLD
            assert later.step.record == now.step.record

    @precondition(lambda self: self.story.live)
    @rule(data=st.data())
    def portal_moves_traffic(self, data: st.DataObject) -> None:
        ready = sorted(n for n, it in self.azure.deployments.items() if it.state is Provisioning.SUCCEEDED)
        if not ready:
            return
        one, other = data.draw(st.sampled_from(ready)), data.draw(st.sampled_from(ready))
        share = data.draw(st.integers(0, 100))
        self.azure.traffic = {one: 100} if one == other else {one: share, other: 100 - share}
        for name in list(self.azure.mirror):
            if self.azure.share(name):
                self.azure.mirror.pop(name)
        self.azure.edited = self.azure.now

    @precondition(lambda self: self.story.live)
    @rule(data=st.data())
    def portal_mirrors(self, data: st.DataObject) -> None:
        idle = sorted(
            name
            for name, it in self.azure.deployments.items()
            if it.state is Provisioning.SUCCEEDED and not self.azure.share(name)
        )
        name = data.draw(st.none() | st.sampled_from(idle)) if idle else None
        self.azure.mirror = {} if name is None else {name: data.draw(st.integers(1, 50))}
        self.azure.edited = self.azure.now

    @rule(data=st.data())
    def portal_deletes(self, data: st.DataObject) -> None:
        deployments = self.azure.deployments
        idle = sorted(
            name
            for name, it in deployments.items()
            if not (self.azure.share(name) or self.azure.copies(name) or it.state.in_progress)
        )
        if idle:
            name = data.draw(st.sampled_from(idle))
            deployments.pop(name)
            if not self.azure.zeros_linger and self.azure.traffic:
                self.azure.traffic.pop(name, None)

    @precondition(lambda self: self.azure.traffic is not None)
    @rule(name=st.sampled_from(["blue", "green", "theirs"]), ours=st.booleans())
    def portal_deploys(self, name: str, ours: bool) -> None:  # noqa: FBT001
        if not self.azure.share(name) and name not in (self.story.record.prod, self.story.record.old_prod):
            release = "credit-risk:0" if ours and name != "theirs" else None
            self.azure.deployments[name] = Live(release, Provisioning.SUCCEEDED)

    @rule(
        state=st.sampled_from([Provisioning.FAILED, Provisioning.UPDATING]),
        where=st.sampled_from(["endpoint", "prod", "old prod"]),
    )
    def azure_is_at_work(self, state: Provisioning, where: str) -> None:
        record = self.story.record
        it = self.azure.deployments.get((record.prod if where == "prod" else record.old_prod) or "")
        if where == "endpoint":
            self.azure.endpoint_state = state
        elif it is not None:
            it.state, it.ends_as = state, Provisioning.SUCCEEDED


Histories.TestCase.settings = settings(
    max_examples=3000 if DEEP else 60,
    stateful_step_count=60 if DEEP else 50,
    derandomize=not DEEP,  # the same each time: what a change breaks isn't mixed with what is rare
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestHistories = Histories.TestCase
