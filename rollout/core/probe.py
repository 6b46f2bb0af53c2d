"""What a candidate must answer at 0 %: the replies to probe requests, each judged on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from rollout.core.answers import ABSENT, NoNumberError, read, shorten
from rollout.core.times import show_duration
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from rollout.core.expected import Expected

OK = 200
INTERNAL_ERROR = 500
MODELS_OWN = "ms-azureml-model-error-statuscode"
"""The header in which Azure ML's gateway says what the model itself answered, where that was no success."""
NOT_THE_MODELS_FAULT = {
    401: "the key or token isn't taken",
    403: "the identity may not score",
    404: "no such deployment answers there yet",
    429: "too many requests at once",
}
"""Statuses that say nothing about the model."""


@dataclass(frozen=True)
class ScoreAnswer:
    """An answer of the endpoint, whatever its status."""

    status: int
    body: bytes
    seconds: float
    """From sending the request to the last byte of the answer."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By lower-case name."""


@dataclass(frozen=True)
class NoAnswer:
    """There was no answer."""

    why: str
    seconds: float
    timed_out: bool = False
    """The request was sent, and the time for its answer ran out."""


Reply = ScoreAnswer | NoAnswer


@dataclass(frozen=True)
class Checked:
    """What one reply came to.

    Failed is the model's fault: wrong status, wrong answer, too slow. Error is anybody else's, as a 5xx that
    isn't said to be the model's is: what a model raises or refuses, a managed endpoint answers with 424, a
    time-out with 408.
    """

    verdict: Verdict
    why: str
    """Value and limit."""
    value: object = ABSENT
    """The JSON answered; `ABSENT` where it is none."""
    only_slow: bool = False
    """It is Failed, and nothing is wrong with it but its time."""


def check(reply: Reply, expected: Expected, max_latency: timedelta, *, compared: bool = False) -> Checked:
    """Return what a reply to a probe request came to.

    `compared` says that the answer is to be compared with another: then it has to be JSON.
    """
    seconds = f"{reply.seconds * 1000:.0f} ms"
    limit = show_duration(max_latency)
    slow = reply.seconds > max_latency.total_seconds()
    if isinstance(reply, NoAnswer):
        if reply.timed_out and slow:
            return Checked(Verdict.FAILED, f"no answer within {seconds}; at most {limit} is allowed")
        return Checked(Verdict.ERROR, reply.why)
    if reply.status in NOT_THE_MODELS_FAULT:
        return Checked(Verdict.ERROR, f"status {reply.status}: {NOT_THE_MODELS_FAULT[reply.status]}")
    if reply.status >= INTERNAL_ERROR and MODELS_OWN not in reply.headers:
        return Checked(Verdict.ERROR, f"status {reply.status}, and it isn't the model's own{_said(reply)}")
    if reply.status != OK:
        return Checked(Verdict.FAILED, f"{_not_ok(reply)}{_said(reply)}")
    value, wrong = _value(reply)
    if value is ABSENT and wrong is None and (expected or compared):
        wrong = f"the answer isn't JSON{_said(reply)}"
    wrong = wrong or expected.broken(value)
    if wrong is not None:
        return Checked(Verdict.FAILED, wrong)
    if slow:
        return Checked(
            Verdict.FAILED, f"answered in {seconds}; at most {limit} is allowed", value, only_slow=True
        )
    return Checked(Verdict.SUCCESSFUL, f"answered 200 in {seconds}; at most {limit} is allowed", value)


def reference(reply: Reply) -> tuple[object, str]:
    """Return the JSON that prod answered, to compare with; or `ABSENT`, and why there is none."""
    if isinstance(reply, NoAnswer):
        return ABSENT, reply.why
    if reply.status != OK:
        return ABSENT, f"{_not_ok(reply)}{_said(reply)}"
    value, wrong = _value(reply)
    return value, wrong or ("" if value is not ABSENT else f"the answer isn't JSON{_said(reply)}")


def _value(reply: ScoreAnswer) -> tuple[object, str | None]:
    """Return the JSON of an answer, or `ABSENT`; and what is wrong where a number in it is none."""
    try:
        return read(reply.body), None
    except NoNumberError as error:
        return ABSENT, f"the answer has {error} for a number{_said(reply)}"
    except ValueError:
        return ABSENT, None


def _not_ok(reply: ScoreAnswer) -> str:
    """Return the status, and what Azure ML's gateway says of the model's own, where the two differ."""
    own = reply.headers.get(MODELS_OWN)
    return f"status {reply.status} instead of 200" + (f" (the model itself answered {own})" if own else "")


def _said(reply: ScoreAnswer) -> str:
    text = reply.body[:200].decode(errors="replace").strip()
    return f": {shorten(text)}" if text else ""
