"""A light live load: requests to the endpoint at a fixed rate from a thread, each failure kept."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from typing import TYPE_CHECKING, Self

from benchmarks.openloop import run

if TYPE_CHECKING:
    from types import TracebackType

    from benchmarks.openloop import Sample
    from tests.engine.rollout import Rollout

PER_SECOND = 10.0
LONGEST = 3600.0
LONGEST_END = 40.0
"""Seconds: longer than a request may take."""
BODIES = (b'{"risk": 0.25}', b'{"risk": 0.75}')
OK = 200


class Load:
    """Requests to one endpoint, from entering to leaving; whatever isn't a 200 is a failure.

    Leaving raises `AssertionError` where not all of them were sent.
    """

    def __init__(self, rollout: Rollout, rate: float = PER_SECOND) -> None:
        self._rollout = rollout
        self._rate = rate
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._send, daemon=True)
        self.requests = 0
        self.failed: list[str] = []
        self.broke: BaseException | None = None

    def __enter__(self) -> Self:
        endpoint = self._rollout.endpoint()
        self._url = endpoint["properties"]["scoringUri"]
        asked = self._rollout.azure.arm("POST", f"{self._rollout.endpoint_id}/listKeys")
        self._key = asked["primaryKey"]
        self._thread.start()
        until = time.monotonic() + 30
        while not self.requests and time.monotonic() < until:
            time.sleep(0.05)
        assert self.requests, f"the load didn't start: {self.broke!r}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(LONGEST_END)
        if error is None:
            assert self.broke is None, f"the load ended early, after {self.requests} requests: {self.broke!r}"
            assert not self._thread.is_alive(), f"the load didn't end within {LONGEST_END:.0f} s"

    def _send(self) -> None:
        async def send() -> None:
            self._stop = asyncio.Event()
            while not self._stop.is_set():
                await run(
                    self._url,
                    rate=self._rate,
                    seconds=LONGEST,
                    bodies=BODIES,
                    headers={"Authorization": f"Bearer {self._key}"},
                    context=ssl.create_default_context(cafile=self._rollout.azure.env["SSL_CERT_FILE"]),
                    stop=self._stop,
                    on_sample=self._count,
                )

        try:
            self._loop.run_until_complete(send())
        except BaseException as error:  # noqa: BLE001 - raised on leaving
            self.broke = error

    def _count(self, sample: Sample) -> None:
        self.requests += 1
        if sample.status != OK:
            what = str(sample.status or sample.error)
            self.failed.append(f"{time.strftime('%H:%M:%S')} {sample.deployment or 'nobody'}: {what}")
