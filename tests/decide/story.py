"""One stack over time: config, Azure, and the `up`s between them. Every `up` is checked against every law."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from azure_model import Azure, Ended, Live, Quality, Refused, Weather
from laws import LAWS, azure_refuses_nothing
from seen_up import Up

from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.decide import decide
from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.history import Thin
from rollout.core.gates.judgement import Compared, Finding, Judgement, Line
from rollout.core.intended import subject
from rollout.core.intent import Intent, Paused, Verb
from rollout.core.judging import Question, baseline_due, question
from rollout.core.known import known
from rollout.core.observed import Approval, Provisioning
from rollout.core.plan import Plan, Stage
from rollout.core.publication import lags
from rollout.core.record import Record
from rollout.core.step import Step, StepKind
from rollout.core.verdict import Verdict

ONE, TWO, THREE = "credit-risk:1-aaaaaaaa", "credit-risk:2-bbbbbbbb", "credit-risk:3-cccccccc"
BAKE = 36
"""Minutes: the bake of 30, with settle and lag."""
MINUTE = timedelta(minutes=1)
JUDGED_AT_LEAST = 5 * MINUTE
PATIENCE = (36 * MINUTE, 126 * MINUTE, 25 * 60 * MINUTE, MINUTE)
"""How long an undisturbed rollout is waited for: past a bake, the last bake, the soak."""
LADDER = (
    Stage(10, 30 * MINUTE, min_requests=100),
    Stage(50, 30 * MINUTE, min_requests=100),
    Stage(100, 120 * MINUTE, min_requests=100),
)
SHADOW_LADDER = (
    Stage(0, 30 * MINUTE, mirror=20),
    Stage(0, 30 * MINUTE, mirror=50),
    *LADDER,
)
PROVED = 0.0208
"""The margin that a doubtful comparison has proved."""


class Metrics(StrEnum):
    """How Azure Monitor does."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    """The comparison can't tell yet; it has proved that the candidate is at most `PROVED` worse."""
    UNPROVED = "unproved"
    """It can't tell yet, and has proved no margin."""
    SILENT = "silent"
    """No data at all."""
    UNREADABLE = "unreadable"
    UNASKED = "unasked"
    """The gates couldn't be asked: no judgement."""


class History(StrEnum):
    """What is known of prod's usual traffic where a comparison asks for it."""

    FINE = "fine"
    THIN = "thin"
    UNREADABLE = "unreadable"
    UNASKED = "unasked"


