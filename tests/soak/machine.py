"""Random histories of one stack on the real engine and the local Azure: releases, people, faults and crashes.

Between `up`s many cheap things happen, as in life. What must hold is looked at in every `up`, and at the end
of each history all is put right: the rollout must then come to rest by `up`s alone.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rollout.core.record import TAGS
from tests.soak.crash import WRITES
from tests.soak.load import Load
from tests.soak.phases import BAKED, SOAKED
from tests.soak.place import ANY_LADDER_GATES, NOT_OURS
from tests.soak.portal import GARBLED
from tests.soak.rest import comes_to_rest, do_what_it_says
from tests.soak.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.rollout import Rollout
    from tests.soak.place import Place

FAULTS = (
    {"match": {"method": "POST", "path": "metrics:getBatch"}, "status": 503},
    {"match": {"method": "POST", "path": "metrics:getBatch"}, "status": 429, "retryAfter": 1, "times": 2},
    {
        "match": {"method": "PUT", "path": f"/onlineEndpoints/{NOT_OURS}"},
        "status": 429,
        "retryAfter": 1,
        "times": 2,
    },
    {
        "match": {"method": "PUT", "path": f"/onlineEndpoints/{NOT_OURS}"},
        "cut": True,
        "when": "after",
        "times": 1,
    },
    {"match": {"path": f"/onlineEndpoints/{NOT_OURS}"}, "status": 500, "times": 3},
    {"match": {"method": "PUT", "path": rf"/onlineEndpoints/[^/]+\?{NOT_OURS}"}, "status": 503},
    {"operation": {"path": "/deployments/", "outcome": "fail", "message": "An internal error occurred."}},
    {"operation": {"path": "/onlineEndpoints/[^/]+$", "outcome": "fail", "times": 1}},
)
SILENCE = (
    {"of": "metrics", "delay": 300},
    {"of": "metrics", "delay": 3600},
    {"of": "metrics", "deployment": "green", "from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"},
)
VERBS = ("pause", "resume", "abort", "retry", "skip", "undo", "adopt", "reset", "approve", "approve")
LADDERS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((10, 50, 100), ()),
    ((50, 100), ()),
    ((10, 100), ()),
    ((10, 50, 100), (10, 50, 100)),
    ((10, 50, 100), (50,)),
)
PUBLISHED = (
    ("ROLLOUT_STAGE", "ROLLOUT_SINCE", "ROLLOUT_PROBE"),
    ("ROLLOUT_PROBE",),
    ("PROD_DEPLOYMENT", "ROLLOUT_PHASE"),
    (*TAGS, "ROLLOUT_PROBE", "ROLLOUT_PHASE", "ROLLOUT_REASON", "ROLLOUT_SETTLED", "ROLLOUT_REPAIRED"),
)
UPS_A_STEP = 5 / 60
"""So many `up`s have their turn with each step, beside two: they are what takes long, and come all along."""


@dataclass
class Tally:
    """What so many histories came to."""

    histories: int = 0
    adopted: int = 0
    steps: int = 0
    ups: int = 0
    killed: int = 0
    raced: int = 0
    requests: int = 0
    said: Counter[str] = field(default_factory=Counter[str])
    in_ups: float = 0.0
    """Seconds."""
    broken: list[str] = field(default_factory=list[str])
    """The story of each history that broke a law."""

    def add(self, other: Tally) -> None:
        """Add another's counts."""
        for name in ("histories", "adopted", "steps", "ups", "killed", "raced", "requests", "in_ups"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.said.update(other.said)
        self.broken += other.broken


@dataclass
class Stage:
    """Where histories happen, one after the other on one stack, as long as no law is broken on it."""

    place: Place
    rollout: Rollout | None = None
    load: Load | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def healthy(self) -> Rollout:
        """Return a stack at rest."""
        if self.rollout is None:
            self.rollout = self.place.stack("machine", **{"rollout:gates": ANY_LADDER_GATES})
            self.rollout.healthy()
        return self.rollout

    def foreign(self) -> Rollout:
        """Return a stack that names an endpoint which somebody else made, and which serves."""
        foreign = self.place.foreign("foreign", self.healthy())
        self.leave()
        self.rollout = foreign
        return foreign

    def under_load(self) -> Load:
        """Return the load on the stack."""
        if self.load is None and self.rollout is not None:
            self.load = Load(self.rollout, 3)
            self.load.__enter__()
        assert self.load is not None
        return self.load

    def leave(self) -> None:
        """Leave the stack: the next history has another."""
        rollout, load = self.rollout, self.load
        self.rollout, self.load = None, None
        if load is not None:
            load.__exit__(None, None, None)
        if rollout is not None:
            with suppress(AssertionError):  # Azure may be at work on it
                self.place.azure.arm("DELETE", rollout.endpoint_id)


class Histories(RuleBasedStateMachine):
    """One history: a stack that is at rest when it begins and when it ends."""

    stage: ClassVar[Stage]
    tally: ClassVar[Tally]
    leaving: ClassVar[bool] = False
    """Whether the process is told to end: then nothing is brought to rest first."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.gives_up = False

    @initialize(
        any_but_the_simplest=st.booleans(),
        foreign=st.sampled_from([False, False, False, True]),
        version=st.sampled_from([2, 3, 4, 5]),
        ups=st.integers(0, 3),
        gives_up=st.booleans(),
    )
    def a_release_is_on_its_way(
        self,
        any_but_the_simplest: bool,  # noqa: FBT001
        foreign: bool,  # noqa: FBT001
        version: int,
        ups: int,
        gives_up: bool,  # noqa: FBT001
    ) -> None:
        assume(any_but_the_simplest and not self.tally.histories)
        rollout = self.stage.foreign() if foreign else self.stage.healthy()
        self.load = self.stage.under_load()
        self.sent = self.load.requests
        self.world, self.gives_up = World(rollout), gives_up
        self.tally.adopted += foreign
        if foreign:
            self.lives(self.here.up)
            self.lives(self.here.say, "adopt")
            self.lives(self.here.up)
        self.lives(self.here.back_up)
        self.release(version)
        for _ in range(ups):
            self.lives(self.here.up)
            self.lives(self.here.serve, BAKED)

    @property
    def here(self) -> World:
        """What happens to the stack."""
        assert self.world is not None
        return self.world

    def lives(self, does: Any, *arguments: Any, **named: Any) -> Any:
        """Do something; a law that breaks is told with all that came before: no history is lived twice."""
        try:
            return does(*arguments, **named)
        except Exception as error:
            self.here.broken = f"{type(error).__name__}: {error}\n{self.here.story()}"
            raise

    def is_due(self) -> bool:
        """Return whether an `up` has its turn; else a minute passes."""
        due = self.here.ups < 2 + UPS_A_STEP * self.tally.steps
        if not due:
            self.lives(self.here.serve, 1)
        return due

    @rule()
    def time_passes(self) -> None:
        self.lives(self.here.serve, BAKED)

    @rule(minutes=st.sampled_from([1, 5, SOAKED]), errors=st.sampled_from([0, 0, 0, 60]))
    def requests_are_answered(self, minutes: int, errors: int) -> None:
        self.lives(self.here.serve, minutes, errors)

    @rule()
    def nobody_asks_anything(self) -> None:
        self.here.rollout.azure.advance(minutes=BAKED)
        self.here.done.append(f"{BAKED} silent minutes")

    @rule(version=st.sampled_from([1, 2, 3, 3, 4, 5]))
    def release(self, version: int) -> None:
        self.here.release(version, next(self.stage.numbers))

    @rule()
    def config_goes_back_to_prod(self) -> None:
        self.lives(self.here.back_to_prod)

    @rule(ladder=st.sampled_from(LADDERS))
    def config_of_the_ladder(self, ladder: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        self.here.ladder(*ladder)

    @rule(keep=st.booleans())
    def config_of_what_failed(self, keep: bool) -> None:  # noqa: FBT001
        self.here.rollout.project.configure(**{"rollout:keepFailed": keep})
        self.here.done.append(f"config: keepFailed {keep}")

    @rule(share=st.sampled_from([0, 10, 30, 100, None, None]))
    def portal_edits_traffic(self, share: int | None) -> None:
        if share is None:
            self.lives(self.here.at_the_portal, "puts_traffic_back")
        else:
            self.lives(self.here.at_the_portal, "moves_traffic", share)

    @rule(
        does=st.sampled_from(["scales", "scales", "loses_the_release_of", "deletes_what_is_idle"]),
        which=st.integers(0, 1),
    )
    def portal_edits_a_deployment(self, does: str, which: int) -> None:
        self.lives(self.here.at_the_portal, does, which)

    @rule(which=st.sampled_from(["all", GARBLED, "PROD_DEPLOYMENT", *TAGS]))
    def portal_loses_tags(self, which: str) -> None:
        self.lives(self.here.at_the_portal, "loses_tags", which)

    @rule(which=st.sampled_from(PUBLISHED))
    def stack_tags_are_lost(self, which: tuple[str, ...]) -> None:
        self.lives(self.here.lose_stack_tags, which)

    @rule()
    def state_is_backed_up(self) -> None:
        self.lives(self.here.back_up)

    @rule(which=st.integers(0, 5))
    def state_is_restored(self, which: int) -> None:
        self.lives(self.here.restore, which)

    @rule(fault=st.sampled_from(FAULTS))
    def azure_fails(self, fault: dict[str, object]) -> None:
        self.here.fault(fault)

    @rule(data=st.sampled_from(SILENCE))
    def metrics_are_late_or_missing(self, data: dict[str, object]) -> None:
        self.here.fault({"data": data})

    @rule()
    def azure_is_well_again(self) -> None:
        self.here.fault(None)

    @rule()
    def a_person_does_what_was_said(self) -> None:
        self.lives(do_what_it_says, self.here)

    @rule(verb=st.sampled_from(VERBS))
    def a_person_says(self, verb: str) -> None:
        self.lives(self.here.say, verb)

    @rule()
    def up(self) -> None:
        if self.is_due():
            self.lives(self.here.up)

    @rule()
    def up_after_a_bake(self) -> None:
        if self.is_due():
            self.lives(self.here.serve, BAKED)
            self.lives(self.here.up)

    @rule()
    def up_as_status_said(self) -> None:
        if self.is_due():
            self.lives(self.here.up_as, self.here.status, "status")

    @rule()
    def up_as_the_preview_said(self) -> None:
        if self.is_due():
            self.lives(self.here.up_as, self.here.preview, "the preview")

    @rule(when=st.integers(1, 30) | st.sampled_from(WRITES), group=st.booleans())
    def up_is_killed(self, when: int | str, group: bool) -> None:  # noqa: FBT001
        if self.is_due():
            self.lives(self.here.up_is_killed, when, group=group)

    @rule(apart=st.sampled_from([0.0, 0.1, 0.4]))
    def two_ups_at_once(self, apart: float) -> None:
        if self.is_due():
            self.lives(self.here.two_ups_at_once, apart)

    @invariant()
    def no_client_saw_an_error(self) -> None:
        if self.world is not None:
            self.tally.steps += 1
            self.lives(self._nobody_failed)

    def _nobody_failed(self) -> None:
        assert not self.load.failed, self.load.failed[:5]

    def teardown(self) -> None:
        """Put all right, and let the rollout come to rest by `up`s alone."""
        world = self.world
        if world is None or self.leaving:
            return
        try:
            if world.broken is None:
                self.lives(comes_to_rest, world, gives_up=self.gives_up)
                self.lives(self._nobody_failed)
        finally:
            tally = self.tally
            tally.histories += 1
            tally.requests += self.load.requests - self.sent
            tally.ups += world.ups
            tally.killed += world.killed
            tally.raced += world.raced
            tally.in_ups += world.seconds
            tally.said.update(world.said)
            if world.broken is not None:
                tally.broken.append(world.broken)
                self.stage.place.azure.control("DELETE", "faults")
                self.stage.leave()
