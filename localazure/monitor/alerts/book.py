"""The alerts there are: which rule fired for which series, and when it was resolved."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from localazure.arm.store import Resource
from localazure.monitor.alerts.schema import FIRED, RESOLVED, context, essentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from localazure.azure import Azure
    from localazure.monitor.alerts.outcome import Labels, Outcome, Watch

__all__ = ["TYPE", "Book"]

TYPE = "Microsoft.AlertsManagement/alerts"
MOST_KEPT = 1000
"""Alerts that are kept; the oldest that are resolved go first."""
EVALUATIONS = "evaluations"


class Book:
    """Keeps alerts beside the resources, and in a rule what its newest evaluations came to.

    Both survive a restart, and a reset forgets them; the evaluations go with their rule.
    """

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    def enter(self, watch: Watch, found: Mapping[Labels, Outcome], at: datetime) -> Iterator[Resource]:
        """Note what an evaluation came to; yields each alert that was fired or resolved by it."""
        standing = {_labels(alert): alert for alert in self._standing(watch)}
        enough = self._enough(watch, found)
        for labels, outcome in found.items():
            met = labels in enough
            alert = standing.get(labels)
            if met and (alert is None or not watch.resolves):
                yield self._fire(watch, labels, outcome, at)
            elif met and alert is not None:
                self._keep(alert, healthy=0)
            elif alert is not None and watch.resolves:
                yield from self._heal(watch, alert, outcome, at)
        for labels, alert in standing.items():
            if labels not in found and labels and watch.resource.type.lower().endswith("queryrules"):
                yield from self._heal(watch, alert, None, at)

    def tell(self, alert: Resource, actions: list[dict[str, str]]) -> None:
        """Note what became of the actions of an alert."""
        now = self._azure.store.get(alert.id)
        if now is not None:
            self._azure.store.put(replace(now, state=now.state | {"actions": actions}))

    def _enough(self, watch: Watch, found: Mapping[Labels, Outcome]) -> set[Labels]:
        """The series that met the condition in enough of the newest evaluations; notes this one.

        A series that an evaluation didn't find hasn't met the condition in it.
        """
        now = {labels for labels, outcome in found.items() if outcome.met}
        if watch.among == 1:
            return now
        rule = self._azure.store.get(watch.resource.id)
        if rule is None or rule.modified != watch.resource.modified:  # changed while it was evaluated
            return set()
        kept: list[dict[str, Any]] = rule.state.get(EVALUATIONS, [])
        before: dict[Labels, list[bool]] = {_read(each["labels"]): each["met"] for each in kept}
        newest = {
            labels: [*before.get(labels, []), labels in now][-watch.among :] for labels in {*before, *found}
        }
        noted = [
            {"labels": [list(each) for each in labels], "met": met}
            for labels, met in newest.items()
            if any(met)
        ]
        self._azure.store.put(replace(rule, state=rule.state | {EVALUATIONS: noted}))
        return {labels for labels, met in newest.items() if sum(met) >= watch.least}

    def _standing(self, watch: Watch) -> list[Resource]:
        return [
            alert
            for alert in self._azure.store.of_type(TYPE)
            if alert.state["rule"] == watch.resource.key and _condition(alert) == FIRED
        ]

    def _fire(self, watch: Watch, labels: Labels, outcome: Outcome, at: datetime) -> Resource:
        self._forget_old()
        body = {
            "properties": {
                "essentials": essentials(watch, FIRED, at, at),
                "context": context(watch, outcome, at),
            }
        }
        state = {"rule": watch.resource.key, "labels": [list(each) for each in labels], "healthy": 0}
        subscription = "/".join(watch.resource.id.split("/")[:3])
        alert_id = f"{subscription}/providers/{TYPE}/{uuid.uuid4()}"
        return self._azure.store.put(Resource(alert_id, TYPE, body, at, at, state))

    def _heal(
        self, watch: Watch, alert: Resource, outcome: Outcome | None, at: datetime
    ) -> Iterator[Resource]:
        healthy = int(alert.state["healthy"]) + 1
        if healthy < watch.healthy:
            self._keep(alert, healthy=healthy)
            return
        shown = context(watch, outcome, at) if outcome else alert.properties["context"]
        properties = {"essentials": essentials(watch, RESOLVED, alert.created, at), "context": shown}
        resolved = replace(alert, body={"properties": properties}, modified=at)
        yield self._azure.store.put(resolved)

    def _keep(self, alert: Resource, healthy: int) -> None:
        if alert.state["healthy"] != healthy:
            self._azure.store.put(replace(alert, state=alert.state | {"healthy": healthy}))

    def _forget_old(self) -> None:
        kept = self._azure.store.of_type(TYPE)
        resolved = [alert for alert in kept if _condition(alert) == RESOLVED]
        for alert in resolved[: max(0, len(kept) - MOST_KEPT + 1)]:
            self._azure.store.delete(alert.id)


def _labels(alert: Resource) -> Labels:
    return _read(alert.state["labels"])


def _read(labels: list[tuple[str, str]]) -> Labels:
    return tuple((name, value) for name, value in labels)


def _condition(alert: Resource) -> str:
    return str(alert.properties["essentials"]["monitorCondition"])
