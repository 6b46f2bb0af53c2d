from __future__ import annotations

import base64
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from localazure.arm.body import JSON, part
from localazure.arm.errors import ArmError, bad_request, conflict
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.operations import POLL_AGAIN, Operation, new_operation_id
from localazure.arm.types.endpoint_rules import NAME, NAME_HELP, check_properties, check_traffic, weights
from localazure.arm.types.identities import identity_state, identity_view
from localazure.clock import iso
from localazure.serving.spec import EndpointRoute

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = ["OnlineEndpoints"]

TOKEN_SECONDS = 12 * 3600
TOKEN_REFRESH = 8 * 3600
RUNNING = {"Creating", "Updating", "Deleting"}


class OnlineEndpoints(Kind):
    """Managed online endpoints: traffic, keys, and the deployments that go with them."""

    type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    tracked = True
    name_rule = NAME
    name_help = NAME_HELP

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Identity, auth mode, traffic, and a name that is unique in the region."""
        check_properties(body)
        check_traffic(body["properties"], self._deployments(call.path.id))
        if old is not None:
            return
        others = self.store.of_type(self.type)
        if any(other.name.lower() == call.path.name.lower() for other in others):
            raise bad_request(f"There already exists an endpoint named '{call.path.name}' in this region.")
        most = self.azure.settings.most_endpoints
        if len(self.store.of_type(self.type, "/".join(call.path.id.split("/")[:3]))) >= most:
            raise bad_request(
                f"The subscription has {most} endpoints in this region, the limit.", "QuotaExceeded"
            )

    def new_state(self) -> JSON:
        """Its identity and its keys."""
        return {"keys": [_new_key(), _new_key()]} | identity_state()

    def view(self, resource: Resource) -> JSON:
        """With its addresses and what Azure adds to `properties.properties`."""
        settings = self.azure.settings
        shown = super().view(resource)
        base = f"{settings.base_url}/endpoints/{resource.name.lower()}.{settings.location}"
        defaults: JSON = {"publicNetworkAccess": "Enabled", "traffic": {}, "mirrorTraffic": {}}
        added: JSON = {
            "scoringUri": f"{base}/score",
            "swaggerUri": f"{base}/swagger.json",
            "provisioningState": resource.state["provisioningState"],
            "properties": self._extra(resource),
        }
        shown["kind"] = "Managed"
        shown["identity"] = identity_view(resource, settings)
        return shown | {"properties": defaults | resource.properties | added}

    async def put(self, call: Call) -> Answer:
        """Replace the whole endpoint: traffic left out is traffic taken away."""
        old = self.store.get(call.path.id)
        self._check_idle(old)
        accepted = self.accept(call, old)
        state = accepted.state | {"provisioningState": "Updating" if old else "Creating"}
        # What a failed update falls back to: the router never left it.
        state["previous"] = old.body if old else None
        return self._begin(accepted, state, "PUT", 200 if old else 201)

    async def patch(self, call: Call) -> Answer:
        """Change tags and identity; nothing else can be patched."""
        old = self.need(call.path)
        self._check_idle(old)
        extra = set(call.object) - {"tags", "identity"}
        if extra:
            text = f"PATCH takes tags and identity, not {', '.join(sorted(extra))}: PUT the endpoint."
            raise bad_request(f"The request is invalid: {text}")
        changed = replace(old, body=old.body | call.object, modified=self.azure.clock.now())
        self.check(call, changed.body, old)
        state = old.state | {"provisioningState": "Updating", "previous": old.body}
        return self._begin(changed, state, "PATCH", 202)

    async def delete(self, call: Call) -> Answer:
        """Delete it with its deployments."""
        old = self.store.get(call.path.id)
        if old is None:
            self.base(call.path)
            return Answer(204)
        self._check_idle(old)
        busy = self.plane.operations.below(old.id)
        if busy is not None:
            raise conflict(f"An operation is in progress on '{busy.resource}'. Try again when it has ended.")
        return self._begin(old, old.state | {"provisioningState": "Deleting"}, "DELETE", 202)

    async def act(self, call: Call, action: str) -> Answer:
        """`listKeys`, `regenerateKeys` and `token`."""
        resource = self.need(call.path)
        mode = resource.properties.get("authMode")
        match action.lower():
            case "listkeys":
                if mode != "Key":
                    raise bad_request(f"Endpoint '{resource.name}' has authMode {mode}; it has no keys.")
                primary, secondary = resource.state["keys"]
                return Answer(200, {"primaryKey": primary, "secondaryKey": secondary})
            case "regeneratekeys":
                return self._regenerate(resource, call.object)
            case "token":
                return self._token(resource)
            case _:
                return await super().act(call, action)

    async def work(self, operation: Operation) -> None:
        """What goes on after the answer."""
        resource = self._present(operation)
        if operation.verb == "DELETE":
            await self.plane.dispose_below(resource.id)
            await self.dispose(resource)
            self.store.delete(resource.id)
            return
        state = {key: value for key, value in resource.state.items() if key != "previous"}
        resource = self.store.put(replace(resource, state=state | {"provisioningState": "Succeeded"}))
        self.route(resource)

    def failed(self, operation: Operation, error: JSON) -> None:
        """The endpoint is Failed, and shows what is still routed."""
        del error
        resource = self.store.get(operation.resource)
        if resource is None:
            return
        body = resource.state.get("previous") or resource.body
        state = {key: value for key, value in resource.state.items() if key != "previous"}
        self.store.put(replace(resource, body=body, state=state | {"provisioningState": "Failed"}))

    async def dispose(self, resource: Resource) -> None:
        """Nothing is routed to it any more."""
        self.azure.serving.forget(resource.key)

    def route(self, resource: Resource) -> None:
        """Tell the router, in the names that the deployments were created with."""
        names = {one.name.lower(): one.name for one in self.store.children(f"{resource.id}/deployments")}
        primary, secondary = resource.state["keys"]
        body = resource.state.get("previous") or resource.body
        properties: JSON = body["properties"]
        shares = [
            {
                names[key.lower()]: share
                for key, share in weights(properties, which).items()
                if key.lower() in names
            }
            for which in ("traffic", "mirrorTraffic")
        ]
        mode = properties["authMode"]
        self.azure.serving.route(
            EndpointRoute(resource.key, resource.name, shares[0], shares[1], mode, primary, secondary)
        )

    def _begin(self, resource: Resource, state: JSON, verb: str, status: int) -> Answer:
        workspace = self.store.get(resource.id.rsplit("/onlineEndpoints/", 1)[0])
        operation_id = new_operation_id("oeidp", workspace.state["workspaceId"] if workspace else "")
        resource = self.store.put(replace(resource, state=state | {"operation": operation_id}))
        operation = self.plane.operations.begin(self, resource.id, verb, operation_id)
        return started(self, resource, operation, status)

    def _check_idle(self, resource: Resource | None) -> None:
        running = self.plane.operations.on(resource.id) if resource else None
        if running is not None:
            raise conflict(
                f"An operation is already in progress on '{running.resource}'. Try again when it has ended."
            )

    def _present(self, operation: Operation) -> Resource:
        resource = self.store.get(operation.resource)
        if resource is None:
            raise ArmError(404, "ResourceNotFound", f"'{operation.resource}' has gone.")
        return resource

    def _deployments(self, endpoint_id: str) -> dict[str, bool]:
        found = self.store.children(f"{endpoint_id}/deployments")
        return {
            one.name.lower(): bool(one.state.get("served")) and one.state["provisioningState"] != "Deleting"
            for one in found
        }

    def _regenerate(self, resource: Resource, body: JSON) -> Answer:
        which = {"Primary": 0, "Secondary": 1}.get(str(body.get("keyType")))
        if which is None:
            raise bad_request(f"keyType is {body.get('keyType')!r}; give 'Primary' or 'Secondary'.")
        self._check_idle(resource)
        keys = list(resource.state["keys"])
        wanted = body.get("keyValue")
        # azure-ai-ml sends the present key where it means "make a new one".
        keys[which] = wanted if wanted and wanted != keys[which] else _new_key()
        state = resource.state | {"keys": keys, "provisioningState": "Updating", "previous": resource.body}
        return self._begin(resource, state, "POST", 202)

    def _token(self, resource: Resource) -> Answer:
        if resource.properties.get("authMode") != "AMLToken":
            raise bad_request(
                f"Endpoint '{resource.name}' has authMode {resource.properties.get('authMode')}."
            )
        now = int(time.time())
        shown: JSON = {
            "accessToken": self.azure.tokens.issue(resource.key, lifetime=TOKEN_SECONDS),
            "expiryTimeUtc": now + TOKEN_SECONDS,
            "refreshAfterTimeUtc": now + TOKEN_REFRESH,
            "tokenType": "Bearer",
        }
        return Answer(200, shown)

    def _extra(self, resource: Resource) -> JSON:
        extra: JSON = dict(part(resource.properties, "properties"))
        return extra | server_properties(self, resource) | {"azureml.onlineendpointid": resource.key}


def started(kind: Kind, resource: Resource, operation: Operation, status: int) -> Answer:
    """The first answer of a long-running operation: PUT shows the resource, the others nothing."""
    operations = kind.plane.operations
    headers = {"Azure-AsyncOperation": operations.url(operation.id)} | POLL_AGAIN
    if operation.verb == "PUT":
        return Answer(status, kind.view(resource), headers)
    location = {"Location": operations.url(operation.id, "mfeOperationResults")}
    return Answer(status, None, (headers if operation.verb == "DELETE" else POLL_AGAIN) | location)


def server_properties(kind: Kind, resource: Resource) -> JSON:
    """What Azure writes into `properties.properties` of endpoints and deployments."""
    return {
        "createdBy": "local",
        "createdAt": iso(resource.created),
        "lastModifiedAt": iso(resource.modified),
        "AzureAsyncOperationUri": kind.plane.operations.url(resource.state["operation"]),
    }


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(24)).decode()
