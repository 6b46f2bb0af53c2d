"""Faults that a test orders: answers that go wrong, operations that fail or hang, data that is missing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from localazure.monitor.gaps import missing
from localazure.stale import StaleReads

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from localazure.monitor.gaps import Gap, Missing

__all__ = ["Fault", "Faults", "OperationFault"]


@dataclass
class Fault:
    """One kind of request that goes wrong.

    Attributes:
        method: Matches the whole HTTP method.
        path: Searched in path and query.
        times: How many more requests it hits; None is without end.
        status: The status answered, or None to only wait.
        after: The request takes effect first and only its answer is lost.
        delay: Real seconds waited before anything else.
        cut: The connection is closed and no answer sent.
        retry_after: What the answer's `Retry-After` says, in seconds.
    """

    method: re.Pattern[str]
    path: re.Pattern[str]
    times: int | None
    status: int | None
    after: bool
    delay: float
    retry_after_ms: int | None
    body: Any
    cut: bool = False
    retry_after: int | None = None


@dataclass
class OperationFault:
    """One kind of long-running operation that goes wrong.

    Attributes:
        path: Searched in the id of the resource it works on.
        hang: It stays in progress (for `seconds`, if given) and then goes on as usual.
        seconds: Local seconds before it fails, or that it hangs.
    """

    path: re.Pattern[str]
    times: int | None
    hang: bool
    code: str
    message: str
    seconds: float | None


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._requests: list[Fault] = []
        self._operations: list[OperationFault] = []
        self._missing: list[Missing] = []
        self._ended = asyncio.Event()
        self.stale: list[StaleReads] = []

    def add(self, spec: Mapping[str, Any]) -> None:
        """Put a fault in force.

        Raises:
            ValueError: The specification is not one; the text names the key.
        """
        if "operation" in spec:
            self._operations.append(_operation(spec["operation"], spec.get("times")))
        elif "data" in spec:
            self._missing.append(missing(spec["data"]))
        elif "stale" in spec:
            self.stale.append(_stale(spec["stale"]))
        else:
            self._requests.append(_request(spec))

    def clear(self) -> None:
        """Nothing goes wrong any more, and whoever endures a fault goes on as usual."""
        self._requests.clear()
        self._operations.clear()
        self._missing.clear()
        self.stale.clear()
        self._ended.set()
        self._ended = asyncio.Event()

    async def endured(self, wait: Coroutine[Any, Any, object]) -> bool:
        """Wait; whether that was to its end. False: the faults were ended before it."""
        ended = self._ended
        waits = asyncio.create_task(wait)
        over: asyncio.Task[object] = asyncio.create_task(ended.wait())
        try:
            await asyncio.wait({waits, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waits.cancel()
            over.cancel()
        return not ended.is_set()

    def of_data(self, kind: str) -> tuple[timedelta, tuple[Gap, ...]]:
        """How much later `metrics` or `logs` show than usual, and what of them never does."""
        hit = [each for each in self._missing if each.of in {None, kind}]
        delay = max((each.delay for each in hit), default=timedelta(0))
        return delay, tuple(each.gap for each in hit if each.gap)

    def of_request(self, method: str, path: str) -> Fault | None:
        """The first fault that hits this request; uses up one of its times."""
        if not self._requests:
            return None
        for fault in self._requests:
            if fault.method.fullmatch(method) and fault.path.search(path):
                _use(fault, self._requests)
                return fault
        return None

    def of_operation(self, resource_id: str) -> OperationFault | None:
        """The first fault that hits an operation on this resource; uses up one of its times."""
        for fault in self._operations:
            if fault.path.search(resource_id):
                _use(fault, self._operations)
                return fault
        return None


def _use(fault: Any, among: list[Any]) -> None:
    if fault.times is None:
        return
    fault.times -= 1
    if fault.times <= 0:
        among.remove(fault)


def _request(spec: Mapping[str, Any]) -> Fault:
    match = spec.get("match", {})
    when = spec.get("when", "before")
    if when not in {"before", "after"}:
        raise ValueError(f"when: {when!r}: give 'before' or 'after'")
    if not {"status", "delay", "cut"} & set(spec):
        raise ValueError("a fault needs a status, a delay, a cut, stale reads, an operation or data")
    return Fault(
        method=_regex(match.get("method", ".*")),
        path=_regex(match.get("path", "")),
        times=spec.get("times"),
        status=spec.get("status"),
        after=when == "after",
        delay=float(spec.get("delay", 0)),
        retry_after_ms=spec.get("retryAfterMs"),
        body=spec.get("body"),
        cut=bool(spec.get("cut")),
        retry_after=spec.get("retryAfter"),
    )


def _stale(spec: Mapping[str, Any]) -> StaleReads:
    seconds = spec.get("seconds")
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise ValueError(f"stale: seconds: {seconds!r}: give a number above 0")
    return StaleReads(_regex(spec.get("path", "")), timedelta(seconds=seconds))


def _operation(spec: Mapping[str, Any], times: int | None) -> OperationFault:
    outcome = spec.get("outcome", "fail")
    if outcome not in {"fail", "hang"}:
        raise ValueError(f"outcome: {outcome!r}: give 'fail' or 'hang'")
    return OperationFault(
        path=_regex(spec.get("path", "")),
        times=spec.get("times", times),
        hang=outcome == "hang",
        code=spec.get("code", "InternalServerError"),
        message=spec.get("message", "The operation failed, as ordered."),
        seconds=spec.get("seconds"),
    )


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