@dataclass
class Story:
    """A stack, its endpoint and what happened so far."""

    plan: Plan = field(default_factory=lambda: Plan("none:0", LADDER))
    azure: Azure = field(default_factory=Azure)
    ups: list[Up] = field(default_factory=list)

    def config(self, release: str, quality: Quality = Quality.GOOD) -> None:
        """Commit a release to config."""
        self.azure.quality.setdefault(release, quality)
        self.plan = replace(self.plan, release=release)

    def preview(self, metrics: Metrics = Metrics.FINE, history: History = History.FINE) -> Up:
        """Return what an `up` would do now; nothing changes."""
        seen = self.azure.observe()
        asked = question(self.plan, seen)
        judgement = self._judge(asked, metrics)
        due = baseline_due(self.plan, seen)
        usual = self._usual(history) if due is not None else None
        return Up(self.plan, seen, asked, judgement, decide(self.plan, seen, judgement, usual), usual)

    def up(
        self,
        metrics: Metrics = Metrics.FINE,
        weather: Weather | None = None,
        history: History = History.FINE,
    ) -> Up:
        """Run `pulumi up` once, and check every law."""
        up = self.preview(metrics, history)
        for law in LAWS:
            try:
                law(up)
            except AssertionError as broken:
                broken.add_note(
                    f"law: {law.__name__}\nstep: {up.step}\nseen: {up.seen}\nplan: {up.plan.release}"
                )
                raise
        self._the_window_is_inside_the_stage(up)
        self.ups.append(up)
        try:
            self.azure.up(up.step, self.plan.release, weather or Weather())
        except Ended:
            return up
        except Refused as error:
            azure_refuses_nothing(up, self.azure, error)
        self._what_was_published_needs_no_repair(up, metrics)
        return up

    def approve(self, margin: float | None, release: str | None = None, stage: str | None = None) -> None:
        """Accept a margin, for what is rolled out now unless another release or stage is named."""
        record = self.record
        approved = Approval(
            release or record.release or "", stage or record.rung, "ada", self.azure.now, margin
        )
        self.azure.published = replace(self.azure.published, approved=approved)

    def say(
        self, verb: Verb, why: str = "so it is", *, release: str | None = None, rung: str | None = None
    ) -> Intent:
        """Write an intent, as a command does: for what is there now, unless something else is named."""
        meant = subject(verb, self.plan, known(self.azure.observe()))
        named = release or (meant.release if meant is not None else ONE)
        intent = Intent(verb, named, rung or (meant.rung if meant else None), "ada", self.azure.now, why)
        self.azure.published = replace(self.azure.published, intent=intent)
        return intent

    def pause(self, why: str = "freeze") -> None:
        """Write a pause."""
        paused = Paused("bob", self.azure.now, why)
        self.azure.published = replace(self.azure.published, paused=paused)

    def resume(self) -> None:
        """Take the pause away."""
        self.azure.published = replace(self.azure.published, paused=None, resumed=self.azure.now)

    def portal(self, traffic: dict[str, int], mirror: dict[str, int] | None = None) -> None:
        """Set the traffic by hand."""
        self.azure.traffic, self.azure.mirror = traffic, mirror or {}
        self.azure.edited = self.azure.now

    def wait(self, minutes: float) -> None:
        """Let Azure's clock go on."""
        self.azure.wait(minutes * MINUTE)

    def run(self, limit: int = 200) -> list[StepKind]:
        """Run `up`s, waiting while they hold, until nothing is left to do; return the steps that did any."""
        kinds: list[StepKind] = []
        still = 0
        for _ in range(limit):
            kind = self.up().step.kind
            if kind in (StepKind.NONE, StepKind.HOLD):
                if still == len(PATIENCE):
                    return kinds
                self.azure.wait(PATIENCE[still])
                still += 1
            else:
                still = 0
                kinds.append(kind)
                self.wait(1)
        raise AssertionError(f"no end after {limit} ups: {kinds[-20:]}")

    @property
    def record(self) -> Record:
        """The record on the endpoint, without the gaps that can be filled."""
        return known(self.azure.observe()) or Record()

    @property
    def live(self) -> dict[str, int]:
        """The live traffic without zeros."""
        return {name: share for name, share in (self.azure.traffic or {}).items() if share}

    def _judge(self, asked: Question | None, metrics: Metrics) -> Judgement | None:
        if asked is None or metrics is Metrics.UNASKED:
            return None
        if metrics is Metrics.UNREADABLE:
            return judged(asked, Verdict.ERROR)
        if metrics is Metrics.SILENT:
            return judged(asked, Verdict.INCONCLUSIVE, no_data=True)
        if not asked.window.holds(JUDGED_AT_LEAST):
            return judged(asked, Verdict.INCONCLUSIVE)
        it = self.azure.deployments[asked.deployment]
        quality = self.azure.quality.get(it.serves or it.release or "")
        half = quality is Quality.BAD_AT_HALF and asked.stage.traffic >= 50
        if half or quality is Quality.BAD_AT_GATE:
            return judged(asked, Verdict.FAILED)
        if metrics in (Metrics.DOUBTFUL, Metrics.UNPROVED):
            return in_doubt(asked, PROVED if metrics is Metrics.DOUBTFUL else None)
        return judged(asked, Verdict.SUCCESSFUL)

    def _usual(self, history: History) -> Baseline | Thin | Unreadable | None:
        if history is History.FINE:
            return Baseline(
                Tier.LOGS,
                5400,
                0.004,
                (9.0, 20.5, 31.25),
                self.plan.compared_stages,
                self.plan.compared_gates,
            )
        return {
            History.THIN: Thin(31),
            History.UNREADABLE: Unreadable("Log Analytics answered 403"),
            History.UNASKED: None,
        }[history]

    def _the_window_is_inside_the_stage(self, up: Up) -> None:
        """Rule 4: only what was measured after the engine's last PUT, and is no longer arriving.

        Where a publish was lost nobody knows when that PUT ended: the bake starts again with the repair.
        """
        if up.question is None or up.seen.published.record != up.record.tags():
            return
        window = up.question.window
        assert window.start >= self.azure.modified + self.plan.settle, (
            f"{window.show()} begins before the stage"
        )
        assert window.end <= up.seen.now - self.plan.lag
        working = (Provisioning.SUCCEEDED, Provisioning.UPDATING, Provisioning.SCALING)
        assert self.azure.deployments[up.question.deployment].state in working

    def _what_was_published_needs_no_repair(self, up: Up, metrics: Metrics) -> None:
        """After an `up` that came to its end the tags say what the endpoint says."""
        if not up.step.kind.publishes:
            return
        assert not lags(self.record, self.azure.published), "published, and lagging at once"
        step, probe = self.preview(metrics).step, self.azure.published.probe
        if step.probe is not None and step.kind is StepKind.REPAIR:
            passed = probe is not None and probe.verdict is Verdict.SUCCESSFUL
            assert not passed or probe.release != self.record.release, "probed, and to be probed again"


