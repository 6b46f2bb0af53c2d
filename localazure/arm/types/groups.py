from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from localazure.arm.errors import ArmError
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.operations import POLL_AGAIN, Operation, new_operation_id
from localazure.arm.paths import GROUP, ArmPath

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.arm.store import Resource

__all__ = ["ResourceGroups"]

NIL = "00000000-0000-0000-0000-000000000000"


class ResourceGroups(Kind):
    """Resource groups; deleting one deletes what is in it, as a long-running operation."""

    type = GROUP
    tracked = True
    name_rule = re.compile(r"[\w.()-]{0,89}[\w()-]")
    name_help = "1 to 90 letters, digits, '_', '.', '(', ')' or '-', not ending in '.'"

    def view(self, resource: Resource) -> JSON:
        """A group has no systemData and always a provisioning state."""
        shown = super().view(resource)
        del shown["systemData"]
        return shown | {
            "properties": {"provisioningState": resource.state.get("provisioningState", "Succeeded")}
        }

    def need(self, path: ArmPath) -> Resource:
        """The group; a missing one has an error code of its own."""
        found = self.store.get(path.id)
        if found is None:
            text = f"Resource group '{path.name}' could not be found."
            raise ArmError(404, "ResourceGroupNotFound", text)
        return found

    async def delete(self, call: Call) -> Answer:
        """202 and a Location, as Azure does it."""
        resource = self.need(call.path)
        running = self.plane.operations.on(resource.id)
        if running is None:
            self.store.put(_state(resource, "Deleting"))
            running = self.plane.operations.begin(self, resource.id, "DELETE", new_operation_id("rg", NIL))
        return Answer(
            202, None, {"Location": self.plane.operations.url(running.id, "mfeOperationResults")} | POLL_AGAIN
        )

    async def work(self, operation: Operation) -> None:
        """Delete everything in the group, then the group."""
        await self.plane.operations.abandon(operation.resource)
        await self.plane.dispose_below(operation.resource)
        self.store.delete(operation.resource)

    def failed(self, operation: Operation, error: JSON) -> None:
        """The group stays."""
        del error
        resource = self.store.get(operation.resource)
        if resource is not None:
            self.store.put(_state(resource, "Succeeded"))

    def _new_id(self, base: str, path: ArmPath) -> str:
        return f"{base}/resourceGroups/{path.name}"


def _state(resource: Resource, name: str) -> Resource:
    return replace(resource, state=resource.state | {"provisioningState": name})
