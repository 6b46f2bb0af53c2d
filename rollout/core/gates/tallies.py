"""From answers to blocks: what both deployments did in each stretch of time."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.blocks import Arm, Block, StageBlocks
from rollout.core.gates import kql
from rollout.core.gates.evidence import LogQuery, Unreadable, answer_to, table_of
from rollout.core.gates.queries import MINUTE, PERCENTILES, REQUESTS, is_begin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from rollout.core.gates.evidence import Answer, Evidence, Query, Series, Table
    from rollout.core.judging import Question

Tally = dict[datetime, Arm]
"""What one deployment did, by the begin of the block; nothing is known of a block that isn't in it."""

_GOOD = re.compile(r"\s*2\d\d\s*")


class NotReadError(Exception):
    """An answer that isn't there or makes no sense; its text is the sentence."""


def stages(
    asked: Sequence[Query | LogQuery], question: Question, block: timedelta, evidence: Evidence
) -> tuple[StageBlocks, ...] | Unreadable:
    """Return the blocks of every compared stage, the present one last; `asked` is `queries.comparison`'s.

    A block counts where it lies wholly inside the judged time of its stage and is settled by now, and where
    either deployment has anything in it: then the other had nothing.
    """
    if not any(isinstance(query, LogQuery) for query in asked):
        block = MINUTE
    try:
        candidate = tally(question.deployment, asked, evidence)
        prod = tally(question.prod or "", asked, evidence)
        known = [
            Block(at, candidate.get(at, Arm()), prod.get(at, Arm()))
            for at in sorted(candidate.keys() | prod.keys())
        ]
        _check_begins(known, block)
    except NotReadError as fault:
        return Unreadable(str(fault))
    present = (question.stage.traffic, question.stage.mirror, question.window)
    judged = [*((past.traffic, past.mirror, past.window) for past in question.past), present]
    return tuple(
        StageBlocks(
            traffic,
            mirror,
            tuple(
                each
                for each in known
                if window.start <= each.at and each.at + block <= min(window.end, question.window.end)
            ),
        )
        for traffic, mirror, window in judged
    )


def tally(deployment: str, asked: Sequence[Query | LogQuery], evidence: Evidence) -> Tally:
    """Return what one deployment did in all the time that was asked for. Raises `NotReadError`."""
    if not asked:
        raise NotReadError("the comparison with prod was not read")
    first, *more = asked
    if isinstance(first, LogQuery):
        return _of_rows(table_in(first, evidence), deployment)
    counted = counts(answer_of(first, evidence), deployment)
    if not more or isinstance(more[0], LogQuery):
        return counted
    timed = answer_of(more[0], evidence)
    p50, p95 = (latencies(timed, name, deployment) for name in PERCENTILES)
    return {
        at: Arm(arm.requests, arm.errors, p50=p50.get(at), p95=p95.get(at)) for at, arm in counted.items()
    }


def counts(answer: Answer, deployment: str) -> Tally:
    """Return the deployment's requests and errors in each minute that has any. Raises `NotReadError`.

    A minute without a sample of one status code had none of it: that of another proves that it was measured.
    Azure answers with averages, of which nothing says that they are whole: each minute's sums are rounded.
    """
    found: dict[datetime, tuple[float, float]] = {}
    for series in _of(answer, REQUESTS, deployment):
        code = next((value for name, value in series.dimensions if name.casefold() == "statuscode"), "")
        for point in series.points:
            if point.value is None:
                continue
            if not math.isfinite(point.value) or point.value < 0:
                raise NotReadError(
                    f"{REQUESTS} of {deployment} is {point.value:g} at {times.show_instant(point.at)}, "
                    f"which is no count"
                )
            requests, errors = found.get(point.at, (0.0, 0.0))
            errors += 0.0 if _GOOD.fullmatch(code) else point.value
            found[point.at] = (requests + point.value, errors)
    return {at: Arm(_nearest(requests), _nearest(errors)) for at, (requests, errors) in found.items()}


def _nearest(count: float) -> int:
    """Return the nearest whole number; a half is one more, so that no error of two samples is lost."""
    return math.floor(count + 0.5)


def latencies(answer: Answer, metric: str, deployment: str) -> dict[datetime, float]:
    """Return the milliseconds of each minute in which they were measured. Raises `NotReadError`."""
    found: dict[datetime, float] = {}
    for series in _of(answer, metric, deployment):
        for point in series.points:
            if point.value is None:
                continue
            if not math.isfinite(point.value) or point.value < 0 or point.at in found:
                why = "measured twice" if point.at in found else f"{point.value:g}, which is no duration,"
                raise NotReadError(f"{metric} of {deployment} is {why} at {times.show_instant(point.at)}")
            found[point.at] = point.value
    return found


def count_of(value: object) -> int | None:
    """Return a count; None for what is none: not a number, below zero, or a part of one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value >= 0 and value == int(value) else None


def _of_rows(table: Table, deployment: str) -> Tally:
    found: Tally = {}
    for row in named_rows(table):
        if str(row.get("DeploymentName")).casefold() != deployment.casefold():
            continue
        at = row.get("block")
        numbers = [count_of(row.get(name)) for name in ("requests", "errors")]
        slow = [count_of(row.get(name)) for name in kql.SLOW] if kql.SLOW[0] in row else [0, 0, 0]
        whole = [number for number in (*numbers, *slow) if number is not None]
        if not isinstance(at, datetime) or len(whole) < len(numbers) + len(slow):
            raise NotReadError(f"{kql.TABLE} answered with {row!r:.200}, which are no counts of a block")
        if row.get("untimed"):
            raise NotReadError(
                f"{row['untimed']} of {deployment}'s requests from {times.show_instant(at)} have no "
                f"duration in {kql.TABLE}"
            )
        known = found.get(at, Arm())
        found[at] = Arm(
            known.requests + whole[0],
            known.errors + whole[1],
            (known.slow[0] + whole[2], known.slow[1] + whole[3], known.slow[2] + whole[4]),
        )
    return found


def named_rows(table: Table) -> Iterator[dict[str, object]]:
    """Yield the rows, each value by the name of its column."""
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=False))


def answer_of(query: Query, evidence: Evidence) -> Answer:
    """Return what Azure Monitor answered. Raises `NotReadError`."""
    found = answer_to(query, evidence)
    if found is None:
        raise NotReadError(f"{', '.join(query.metrics)} was not read")
    if isinstance(found, Unreadable):
        raise NotReadError(found.why)
    return found


def table_in(query: LogQuery, evidence: Evidence) -> Table:
    """Return what Log Analytics answered. Raises `NotReadError`."""
    found = table_of(query, evidence)
    if found is None:
        raise NotReadError(f"{kql.TABLE} was not read")
    if isinstance(found, Unreadable):
        raise NotReadError(found.why)
    return found


def _of(answer: Answer, metric: str, deployment: str) -> Iterator[Series]:
    for series in answer.series:
        named = {name.casefold(): value.casefold() for name, value in series.dimensions}
        if series.metric.casefold() == metric.casefold() and named.get("deployment") == deployment.casefold():
            yield series


def _check_begins(blocks: list[Block], length: timedelta) -> None:
    for block in blocks:
        if not is_begin(block.at, length):
            at, whole = times.show_instant(block.at), times.show_duration(length)
            raise NotReadError(f"a block of {whole} was measured that begins at {at}")
