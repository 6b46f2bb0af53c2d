"""Evaluates every alert rule when its time comes, by the local clock, and tells action groups."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from localazure.arm.errors import ArmError
from localazure.logs.errors import LogsError
from localazure.monitor.alerts import metric_rule, query_rule
from localazure.monitor.alerts.book import Book
from localazure.monitor.alerts.schema import notification
from localazure.monitor.alerts.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from aiohttp import web

    from localazure.arm.store import Resource
    from localazure.azure import Azure
    from localazure.faults import Faults
    from localazure.monitor.alerts.metric_rule import MetricRule
    from localazure.monitor.alerts.outcome import Watch
    from localazure.monitor.alerts.query_rule import QueryRule

__all__ = ["Evaluator", "running"]

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
MOST_BEHIND = timedelta(hours=24)
"""After a longer jump of the clock, what is older isn't evaluated."""


class Evaluator:
    """Looks at the rules at every full local minute; minutes that the clock jumped over aren't left out."""

    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults
        self._book = Book(azure)
        self._webhooks = Webhooks(azure)
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Evaluate until cancelled."""
        clock = self._azure.clock
        due = _minute(clock.now()) + MINUTE
        while True:
            await clock.sleep((due - clock.now()).total_seconds())
            due = max(due, _minute(clock.now()) - MOST_BEHIND)
            while due <= clock.now():
                rules = list(self._rules())
                if not rules:
                    due = _minute(clock.now()) + MINUTE
                    break
                await self._look(rules, due)
                due += MINUTE

    async def stop(self) -> None:
        """End the calls that are under way."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _look(self, rules: list[MetricRule | QueryRule], at: datetime) -> None:
        for rule in rules:
            if rule.watch.due(at) and rule.watch.resource.modified <= at:
                try:
                    found = await rule.evaluate(self._azure, self._faults, at)
                except LogsError as error:
                    log.warning("%s can't be evaluated: %s", rule.watch.resource.id, error)
                    continue
                except Exception:
                    log.exception("%s can't be evaluated", rule.watch.resource.id)
                    continue
                for alert in self._book.enter(rule.watch, found, at):
                    task = asyncio.create_task(self._tell(rule.watch, alert))
                    self._telling.add(task)
                    task.add_done_callback(self._telling.discard)

    async def _tell(self, watch: Watch, alert: Resource) -> None:
        said, about = alert.properties["essentials"], alert.properties["context"]
        log.info("%s: %s", watch.resource.name, said["monitorCondition"])
        told = await self._webhooks.call(watch.groups, notification(watch, alert.id, said, about))
        self._book.tell(alert, told)

    def _rules(self) -> Iterator[MetricRule | QueryRule]:
        readers: dict[str, Callable[[Resource], MetricRule | QueryRule | None]] = {
            metric_rule.TYPE: metric_rule.read,
            query_rule.TYPE: query_rule.read,
        }
        for kind, read in readers.items():
            for resource in self._azure.store.of_type(kind):
                try:
                    rule = read(resource)
                except ArmError as error:
                    log.warning("%s isn't evaluated: %s", resource.id, error)
                    continue
                if rule is not None and rule.watch.enabled:
                    yield rule


def running(azure: Azure, faults: Faults) -> Callable[[web.Application], AsyncIterator[None]]:
    """What keeps the rules evaluated as long as the application runs."""

    async def evaluated(_: web.Application) -> AsyncIterator[None]:
        evaluator = Evaluator(azure, faults)
        task = asyncio.create_task(evaluator.run())
        task.add_done_callback(_complain)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await evaluator.stop()

    return evaluated


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("alert rules are no longer evaluated", exc_info=error)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
