from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from localazure.arm.body import JSON, merged, part
from localazure.arm.errors import ArmError, bad_request, conflict
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.operations import Operation, new_operation_id
from localazure.arm.types.data_collector import check_collector
from localazure.arm.types.deployment_rules import capacity, check_body, same_but_scale, with_defaults
from localazure.arm.types.deployment_spec import check_assets, spec_of
from localazure.arm.types.endpoint_rules import NAME, NAME_HELP, weights
from localazure.arm.types.endpoints import server_properties, started
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = ["OnlineDeployments"]

log = logging.getLogger(__name__)
LIMIT = 20
TAIL = 50
MOST_LINES = 1_000_000


class OnlineDeployments(Kind):
    """Deployments of a managed online endpoint; a PUT deploys, or only scales."""

    type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    tracked = True
    name_rule = NAME
    name_help = NAME_HELP

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Limits, and assets that must exist."""
        check_collector(self.store, part(body, "properties"))
        check_body(body)
        check_assets(self.plane, body["properties"])
        endpoint = call.path.parent
        siblings = self.store.children(f"{endpoint.id}/deployments") if endpoint else []
        if old is None and len(siblings) >= LIMIT:
            raise bad_request(f"The endpoint has {LIMIT} deployments, the limit.", "QuotaExceeded")

    def view(self, resource: Resource) -> JSON:
        """With Azure's defaults filled in."""
        shown = super().view(resource)
        properties = with_defaults(resource.properties)
        extra: JSON = dict(part(properties, "properties"))
        properties["properties"] = extra | server_properties(self, resource)
        properties["provisioningState"] = resource.state["provisioningState"]
        shown["kind"] = "Managed"
        sku: JSON = part(resource.body, "sku")
        shown["sku"] = {"name": "Default", "tier": "Standard"} | sku | {"capacity": capacity(resource.body)}
        return shown | {"properties": properties}

    async def put(self, call: Call) -> Answer:
        """Create, or replace: the instances that serve go on until the new ones are ready."""
        old = self.store.get(call.path.id)
        self._check_idle(call.path.id)
        accepted = self.accept(call, old)
        served = accepted.state.get("served")
        scale = served is not None and same_but_scale(served, accepted.body)
        name = "Creating" if old is None else ("Scaling" if scale else "Updating")
        return self._begin(accepted, name, "PUT", 200 if old else 201)

    async def patch(self, call: Call) -> Answer:
        """Change tags or the number of instances."""
        old = self.need(call.path)
        self._check_idle(old.id)
        extra = set(call.object) - {"tags", "sku"}
        if extra:
            raise bad_request(
                f"The request is invalid: PATCH takes tags and sku, not {', '.join(sorted(extra))}."
            )
        body = merged(old.body, call.object)
        self.check(call, body, old)
        return self._begin(replace(old, body=body, modified=self.azure.clock.now()), "Scaling", "PATCH", 202)

    async def delete(self, call: Call) -> Answer:
        """Refused while it has live or mirrored traffic."""
        old = self.store.get(call.path.id)
        if old is None:
            self.base(call.path)
            return Answer(204)
        self._check_idle(old.id)
        endpoint = self._endpoint(old)
        for which in ("traffic", "mirrorTraffic"):
            shares = {name.lower(): share for name, share in weights(endpoint.properties, which).items()}
            share = shares.get(old.name.lower(), 0)
            if share:
                raise bad_request(
                    f"The request is invalid: deployment '{old.name}' has {share} % of {which}: "
                    "set it to 0, then delete the deployment."
                )
        return self._begin(old, "Deleting", "DELETE", 202)

    async def act(self, call: Call, action: str) -> Answer:
        """`getLogs` and `skus`."""
        resource = self.need(call.path)
        match action.lower():
            case "getlogs":
                wanted = call.options
                if wanted.get("containerType") == "StorageInitializer":
                    return Answer(200, {"content": ""})
                tail = wanted.get("tail") or TAIL
                if type(tail) is not int or not 0 < tail <= MOST_LINES:
                    raise bad_request(
                        f"tail is {tail!r}; a number of lines from 1 to {MOST_LINES} is needed."
                    )
                return Answer(
                    200, {"content": self.azure.serving.logs(_endpoint_key(resource), resource.name, tail)}
                )
            case "skus":
                limits: JSON = {"minimum": 1, "maximum": 50, "default": 1, "scaleType": "Manual"}
                sku = {"name": "Default", "tier": "Standard"}
                return Answer(200, {"value": [{"resourceType": self.type, "sku": sku, "capacity": limits}]})
            case _:
                return await super().act(call, action)

    async def work(self, operation: Operation) -> None:
        """What goes on after the answer."""
        resource = self.store.get(operation.resource)
        if resource is None:
            raise ProvisioningError("ResourceNotFound", f"'{operation.resource}' has gone.")
        if operation.verb == "DELETE":
            await self.dispose(resource)
            self._unname(resource)
            self.store.delete(resource.id)
            return
        served = resource.state.get("served")
        serving = self.azure.serving
        self._check_quota(resource)
        runs = serving.deployment(_endpoint_key(resource), resource.name) is not None
        if served is None or not runs or not same_but_scale(served, resource.body):
            await self._deploy(resource, resource.body)
        elif capacity(served) != capacity(resource.body):
            await serving.scale(_endpoint_key(resource), resource.name, capacity(resource.body))
        state = resource.state | {"provisioningState": "Succeeded", "served": resource.body}
        self.store.put(replace(resource, state=state))

    async def restart(self, resource: Resource) -> None:
        """Start again what served before the daemon ended; where that fails the deployment is Failed."""
        try:
            await self._deploy(resource, resource.state["served"])
        except ProvisioningError as error:
            log.error("%s doesn't start again: %s", resource.id, error)  # noqa: TRY400 - its text says it
            self._set_failed(resource.id)

    async def _deploy(self, resource: Resource, body: JSON) -> None:
        try:
            spec = await spec_of(self.plane, resource, body)
        except ArmError as error:  # an asset that went since the PUT
            raise ProvisioningError(error.code, error.message) from error
        await self.azure.serving.deploy(spec)

    def failed(self, operation: Operation, error: JSON) -> None:
        """The deployment is Failed; what served before still does."""
        del error
        self._set_failed(operation.resource)

    def _set_failed(self, resource_id: str) -> None:
        resource = self.store.get(resource_id)
        if resource is not None:
            self.store.put(replace(resource, state=resource.state | {"provisioningState": "Failed"}))

    async def dispose(self, resource: Resource) -> None:
        """Drain and end its instances."""
        await self.azure.serving.remove(_endpoint_key(resource), resource.name)

    def _begin(self, resource: Resource, state: str, verb: str, status: int) -> Answer:
        workspace = self.store.get(resource.id.rsplit("/onlineEndpoints/", 1)[0])
        operation_id = new_operation_id("odidp", workspace.state["workspaceId"] if workspace else "")
        changed = resource.state | {"provisioningState": state, "operation": operation_id}
        resource = self.store.put(replace(resource, state=changed))
        operation = self.plane.operations.begin(self, resource.id, verb, operation_id)
        return started(self, resource, operation, status)

    def _check_idle(self, resource_id: str) -> None:
        endpoint_id = resource_id.rsplit("/", 2)[0]
        running = self.plane.operations.on(resource_id) or self.plane.operations.on(endpoint_id)
        if running is not None and (
            running.verb == "DELETE" or running.resource.lower() == resource_id.lower()
        ):
            raise conflict(
                f"An operation is already in progress on '{running.resource}'. Try again when it has ended."
            )

    def _check_quota(self, resource: Resource) -> None:
        """A quota that is used up fails the operation, not the PUT.

        (learn.microsoft.com, "Troubleshooting online endpoints", OutOfQuota.)
        """
        most = self.azure.settings.most_instances
        if most is None:
            return
        others = [one for one in self.store.of_type(self.type) if one.key != resource.key]
        used = sum(capacity(one.state["served"]) for one in others if one.state.get("served"))
        wanted = capacity(resource.body)
        if used + wanted > most:
            raise ProvisioningError(
                "OutOfQuota",
                f"deployment '{resource.name}' asks for {wanted} instances, and {used} of the "
                f"quota of {most} are used: delete a deployment or ask for fewer "
                "(the quota is local Azure's --most-instances)",
            )

    def _endpoint(self, resource: Resource) -> Resource:
        found = self.store.get(resource.id.rsplit("/deployments/", 1)[0])
        if found is None:
            raise ArmError(404, "ParentResourceNotFound", f"The endpoint of '{resource.id}' was not found.")
        return found

    def _unname(self, resource: Resource) -> None:
        """A deployment that is gone isn't named in its endpoint's traffic any more."""
        endpoint = self._endpoint(resource)
        properties = dict(endpoint.properties)
        for which in ("traffic", "mirrorTraffic"):
            if properties.get(which):
                kept = {k: v for k, v in properties[which].items() if k.lower() != resource.name.lower()}
                properties[which] = kept
        if properties != endpoint.properties:
            self.store.put(replace(endpoint, body=endpoint.body | {"properties": properties}))


def _endpoint_key(resource: Resource) -> str:
    return resource.key.rsplit("/deployments/", 1)[0]
