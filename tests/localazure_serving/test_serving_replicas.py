"""Places in instances: never more than there are, none lost, whoever gives up."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localazure.serving.instance import Instance
from localazure.serving.replicas import Busy, Replicas


def replicas(instances: int, max_concurrent: int) -> Replicas:
    program: Any = SimpleNamespace(spec=SimpleNamespace(max_concurrent=max_concurrent))
    made = Replicas(program)
    made.instances = [Instance(program, made._hand_out) for _ in range(instances)]
    for each in made.instances:
        each.ready = True
    return made


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32))
def test_places_are_kept_whatever_happens(instances: int, max_concurrent: int, seed: int):
    source = random.Random(seed)  # noqa: S311
    tested = replicas(instances, max_concurrent)
    served = refused = given_up = 0

    async def request() -> None:
        nonlocal served, refused, given_up
        try:
            async with asyncio.timeout(source.choice([0.0, 0.001, 1])), tested.instance() as instance:
                assert instance.in_flight <= max_concurrent
                assert tested.held <= tested.limit
                await asyncio.sleep(source.choice([0, 0, 0.001]))
                served += 1
        except Busy:
            assert tested.held == tested.limit
            refused += 1
        except TimeoutError:
            given_up += 1

    async def scenario() -> None:
        tasks: list[asyncio.Task[None]] = []
        for _ in range(60):
            tasks.append(asyncio.create_task(request()))
            flapping = source.choice(tested.instances)
            flapping.ready = source.random() < 0.8
            tested._hand_out()
            await asyncio.sleep(0)
        for each in tested.instances:
            each.ready = True
        tested._hand_out()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert served + refused + given_up == 60
    assert tested.held == 0
    assert [each.in_flight for each in tested.instances] == [0] * instances
    assert tested._idle.is_set()


def test_those_who_wait_are_served_in_order():
    tested = replicas(1, 2)
    order: list[int] = []

    async def request(number: int) -> None:
        async with tested.instance():
            order.append(number)
            await asyncio.sleep(0.001)

    async def scenario() -> None:
        await asyncio.gather(*(request(number) for number in range(4)))

    asyncio.run(scenario())
    assert order == [0, 1, 2, 3]


def test_the_emptiest_instance_is_taken():
    tested = replicas(3, 5)

    async def scenario() -> list[int]:
        async with tested.instance(), tested.instance(), tested.instance(), tested.instance():
            return sorted(each.in_flight for each in tested.instances)

    assert asyncio.run(scenario()) == [1, 1, 2]


def test_beyond_twice_the_places_is_refused():
    tested = replicas(2, 1)

    async def scenario() -> None:
        waiting = [asyncio.create_task(tested.instance().__aenter__()) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await tested.instance().__aenter__()
        for each in waiting:
            each.cancel()

    asyncio.run(scenario())
