"""Azure Resource Manager as one object: finds the type of each request and lets it answer."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from localazure.arm.errors import ArmError, bad_request, not_found
from localazure.arm.kind import Answer, Call, Kind, is_subscription
from localazure.arm.operations import POLL_AGAIN, Operations, Worker
from localazure.arm.paging import ordered
from localazure.arm.paths import GROUP, ArmPath
from localazure.arm.shapes import need_shape
from localazure.arm.types import KINDS
from localazure.arm.types.deployments import OnlineDeployments
from localazure.arm.types.endpoints import OnlineEndpoints

if TYPE_CHECKING:
    from localazure.arm.store import Resource
    from localazure.assets.blobs import Blobs
    from localazure.azure import Azure
    from localazure.faults import Faults

__all__ = ["Plane"]

log = logging.getLogger(__name__)


class Plane:
    """The control plane."""

    def __init__(self, azure: Azure, faults: Faults, blobs: Blobs) -> None:
        self.azure = azure
        self.blobs = blobs
        self.operations = Operations(azure, faults)
        self.endpoints = OnlineEndpoints(self)
        self.deployments = OnlineDeployments(self)
        described = [self.endpoints, self.deployments, *(kind(self) for kind in KINDS)]
        self._kinds: dict[str, Kind] = {kind.type.lower(): kind for kind in described}
        self._restarts: dict[str, asyncio.Task[None]] = {}

    def kind(self, resource_type: str) -> Kind:
        """The behaviour of a type; the plain store for one nobody described."""
        return self._kinds.get(resource_type.lower()) or Kind(self, resource_type)

    async def answer(self, method: str, call: Call) -> Answer:
        """Answer one request.

        Raises:
            ArmError: What Azure would refuse.
        """
        self._check_subscription(call.path)
        if is_subscription(call.path):
            return await self._subscription(method, call)
        where = call.path.type.rsplit("/", 1)[-1].lower()
        if method == "GET" and where in {"mfeoperationsstatus", "mfeoperationresults"}:
            return self._operation(call, where == "mfeoperationresults")
        if call.path.tail is not None:
            return await self._tail(method, call, call.path.tail)
        return await self._on_resource(method, call)

    async def _on_resource(self, method: str, call: Call) -> Answer:
        kind = self.kind(call.path.type)
        if method in {"PUT", "PATCH"}:
            need_shape(kind.type, call.body)
        match method:
            case "GET":
                return await kind.get(call)
            case "PUT":
                return await kind.put(call)
            case "PATCH":
                return await kind.patch(call)
            case "POST":
                return await kind.post(call)
            case "DELETE":
                return await kind.delete(call)
            case "HEAD":
                return Answer(204 if self.azure.store.get(call.path.id) else 404)
            case _:
                raise ArmError(405, "MethodNotAllowed", f"{method} isn't possible on {call.path.id}.")

    async def dispose_below(self, resource_id: str) -> None:
        """Let go of everything below a resource that is about to be deleted, the innermost first."""
        for resource in reversed(self.azure.store.descendants(resource_id)):
            await self.kind(resource.type).dispose(resource)

    def resume(self) -> None:
        """After a restart: finish the operations that were cut short, start again what served."""
        for operation in self.operations.unfinished():
            resource = self.azure.store.get(operation.resource)
            worker = self.kind(resource.type) if resource else None
            if isinstance(worker, Worker):
                log.info("resuming %s of %s", operation.verb, operation.resource)
                self.operations.resume(worker, operation)
        for endpoint in self.azure.store.of_type(self.endpoints.type):
            self.endpoints.route(endpoint)
        for deployment in self.azure.store.of_type(self.deployments.type):
            if deployment.state.get("served") and self.operations.on(deployment.id) is None:
                task = asyncio.create_task(self._restart(deployment))
                self._restarts[deployment.id] = task

    @property
    def restarting(self) -> list[str]:
        """The deployments that are being started again after a restart."""
        return list(self._restarts)

    async def stop_restarting(self) -> None:
        """Give up starting deployments again."""
        tasks = list(self._restarts.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _restart(self, deployment: Resource) -> None:
        try:
            await self.deployments.restart(deployment)
        finally:
            self._restarts.pop(deployment.id, None)

    def _check_subscription(self, path: ArmPath) -> None:
        parts = path.id.split("/")
        if len(parts) > 2 and parts[1].lower() == "subscriptions":  # noqa: PLR2004
            ours = self.azure.settings.subscriptions
            if parts[2].lower() not in {each.lower() for each in ours}:
                known = " and ".join(f"'{each}'" for each in ours)
                text = f"The subscription '{parts[2]}' could not be found. This local Azure has {known}."
                raise ArmError(404, "SubscriptionNotFound", text)

    async def _subscription(self, method: str, call: Call) -> Answer:
        tail = call.path.tail
        if method == "GET" and tail is None:
            known = self.azure.settings.subscriptions
            found = next(each for each in known if each.lower() == call.path.name.lower())
            return Answer(200, subscription_view(self.azure, found))
        if method == "GET" and tail == "resourceGroups":
            return await self.kind(GROUP).members(call, f"{call.path.id}/resourceGroups")
        if method == "GET" and tail in {"resources", "locations"}:
            return self._resources(call.path.id) if tail == "resources" else self._locations(call.path.id)
        raise not_found(call.path.id)

    async def _tail(self, method: str, call: Call, tail: str) -> Answer:
        path = call.path
        if path.type.lower() == GROUP.lower():
            self.kind(GROUP).need(path)
            if method == "GET" and tail.lower() == "resources":
                return self._resources(path.id)
            raise not_found(f"{path.id}/{tail}")
        if method == "POST":
            return await self.kind(path.type).act(call, tail)
        if method != "GET":
            raise bad_request(f"'{path.id}/{tail}' lacks a name.", "InvalidResourceId")
        if not path.names:
            return self._top_level(call, path, tail)
        owner = self.kind(path.type)
        if f"{path.type}/{tail}".lower() not in self._kinds and tail.lower() == "skus":
            return await owner.act(call, tail)
        collection = self.kind(f"{path.type}/{tail}")
        collection.base(path.child(tail, "x"))
        return await collection.members(call, f"{path.id}/{tail}")

    def _top_level(self, call: Call, path: ArmPath, tail: str) -> Answer:
        """List a type in the subscription, in a group or on a resource."""
        kind = self.kind(f"{path.type}/{tail}")
        kind.base(ArmPath(path.scope, kind.type, ("x",)))
        if path.scope.count("/") <= 2:  # noqa: PLR2004 - the subscription: everything below it
            found = self.azure.store.of_type(kind.type, path.scope)
        else:
            found = self.azure.store.children(f"{path.scope}/providers/{kind.type}")
        return kind.page(call, ordered(found, call.query))

    def _resources(self, below: str) -> Answer:
        found = self.azure.store.descendants(below)
        brief = ("id", "name", "type", "location", "tags", "kind")
        views = [self.kind(resource.type).view(resource) for resource in found]
        shown = [{key: view[key] for key in brief if key in view} for view in views if "location" in view]
        return Answer(200, {"value": [view for view in shown if view["type"] != GROUP], "nextLink": None})

    def _locations(self, scope: str) -> Answer:
        location = self.azure.settings.location
        entry = {"id": f"{scope}/locations/{location}", "name": location, "displayName": location}
        return Answer(200, {"value": [entry]})

    def _operation(self, call: Call, as_result: bool) -> Answer:  # noqa: FBT001
        operation = self.operations.get(call.path.name)
        if operation is None:
            raise not_found(call.path.name)
        if not as_result:
            headers = POLL_AGAIN if operation.ended is None else {}
            return Answer(200, operation.body(call.path.id), headers)
        if operation.ended is None:
            again = {"Location": self.operations.url(operation.id, "mfeOperationResults")}
            return Answer(202, None, again | POLL_AGAIN)
        if operation.error is not None:
            raise bad_request(operation.error["message"], operation.error["code"])
        resource = self.azure.store.get(operation.resource)
        if operation.verb != "PATCH" or resource is None:
            return Answer(204)
        return Answer(200, self.kind(resource.type).view(resource))


def subscription_view(azure: Azure, subscription: str) -> dict[str, object]:
    """A subscription."""
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": azure.settings.tenant,
        "displayName": "Local Azure",
        "state": "Enabled",
    }
