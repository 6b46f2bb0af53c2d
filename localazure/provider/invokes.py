"""The SDK's functions: tokens, keys, and reading what exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from localazure.provider.errors import ProviderError, UnknownTypeError
from localazure.provider.types import PACKAGE, TYPES
from localazure.provider.types.foundation import CONTAINER_REGISTRY, LOG_ANALYTICS, STORAGE_ACCOUNT
from localazure.provider.types.machinelearning import (
    DATASTORE,
    ONLINE_DEPLOYMENT,
    ONLINE_ENDPOINT,
    WORKSPACE,
)
from localazure.provider.values import Secret, make_secret, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.arm import Arm
    from localazure.provider.credentials import Credentials
    from localazure.provider.pace import Deadline
    from localazure.provider.settings import ProviderSettings
    from localazure.provider.shape import ResourceType
    from localazure.provider.values import Properties


@dataclass(frozen=True)
class Action:
    """A POST below a resource; what it answers is secret unless `open`."""

    kind: ResourceType
    name: str
    open: bool = False


ACTIONS: Final[Mapping[str, Action]] = {
    f"{PACKAGE}:{name}": action
    for name, action in {
        "machinelearningservices:listOnlineEndpointKeys": Action(ONLINE_ENDPOINT, "listKeys"),
        "machinelearningservices:getOnlineEndpointToken": Action(ONLINE_ENDPOINT, "token"),
        "machinelearningservices:getOnlineDeploymentLogs": Action(ONLINE_DEPLOYMENT, "getLogs", open=True),
        "machinelearningservices:listWorkspaceKeys": Action(WORKSPACE, "listKeys"),
        "machinelearningservices:listDatastoreSecrets": Action(DATASTORE, "listSecrets"),
        "storage:listStorageAccountKeys": Action(STORAGE_ACCOUNT, "listKeys"),
        "operationalinsights:getSharedKeys": Action(LOG_ANALYTICS, "sharedKeys"),
        "operationalinsights:getWorkspaceSharedKeys": Action(LOG_ANALYTICS, "sharedKeys"),
        "containerregistry:listRegistryCredentials": Action(CONTAINER_REGISTRY, "listCredentials"),
    }.items()
}

_CLIENT_TOKEN: Final = f"{PACKAGE}:authorization:getClientToken"
_CLIENT_CONFIG: Final = f"{PACKAGE}:authorization:getClientConfig"


def _getter(kind: ResourceType) -> str:
    module, _, name = kind.name.partition(":")
    return f"{PACKAGE}:{module}:get{name}"


GETTERS: Final[Mapping[str, ResourceType]] = {_getter(kind): kind for kind in TYPES.values()}


class Invokes:
    """Answers the functions of one configured provider."""

    def __init__(self, settings: ProviderSettings, credentials: Credentials, arm: Arm) -> None:
        self._settings = settings
        self._credentials = credentials
        self._arm = arm

    def call(self, token: str, arguments: Properties, deadline: Deadline) -> Properties:
        """Give the function's result; tokens and keys in it are secret.

        Raises:
            UnknownTypeError: there is no such function here.
            ProviderError: ARM refused, or a path parameter is missing.
        """
        known: Properties = plain(arguments)
        if token == _CLIENT_TOKEN:
            return {"token": Secret(self._credentials.token(known.get("endpoint")))}
        if token == _CLIENT_CONFIG:
            return {
                "clientId": self._settings.client_id,
                "objectId": str(self._credentials.claims().get("oid") or ""),
                "subscriptionId": self._settings.subscription,
                "tenantId": self._settings.tenant,
            }
        if token in ACTIONS:
            return self._act(ACTIONS[token], token, known, deadline)
        if token in GETTERS:
            return self._get(GETTERS[token], token, known, deadline)
        functions = sorted({_CLIENT_TOKEN, _CLIENT_CONFIG, *ACTIONS, *GETTERS})
        raise UnknownTypeError(
            f"the local azure-native provider knows no function {token}; it knows: {', '.join(functions)}"
        )

    def _act(self, action: Action, token: str, arguments: Properties, deadline: Deadline) -> Properties:
        path = f"{self._id(action.kind, token, arguments)}/{action.name}"
        body = {name: value for name, value in arguments.items() if name not in action.kind.parameters}
        answer = self._arm.post(path, action.kind.api_version, body, deadline)
        return answer if action.open else {name: Secret(value) for name, value in answer.items()}

    def _get(self, kind: ResourceType, token: str, arguments: Properties, deadline: Deadline) -> Properties:
        resource_id = self._id(kind, token, arguments)
        body: dict[str, Any] | None = self._arm.get(resource_id, kind.api_version, deadline)
        if body is None:
            raise ProviderError(f"{token}: there is no {resource_id}")
        result = {"id": resource_id, **kind.outputs_of(body)}
        for path in kind.secrets:
            result = make_secret(result, path)
        return result

    def _id(self, kind: ResourceType, token: str, arguments: Mapping[str, Any]) -> str:
        missing = [name for name in kind.parameters if not arguments.get(name)]
        if missing:
            raise ProviderError(f"{token} needs {', '.join(missing)}")
        return kind.resource_id(arguments, self._settings.subscription)
