"""Create, read, update, delete: the ARM calls of the real provider, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localazure.provider.errors import (
    ArmError,
    CancelledError,
    OperationError,
    PartialError,
    ProviderError,
    UnreachableError,
)
from localazure.provider.refresh import imported_inputs, refreshed_inputs
from localazure.provider.values import keep_secrets, make_secret, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.arm import Arm
    from localazure.provider.pace import Deadline
    from localazure.provider.shape import ResourceType
    from localazure.provider.values import Properties


@dataclass(frozen=True)
class Written:
    """A resource after a write, or as it was read: what goes into the engine's state."""

    resource_id: str
    outputs: Properties
    inputs: Properties


class Lifecycle:
    """Does to ARM what the engine asks, for one subscription."""

    def __init__(self, arm: Arm, subscription: str) -> None:
        self._arm = arm
        self._subscription = subscription

    def create(self, kind: ResourceType, inputs: Properties, deadline: Deadline) -> Written:
        """Create a resource that must not exist yet.

        Raises:
            ProviderError: it exists already, or ARM refused; nothing was written.
            PartialError: ARM accepted and the operation failed.
        """
        resource_id = kind.resource_id(plain(inputs), self._subscription)
        if self._arm.get(resource_id, kind.api_version, deadline):
            raise ProviderError(
                f"cannot create already existing resource '{resource_id}'; if it is yours, take it over "
                f'with the resource option import_="{resource_id}", '
                f"or with `pulumi import {_token(kind)} <name> {resource_id}`"
            )
        return self._write(kind, resource_id, inputs, deadline)

    def update(self, kind: ResourceType, resource_id: str, inputs: Properties, deadline: Deadline) -> Written:
        """Replace the resource's whole body by these inputs.

        Raises:
            ArmError: ARM refused; nothing was written.
            PartialError: ARM accepted and the operation failed.
        """
        return self._write(kind, resource_id, inputs, deadline)

    def _write(self, kind: ResourceType, resource_id: str, inputs: Properties, deadline: Deadline) -> Written:
        accepted = self._arm.put(resource_id, kind.api_version, kind.body(plain(inputs)), deadline)
        try:
            self._arm.finish(accepted, resource_id, kind.api_version, deadline)
            body = self._arm.get(resource_id, kind.api_version, deadline)
        except (ArmError, OperationError, CancelledError, UnreachableError) as error:
            outputs = self._last_known(kind, resource_id, inputs, deadline)
            raise PartialError(str(error), resource_id, outputs, inputs) from error
        if body is None:
            raise ProviderError(
                f"{resource_id} was written and is gone already: somebody deleted it meanwhile"
            )
        return Written(_id_of(body, resource_id), _outputs(kind, body, inputs), inputs)

    def _last_known(
        self, kind: ResourceType, resource_id: str, inputs: Properties, deadline: Deadline
    ) -> Properties:
        """Give what can be read of a resource whose write didn't end well; nothing if it can't be read."""
        try:
            body = self._arm.get(resource_id, kind.api_version, deadline)
        except ProviderError:
            body = None
        return {} if body is None else _outputs(kind, body, inputs)

    def read(
        self,
        kind: ResourceType,
        resource_id: str,
        inputs: Properties | None,
        outputs: Properties,
        deadline: Deadline,
    ) -> Written | None:
        """Give the live resource, or None if it is gone.

        Args:
            kind: the resource type.
            resource_id: the ARM id.
            inputs: the last deployment's; None for an import, which computes them from the live body.
            outputs: the last deployment's.
            deadline: the time it may take.

        Raises:
            ArmError: ARM can't say.
            ProviderError: the id isn't one of this type.
        """
        try:
            kind.parameters_of(resource_id)
        except ValueError as error:
            raise ProviderError(str(error)) from None
        body = self._arm.get(resource_id, kind.api_version, deadline)
        if body is None:
            return None
        live = kind.outputs_of(body)
        if inputs is None:
            known = imported_inputs(kind, resource_id, live)
        else:
            known = refreshed_inputs(kind, inputs, outputs, live)
        return Written(resource_id, _outputs(kind, body, known), known)

    def delete(self, kind: ResourceType, resource_id: str, deadline: Deadline) -> None:
        """Delete the resource; one that is gone already is fine.

        Raises:
            ArmError: ARM refused, or the operation failed.
        """
        self._arm.delete(resource_id, kind.api_version, deadline)

    def region_of_group(self, name: str, deadline: Deadline) -> str | None:
        """Give the location of a resource group, the default of what is in it; None if it can't be read."""
        try:
            body = self._arm.get(
                f"/subscriptions/{self._subscription}/resourceGroups/{name}", "2024-03-01", deadline
            )
        except ArmError:
            return None
        return None if body is None else body.get("location")


def _outputs(kind: ResourceType, body: Mapping[str, Any], inputs: Properties) -> Properties:
    """Give the outputs; secret is what the inputs had as secret, and what the type says."""
    outputs: Properties = keep_secrets(kind.outputs_of(dict(body)), inputs)
    for path in kind.secrets:
        outputs = make_secret(outputs, path)
    return outputs


def _id_of(body: Mapping[str, Any], resource_id: str) -> str:
    answered = body.get("id")
    return answered if isinstance(answered, str) and answered.startswith("/") else resource_id


def _token(kind: ResourceType) -> str:
    return f"azure-native:{kind.name}"
