"""Random histories of one stack on the real engine and the local Azure: releases, people, faults and crashes.

Between `up`s many cheap things happen, as in life. What must hold is looked at in every `up`, and at the end
of each history all is put right: the rollout must then come to its end by `up`s alone.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from tests.soak.load import Load
from tests.soak.phases import BAKED, SOAKED
from tests.soak.place import Place, place
from tests.soak.world import LADDERS, World

PATIENCE = 16
"""`up`s within which an undisturbed rollout comes to its end."""
METRICS = {"match": {"method": "POST", "path": "metrics:getBatch"}, "status": 503}
FAULTS = (
    METRICS,
    {"data": {"of": "metrics", "delay": 3600}},
    {"match": {"method": "PUT", "path": "/onlineEndpoints/"}, "status": 429, "retryAfter": 1, "times": 2},
    {"match": {"method": "PUT", "path": "/onlineEndpoints/"}, "cut": True, "when": "after", "times": 1},
    {"match": {"path": "/onlineEndpoints/"}, "status": 500, "times": 3},
    {"match": {"method": "PUT", "path": r"/onlineEndpoints/[^/]+\?"}, "status": 503},
    {"operation": {"path": "/deployments/", "outcome": "fail", "message": "An internal error occurred."}},
    {"operation": {"path": "/onlineEndpoints/[^/]+$", "outcome": "fail", "times": 1}},
)
VERBS = ("pause", "resume", "abort", "retry", "skip", "undo", "adopt", "reset")


@dataclass
class Tally:
    """What so many histories came to."""

    broken: bool = False
    histories: int = 0
    steps: int = 0
    ups: int = 0
    killed: int = 0
    requests: int = 0
    said: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Add another's counts."""
        for name in ("histories", "steps", "ups", "killed", "requests"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.said.update(other.said)


@dataclass
class Told:
    """A world whose broken laws are printed where they break: a history can't be lived twice."""

    world: World

    def __getattr__(self, name: str) -> Any:
        does = getattr(self.world, name)
        if not callable(does):
            return does

        def telling(*arguments: Any, **named: Any) -> Any:
            try:
                return does(*arguments, **named)
            except AssertionError as error:
                self.world.told(error)
                raise

        return telling


class Histories(RuleBasedStateMachine):
    """One history: a stack of its own, which is healthy when it begins."""

    place: ClassVar[Place]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(
        any_but_the_simplest=st.booleans(), version=st.sampled_from([2, 3, 4, 5]), ups=st.integers(0, 3)
    )
    def a_release_is_on_its_way(self, any_but_the_simplest: bool, version: int, ups: int) -> None:  # noqa: FBT001
        assume(
            any_but_the_simplest and not self.tally.broken
        )  # Hypothesis begins with the history in which nothing happens
        rollout = self.place.stack("machine")
        rollout.healthy()
        self.load = Load(rollout, 5)
        self.load.__enter__()
        self.world = World(rollout)
        self.here.back_up()
        self.here.release(version)
        for _ in range(ups):
            self.here.up()
            self.here.serve(BAKED, 0)

    @property
    def here(self) -> Told:
        """What happens to the stack; whatever breaks a law is told with all that came before."""
        assert self.world is not None
        return Told(self.world)

    @rule()
    def time_passes(self) -> None:
        self.here.serve(BAKED, 0)

    @rule(minutes=st.sampled_from([1, 5, SOAKED]), errors=st.sampled_from([0, 0, 0, 60]))
    def requests_are_answered(self, minutes: int, errors: int) -> None:
        self.here.serve(minutes, errors)

    @rule()
    def nobody_asks_anything(self) -> None:
        self.here.rollout.azure.advance(minutes=BAKED)
        self.here.done.append(f"{BAKED} silent minutes")

    @rule(version=st.sampled_from([1, 2, 3, 3, 4, 5]))
    def release(self, version: int) -> None:
        self.here.release(version)

    @rule()
    def config_goes_back_to_prod(self) -> None:
        self.here.back_to_prod()

    @rule(rungs=st.sampled_from(LADDERS))
    def config_of_the_ladder(self, rungs: tuple[int, ...]) -> None:
        self.here.ladder(rungs)

    @rule(keep=st.booleans())
    def config_of_what_failed(self, keep: bool) -> None:  # noqa: FBT001
        self.here.rollout.project.configure(**{"rollout:keepFailed": keep})
        self.here.done.append(f"keepFailed {keep}")

    @rule(share=st.sampled_from([0, 10, 30, 100]))
    def portal_moves_traffic(self, share: int) -> None:
        self.here.edit_traffic(share)

    @rule()
    def portal_puts_it_back(self) -> None:
        self.here.put_back()

    @rule()
    def portal_deletes(self) -> None:
        self.here.delete_idle()

    @rule()
    def stack_tags_are_lost(self) -> None:
        self.here.lose_stack_tags()

    @rule()
    def state_is_backed_up(self) -> None:
        self.here.back_up()

    @rule(which=st.integers(0, 5))
    def state_is_restored(self, which: int) -> None:
        self.here.restore(which)

    @rule(fault=st.sampled_from(FAULTS))
    def azure_fails(self, fault: dict[str, object]) -> None:
        self.here.fault(fault)

    @rule()
    def azure_is_well_again(self) -> None:
        self.here.fault(None)

    @rule(verb=st.sampled_from(VERBS))
    def a_person_says(self, verb: str) -> None:
        self.here.say(verb)

    @rule()
    def up(self) -> None:
        self.here.up()

    @rule()
    def up_after_a_bake(self) -> None:
        self.here.serve(BAKED, 0)
        self.here.up()

    @rule()
    def up_as_status_said(self) -> None:
        self.here.up_as_status_said()

    @rule(request=st.integers(1, 30), group=st.booleans())
    def up_is_killed(self, request: int, group: bool) -> None:  # noqa: FBT001
        self.here.up(kill_at=request, group=group)

    @invariant()
    def no_client_saw_an_error(self) -> None:
        if self.world is None:
            return
        self.tally.steps += 1
        assert self.world.broken or not self.load.failed, f"{self.load.failed[:5]}\n{self.world.story()}"

    def teardown(self) -> None:
        """Put all right, and let the rollout come to its end by `up`s alone."""
        if self.world is None:
            return
        try:
            if not self.world.broken:
                self.here.put_right()
                self.here.comes_to_its_end(PATIENCE)
                assert not self.load.failed, self.load.failed[:5]
        finally:
            self.load.__exit__(None, None, None)
            self.tally.histories += 1
            self.tally.broken |= self.world.broken
            self.tally.requests += self.load.requests
            self.tally.ups += self.world.ups
            self.tally.killed += self.world.killed
            self.tally.said.update(self.world.said)
            self.place.azure.control("DELETE", "faults")
            self.place.azure.arm("DELETE", self.world.rollout.endpoint_id)


def histories(place: Place, count: int, steps: int, seed: int) -> Tally:
    """Run so many histories of so many steps. Raises at the first law that is broken."""
    tally, began = Tally(), time.monotonic()

    class Here(Histories):
        pass

    Here.place, Here.tally = place, tally
    profile = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    Here._hypothesis_internal_use_seed = seed  # what hypothesis.seed() sets
    run(Here, settings=profile, _min_steps=steps)
    tally.seconds = time.monotonic() - began
    return tally


def side_by_side(count: int, steps: int, seed: int, jobs: int) -> Tally:
    """Run so many histories in so many processes, each with a local Azure of its own; returns their sum."""
    began, sums = time.monotonic(), Tally()
    shares = [count // jobs + (each < count % jobs) for each in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = [
            pool.submit(_alone, share, steps, seed + number) for number, share in enumerate(shares) if share
        ]
        for each in running:
            sums.add(each.result())
    sums.seconds = time.monotonic() - began
    return sums


def _alone(count: int, steps: int, seed: int) -> Tally:
    with tempfile.TemporaryDirectory() as folder, place(Path(folder)) as where:
        return histories(where, count, steps, seed)
