from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from localazure.serving.instance import Instance

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from localazure.serving.instance import Program

__all__ = ["Busy", "Replicas"]

QUEUE_FACTOR = 2


class Busy(Exception):  # noqa: N818 - an answer to a request, not a fault
    """More requests than a deployment may hold at a time."""


class Replicas:
    """The instances of one version of a deployment, and the requests they hold.

    An instance gets at most `max_concurrent` requests at a time; as many again wait. More are refused:
    Azure allows 2 * max_concurrent_requests_per_instance * instance_count at any time
    (troubleshooting online endpoints, "Too many pending requests").
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.instances: list[Instance] = []
        self.held = 0
        self._waiting: deque[asyncio.Future[Instance]] = deque()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def limit(self) -> int:
        """How many requests may be held at a time."""
        return QUEUE_FACTOR * self.program.spec.max_concurrent * max(1, len(self.instances))

    async def scale(self, count: int) -> None:
        """Have that many instances: new ones serve when ready, those too many finish what they hold.

        Raises:
            ProvisioningError: A new instance did not come up; the ones before are as they were.
        """
        if count > len(self.instances):
            new: list[Instance] = []
            try:
                while len(self.instances) + len(new) < count:
                    # One by one: loading a model takes a core, and those that serve need the others.
                    new.append(Instance(self.program, self._hand_out))
                    await new[-1].start()
            except BaseException:
                await asyncio.gather(*(each.stop() for each in new))
                raise
            self.instances += new
            self._hand_out()
        else:
            surplus, self.instances = self.instances[count:], self.instances[:count]
            await asyncio.gather(*(_retire(each) for each in surplus))

    @asynccontextmanager
    async def instance(self) -> AsyncGenerator[Instance]:
        """Hold a place in an instance, waiting for one where none is free.

        Raises:
            Busy: Too many requests are held already.
        """
        if self.held >= self.limit:
            raise Busy
        self.held += 1
        self._idle.clear()
        try:
            instance = self._free() or await self._wait()
            try:
                yield instance
            finally:
                instance.leave()
                self._hand_out()
        finally:
            self.held -= 1
            if not self.held:
                self._idle.set()

    async def close(self) -> None:
        """End every instance, once no request is held any more."""
        await self._idle.wait()
        await self.kill()

    async def kill(self) -> None:
        """End every instance at once."""
        gone, self.instances = self.instances, []
        await asyncio.gather(*(each.stop() for each in gone))

    def _free(self) -> Instance | None:
        ready = [
            each
            for each in self.instances
            if each.ready and not each.retired and each.in_flight < self.program.spec.max_concurrent
        ]
        if not ready:
            return None
        chosen = min(ready, key=lambda each: each.in_flight)
        chosen.enter()
        return chosen

    async def _wait(self) -> Instance:
        place: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # handed a place in the moment it gave up
                place.result().leave()
                self._hand_out()
            raise

    def _hand_out(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            instance = self._free()
            if instance is None:
                return
            self._waiting.popleft().set_result(instance)


async def _retire(instance: Instance) -> None:
    instance.retired = True
    await instance.idle()
    await instance.stop()
