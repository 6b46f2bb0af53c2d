"""Azure Monitor's alert rules, the action groups they call, and the alerts they fired."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from localazure.arm.body import JSON, merged, part
from localazure.arm.errors import ArmError, bad_request
from localazure.arm.kind import Answer, Call, Kind
from localazure.monitor.alerts import book, metric_rule, query_rule

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = ["KINDS", "ActionGroups", "Alerts", "MetricAlerts", "ScheduledQueryRules"]

RULE_NAME = re.compile(r"[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/|. ]")
RULE_NAME_HELP = "1 to 260 characters without * # & + : < > ? @ % { } \\ / |, not ending in a space or period"
LONGEST_SHORT_NAME = 12
NEEDED = {"webhookReceivers": ("name", "serviceUri"), "emailReceivers": ("name", "emailAddress")}


class ActionGroups(Kind):
    """Action groups; of their receivers, webhooks are called."""

    type = "Microsoft.Insights/actionGroups"
    tracked = True
    name_rule = RULE_NAME
    name_help = RULE_NAME_HELP

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """A group has a short name, and receivers of different names that can be reached."""
        del call, old
        properties = part(body, "properties")
        short = properties.get("groupShortName")
        if not isinstance(short, str) or not 1 <= len(short) <= LONGEST_SHORT_NAME:
            raise bad_request(f"The groupShortName '{short}' isn't valid: 1 to {LONGEST_SHORT_NAME} letters.")
        names: list[str] = []
        for kind, needed in NEEDED.items():
            receivers: list[JSON] = properties.get(kind) or []
            for receiver in receivers:
                for name in needed:
                    if not receiver.get(name):
                        raise bad_request(f"The required property {kind}[].{name} is missing.")
                uri = str(receiver.get("serviceUri") or "https://")
                if not uri.lower().startswith(("https://", "http://")):
                    raise bad_request(f"The serviceUri of webhook receiver '{receiver['name']}' isn't valid.")
                names.append(str(receiver["name"]).lower())
        if len(names) != len(set(names)):
            raise bad_request("Receiver names must be unique within an action group.")

    def view(self, resource: Resource) -> JSON:
        """With Azure's defaults."""
        return super().view(resource) | {"properties": {"enabled": True} | resource.properties}


class MetricAlerts(Kind):
    """Metric alert rules."""

    type = metric_rule.TYPE
    tracked = True
    name_rule = RULE_NAME
    name_help = RULE_NAME_HELP

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """A rule names a metric that there is, and how far is too far."""
        del call, old
        properties = part(body, "properties")
        metric_rule.check(properties)
        for scope in properties["scopes"]:
            if self.store.get(str(scope)) is None:
                raise bad_request(f"The scope '{scope}' was not found.", "ResourceNotFound")

    async def put(self, call: Call) -> Answer:
        """200 in any case: the specification has no 201 here, and its client takes none."""
        return replace(await super().put(call), status=200)

    def view(self, resource: Resource) -> JSON:
        """With Azure's defaults."""
        added = {"autoMitigate": True} | resource.properties | {"isMigrated": False}
        return super().view(resource) | {"properties": added}


class ScheduledQueryRules(Kind):
    """Log search alert rules."""

    type = query_rule.TYPE
    tracked = True
    name_rule = RULE_NAME
    name_help = RULE_NAME_HELP

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """A rule has a query, where it runs, and what is too much."""
        del call, old
        kind = body.get("kind", "LogAlert")
        if kind != "LogAlert":
            raise bad_request(f"Local Azure has no scheduled query rules of kind '{kind}': LogAlert only.")
        properties = part(body, "properties")
        query_rule.check(properties)
        for scope in properties["scopes"]:
            if self.store.get(str(scope)) is None:
                raise bad_request(f"The scope '{scope}' was not found.", "ResourceNotFound")

    async def put(self, call: Call) -> Answer:
        """Only with a query that can be run."""
        body = call.object
        self.check(call, body, self.store.get(call.path.id))
        await query_rule.try_query(self.azure, part(body, "properties"))
        return await super().put(call)

    async def patch(self, call: Call) -> Answer:
        """Only with a query that can be run."""
        body = merged(self.need(call.path).body, call.object)
        self.check(call, body, None)
        await query_rule.try_query(self.azure, part(body, "properties"))
        return await super().patch(call)

    def view(self, resource: Resource) -> JSON:
        """With Azure's defaults."""
        defaults = {"enabled": True, "autoMitigate": True, "skipQueryValidation": False}
        shown = super().view(resource) | {"properties": defaults | resource.properties}
        return {"kind": "LogAlert"} | shown


class Alerts(Kind):
    """Alerts that rules fired: read, never written."""

    type = book.TYPE
    read_only: ClassVar[str] = "Alerts are fired and resolved by rules; nobody writes them."

    def view(self, resource: Resource) -> JSON:
        """With what became of the rule's actions."""
        told = resource.state.get("actions", [])
        properties = resource.properties | {"egressConfig": {"displayConfig": told}}
        return super().view(resource) | {"properties": properties}

    async def put(self, call: Call) -> Answer:
        """Refused."""
        raise ArmError(405, "MethodNotAllowed", f"{self.read_only} ({call.path.id})")

    async def patch(self, call: Call) -> Answer:
        """Refused."""
        return await self.put(call)

    async def delete(self, call: Call) -> Answer:
        """Refused."""
        return await self.put(call)


KINDS: tuple[type[Kind], ...] = (ActionGroups, MetricAlerts, ScheduledQueryRules, Alerts)
