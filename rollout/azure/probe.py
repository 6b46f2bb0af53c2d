"""The probe: real requests to a candidate at 0 %, before anybody else's, and the same ones to prod."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollout.azure.scoring import LONGEST_SECONDS
from rollout.core.agreement import agreement, share_of
from rollout.core.answers import ABSENT
from rollout.core.expected import Expected
from rollout.core.probe import NoAnswer, check, reference
from rollout.core.times import show_duration
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.azure.scoring import Scorer
    from rollout.core.config import ProbeSettings
    from rollout.core.probe import Reply

_PATIENCE = 2.0
"""How many times the allowed latency is waited for an answer; what comes then is too late in any case."""


def probe(
    scorer: Scorer, deployment: str, prod: str | None, inputs: Sequence[bytes], asked: ProbeSettings
) -> tuple[Verdict, str]:
    """Send the inputs to the deployment, and return what came of them, and why.

    One more goes ahead of them and isn't judged: the first request of a deployment may load what the next
    ones find loaded. The first judged request that isn't answered well ends the probe. Where all are, and
    agreement is asked for, prod gets the inputs too: one at a time, each followed by a pause as long as its
    answer took, because prod serves everybody meanwhile. The first that prod doesn't answer well ends the
    probe as well: what can't be compared hasn't passed.
    """
    return _Probe(scorer, deployment, inputs, asked).run(prod)


class _StopError(Exception):
    """The probe has its verdict."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict


@dataclass
class _Probe:
    scorer: Scorer
    deployment: str
    inputs: Sequence[bytes]
    asked: ProbeSettings
    started: float = field(default_factory=time.monotonic)

    def run(self, prod: str | None) -> tuple[Verdict, str]:
        try:
            answers, said = self._candidate()
            if self.asked.agree is None:
                return Verdict.SUCCESSFUL, said
            if prod is None:
                return Verdict.SUCCESSFUL, f"{said}; there is no prod to compare the answers with"
            references = self._prod(prod)
            verdict, agreed = agreement(list(zip(answers, references, strict=True)), self.asked.agree, prod)
        except _StopError as stop:
            return stop.verdict, str(stop)
        return verdict, f"{said}; {agreed}" if verdict is Verdict.SUCCESSFUL else agreed

    def _candidate(self) -> tuple[list[object], str]:
        """Return the answer to each input, and how it went. Raises `_StopError` where one is wrong."""
        asked, count = self.asked, max(self.asked.requests, len(self.inputs))
        expected, limit = Expected(asked.expect, asked.ranges), asked.max_latency.total_seconds()
        patience = min(max(limit * _PATIENCE, 1.0), LONGEST_SECONDS)
        may_be_slow = share_of(asked.slow, count)
        answers: list[object] = []
        slow, slowest = 0, 0.0
        self._send(self.inputs[0], self.deployment, LONGEST_SECONDS, f"0 of {count}")
        for number in range(1, count + 1):
            which = f"request {number} of {count} to {self.deployment}"
            body = self.inputs[(number - 1) % len(self.inputs)]
            reply = self._send(body, self.deployment, patience, f"{number - 1} of {count}")
            found = check(reply, expected, asked.max_latency, compared=asked.agree is not None)
            slow += found.only_slow
            if found.only_slow and slow > may_be_slow > 0:
                which = f"{slow} requests were slow and {may_be_slow} of {count} may be; {which}"
            if found.verdict is not Verdict.SUCCESSFUL and not (found.only_slow and slow <= may_be_slow):
                raise _StopError(found.verdict, f"{which}: {found.why}")
            slowest = max(slowest, reply.seconds)
            answers.append(found.value)
        said = f"{count} of {count} requests to {self.deployment} answered as expected, "
        if slow:
            said += f"{slow} of them slow and {may_be_slow} may be, "
        said += f"the slowest in {slowest * 1000:.0f} ms of at most {limit * 1000:g} ms"
        return answers[: len(self.inputs)], said

    def _prod(self, prod: str) -> list[object]:
        """Return prod's answer to each input. Raises `_StopError` where it has none."""
        answers: list[object] = []
        count = len(self.inputs)
        for number, body in enumerate(self.inputs, start=1):
            reply = self._send(body, prod, LONGEST_SECONDS, f"{number - 1} of {count} by {prod}")
            value, why = reference(reply)
            if value is ABSENT:
                raise _StopError(
                    Verdict.ERROR,
                    f"answers can't be compared with prod's: request {number} of {count} to {prod}: {why}. "
                    "It is asked again in the next `up`; without probe.agree, nothing is compared",
                )
            answers.append(value)
            time.sleep(max(min(reply.seconds, self._left()), 0.0))
        return answers

    def _send(self, body: bytes, deployment: str, patience: float, done: str) -> Reply:
        """Send one request. Raises `_StopError` where the time of the probe is up."""
        left = self._left()
        if left > 0:
            reply = self.scorer.score(body, deployment, path=self.asked.path, timeout=min(patience, left))
            if not (isinstance(reply, NoAnswer) and reply.timed_out and left < patience):
                return reply
        raise _StopError(
            Verdict.ERROR,
            f"only {done} requests were answered in {show_duration(self.asked.budget)}, all the time that "
            "a probe has: raise probe.budget, or shorten probe.file",
        )

    def _left(self) -> float:
        return self.asked.budget.total_seconds() - (time.monotonic() - self.started)
