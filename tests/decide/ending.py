"""The end of a history: good weather, and a person who puts right what was edited and does what holds say."""

from __future__ import annotations

import re
from dataclasses import replace

from azure_model import Live, Quality
from hypothesis import strategies as st
from hypothesis.stateful import rule
from losing import Losing
from story import LADDER, MINUTE

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.plan import Stage
from rollout.core.record import PROD, PROD_RELEASE, Record
from rollout.core.step import Outcome, Phase, Step, StepKind

ANSWERS = 4
"""How many holds in a row a person has to answer."""
STEPS = 9 + 4


class Ending(Losing):
    """A stack whose rollout comes to its end once nothing disturbs it."""

    def __init__(self) -> None:
        super().__init__()
        self.releases: list[str] = []

    @rule(quality=st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, *Quality]))
    def release(self, quality: Quality) -> None:
        release = f"credit-risk:{len(self.releases)}"
        self.releases.append(release)
        self.story.config(release, quality)

    def teardown(self) -> None:
        """Put all right, and let the rollout come to its end by `up`s, and by what their holds ask for."""
        if not self.releases:
            return
        self._put_right()
        for _ in range(ANSWERS):
            kinds = self.story.run()
            done = [kind for kind in kinds if kind is not StepKind.REPAIR]
            assert len(done) <= STEPS, f"too many steps: {kinds}"
            if not self._does_what_it_says(self.story.ups[-1].step):
                break
        self._it_came_to_its_end()

    def _does_what_it_says(self, last: Step) -> bool:
        """Do as a person does who reads why the last `up` held; returns whether there was anything to do."""
        if last.kind is not StepKind.HOLD:
            return False
        if "release the earlier model as a new release" in last.reason:
            self.release(Quality.GOOD)
        elif told := re.search(r"(?:prod|but) (\S+) is Failed.*: restore it", last.reason):
            self.azure.deployments[told[1]].state = Provisioning.SUCCEEDED
        elif "no tag says any more which release prod" in last.reason:
            self.story.say(Verb.ADOPT)
        elif told := re.search(r"the slot (\S+) holds a deployment that no rollout made", last.reason):
            self.azure.deployments.pop(told[1])
        elif "the record names no prod" in last.reason:
            published = self.azure.published.record
            self.azure.tags |= {name: published[name] for name in (PROD, PROD_RELEASE) if name in published}
        else:
            return False
        return True

    def _put_right(self) -> None:
        azure, record = self.azure, self.story.record
        self.story.resume()
        plain = tuple(replace(stage, approval=False, deadline=None) for stage in self.story.plan.stages)
        self.story.plan = replace(self.story.plan, stages=plain)
        if Record.from_tags(azure.tags) is None and azure.traffic:
            self._adopted()
            record = self.story.record
        azure.endpoint_state = Provisioning.SUCCEEDED
        roles = {record.prod: record.prod_release, record.candidate: record.release}
        for name, release in roles.items():
            share = record.traffic.get(name or "", 0) or record.routing.mirror.get(name or "", 0)
            it = azure.deployments.get(name or "")
            if record.adopted is not None and record.adopted.name == name and it is not None:
                continue
            if name and release and (share or name == record.prod) and (it is None or it.release != release):
                azure.deployments[name] = Live(release, Provisioning.SUCCEEDED)
        if azure.traffic is not None:
            settled = record.candidate is None and record.prod is not None
            recorded_map = {record.prod or "": 100} if settled else record.traffic
            azure.traffic = {n: s for n, s in recorded_map.items() if n in azure.deployments}
            azure.mirror = dict(record.routing.mirror)
        for name, it in list(azure.deployments.items()):
            if name == record.prod or it.state in (Provisioning.CREATING, Provisioning.UPDATING):
                it.state, it.ends_as = Provisioning.SUCCEEDED, None
            if it.release is None and name not in azure.adopted:
                azure.deployments.pop(name)
        above = record.stage or record.mirror
        if above and self.story.plan.stage_at(record.stage or 0, record.mirror) is None:
            rung = Stage(record.stage or 0, MINUTE, mirror=record.mirror)
            stages = (LADDER[-1],) if rung.traffic == 100 else (rung, LADDER[-1])
            self.story.plan = replace(self.story.plan, stages=stages)
        assert {*record.traffic, record.prod} >= set(azure.traffic or {})

    def _adopted(self) -> None:
        """Take over what serves, all of it moved to one deployment first."""
        self.azure.endpoint_state = Provisioning.SUCCEEDED
        for it in self.azure.deployments.values():
            it.state, it.ends_as = Provisioning.SUCCEEDED, None
        name = max(self.azure.traffic or {}, key=self.azure.share)
        self.story.portal({name: 100})
        self.story.say(Verb.ADOPT)
        assert self.story.up().step.kind is StepKind.ADOPT

    def _it_came_to_its_end(self) -> None:
        plan, record, last = self.story.plan, self.story.record, self.story.up().step
        assert last.kind is StepKind.NONE, last
        assert last.outcome is Outcome.FINE
        assert record.candidate is None
        assert record.old_prod is None
        quality = self.azure.quality[plan.release]
        if plan.release in record.failed:
            assert last.phase is Phase.DEGRADED
        elif quality is Quality.GOOD:
            assert last.phase is Phase.HEALTHY, last
            assert record.prod_release == plan.release
        else:
            assert plan.release == record.prod_release, "a bad release neither serves nor was taken back"
        assert self.story.live == ({record.prod: 100} if record.prod else {})
        left = {
            name: it.release
            for name, it in self.azure.deployments.items()
            if it.release is not None and it.state is Provisioning.SUCCEEDED and name != record.prod
        }
        assert set(left.values()) <= set(record.failed), f"{left} is left, and nobody deletes it"
        if record.prod:
            serving = self.azure.deployments[record.prod]
            assert serving.release == record.prod_release or record.prod in self.azure.adopted
