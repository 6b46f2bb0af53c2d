"""What is lost around `decide`: tags of the endpoint, of deployments and of the stack, and the state."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from story import History, Metrics, Story

from rollout.core.intent import Verb
from rollout.core.observed import Published
from rollout.core.record import (
    ADOPTED,
    BASELINE,
    MIRROR,
    PROD,
    PROD_RELEASE,
    SINCE,
    STAGE,
    STAGES,
    TAGS,
    TRAFFIC,
)


class Losing(RuleBasedStateMachine):
    """A stack that loses what it remembers by."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.azure = self.story.azure
        self.snapshots: list[Published] = []

    @rule(
        metrics=st.sampled_from([Metrics.FINE, Metrics.FINE, *Metrics]),
        history=st.sampled_from([History.FINE, History.FINE, *History]),
    )
    def up(self, metrics: Metrics, history: History = History.FINE) -> None:
        self.story.up(metrics, history=history)
        self.snapshots.append(self.azure.published)

    @precondition(lambda self: self.story.record.prod is not None)
    @rule(which=st.sampled_from(["all", PROD, PROD_RELEASE]))
    def the_endpoints_tags_are_lost(self, which: str) -> None:
        kept = dict(self.azure.tags)
        for name in list(self.azure.tags) if which == "all" else [which]:
            self.azure.tags.pop(name, None)
        for _ in range(2):
            self.up(Metrics.FINE)
        self.story.say(Verb.ADOPT)
        self.up(Metrics.FINE)
        if not {PROD, PROD_RELEASE} <= self.azure.tags.keys():
            self.azure.tags = {**kept, **self.azure.tags}

    @precondition(lambda self: self.story.record.prod is not None)
    @rule(which=st.sampled_from(TAGS), verb=st.sampled_from([None, Verb.RESET, Verb.ADOPT]))
    def a_tag_of_the_endpoint_is_lost(self, which: str, verb: Verb | None) -> None:
        before = dict(self.azure.tags)
        if self.azure.tags.pop(which, None) is None:
            return
        lost, self.azure.edited = dict(self.azure.tags), self.azure.now
        self.up(Metrics.FINE)
        if verb is not None:
            self.story.say(verb)
            self.up(Metrics.FINE)
        if self.azure.tags == lost:
            self.azure.tags = before

    @precondition(lambda self: self.story.record.prod is not None)
    @rule(
        which=st.sampled_from([ADOPTED, STAGE, SINCE, TRAFFIC, MIRROR, BASELINE, STAGES]),
        copied=st.booleans(),
        verb=st.sampled_from([None, *Verb]),
        metrics=st.sampled_from(Metrics),
    )
    def a_tag_of_the_endpoint_is_garbled(
        self,
        which: str,
        copied: bool,  # noqa: FBT001
        verb: Verb | None,
        metrics: Metrics,
    ) -> None:
        before, published = dict(self.azure.tags), self.azure.published
        self.azure.tags[which], self.azure.edited = "garbage", self.azure.now
        if not copied:
            self.azure.published = replace(published, record={})
        if verb is not None:
            self.story.say(verb)
        for _ in range(2):
            self.up(metrics)
        if self.azure.tags.get(which) == "garbage":
            self.azure.tags = before

    @rule(which=st.integers(0, 2), metrics=st.sampled_from(Metrics))
    def a_deployment_loses_its_release(self, which: int, metrics: Metrics) -> None:
        old = self.story.record.old_prod  # it is deleted by its name
        ours = sorted(n for n, it in self.azure.deployments.items() if it.release is not None and n != old)
        if ours:
            it = self.azure.deployments[ours[which % len(ours)]]
            release, it.release = it.release, None
            for _ in range(2):
                self.up(metrics)
            it.release = it.release or release

    @rule(what=st.sampled_from(["all", "probe", "phase", "stale", "state"]), data=st.data())
    def memory_is_lost(self, what: str, data: st.DataObject) -> None:
        if what == "state":
            self.azure.state.clear()
            self.azure.protected.clear()
        elif what == "stale":
            self.azure.published = data.draw(st.sampled_from(self.snapshots[-4:] or [Published()]))
        else:
            lost = Published() if what == "all" else replace(self.azure.published, **{what: None})
            self.azure.published = lost