def judged(
    asked: Question, verdict: Verdict, requests: float | None = 1000, *, no_data: bool = False
) -> Judgement:
    """Return a judgement of one gate with a fixed limit."""
    sentence = f"latency was {verdict} in {asked.window.show()}"
    finding = Finding("latency", verdict, sentence, 42.0, "<= 50", no_data=no_data)
    return Judgement(asked.window, (finding,), requests)


def in_doubt(asked: Question, proved: float | None, *others: Finding) -> Judgement:
    """Return a judgement with a comparison that can't tell, and what other gates found."""
    compared = Compared(
        tier=Tier.LOGS,
        candidate_requests=120,
        prod_requests=1080,
        candidate_events=1,
        prod_events=5,
        allowed=0.01,
        certified=proved,
        evidence=Line("evidence", ()),
        bound=1.3,
        eta=None,
    )
    sentence = f"errors-vs-prod can't tell in {asked.window.show()}"
    finding = Finding("errors-vs-prod", Verdict.INCONCLUSIVE, sentence, compared=compared)
    return Judgement(asked.window, (finding, *others), 1200)


def healthy(release: str = ONE) -> Story:
    story = Story()
    story.config(release)
    story.up()
    story.up()
    story.wait(300)
    return story


def rolling_out(ups: int, quality: Quality = Quality.GOOD, **changes: object) -> Story:
    """Return a healthy stack and a second release so many `up`s on its way."""
    story = healthy()
    story.plan = replace(story.plan, **changes)
    story.config(TWO, quality)
    for _ in range(ups):
        story.up()
        story.wait(BAKE)
    return story


def soaking() -> Story:
    story = rolling_out(4)
    story.wait(120)
    assert story.up().step.kind is StepKind.PROMOTE
    return story


def comparing(ups: int, quality: Quality = Quality.GOOD, **changes: object) -> Story:
    """Return a release so many `up`s on its way up a ladder with a mirrored rung and a gate that compares."""
    return rolling_out(ups, quality, **{"stages": SHADOW_LADDER, "compared_gates": 1, **changes})


def serving_already(name: str = "main", **tags: str) -> Story:
    """Return an endpoint that somebody made, with one deployment that serves, and config that says so."""
    story = Story(azure=Azure(traffic={name: 100}, tags={"team": "credit", **tags}))
    story.azure.deployments[name] = Live(None, Provisioning.SUCCEEDED)
    story.config(ONE)
    story.wait(1)
    return story


def step_of(story: Story, metrics: Metrics = Metrics.FINE, weather: Weather | None = None) -> Step:
    return story.up(metrics, weather).step
