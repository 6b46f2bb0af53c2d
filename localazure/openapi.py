"""`python -m localazure.openapi`: an OpenAPI description of what local Azure serves, as JSON.

ARM's part comes from the types that local Azure knows, the rest from the table below; scoring, blobs and
`/_local/` aren't in it.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from localazure.arm.paths import GROUP
from localazure.arm.types import KINDS
from localazure.arm.types.deployments import OnlineDeployments
from localazure.arm.types.endpoints import OnlineEndpoints

__all__ = ["ACTIONS", "described", "written"]

JSON = dict[str, Any]
SUBSCRIPTION = "/subscriptions/{subscriptionId}"
IN_GROUP = f"{SUBSCRIPTION}/resourceGroups/{{resourceGroupName}}"
ML = "Microsoft.MachineLearningServices"
ENDPOINT = f"{IN_GROUP}/providers/{ML}/workspaces/{{workspacesName}}/onlineEndpoints/{{onlineEndpointsName}}"
ACTIONS: dict[str, tuple[str, ...]] = {
    f"{ML}/workspaces": ("listKeys", "listStorageAccountKeys"),
    f"{ML}/workspaces/onlineEndpoints": ("listKeys", "regenerateKeys", "token"),
    f"{ML}/workspaces/onlineEndpoints/deployments": ("getLogs",),
    f"{ML}/workspaces/datastores": ("listSecrets",),
    f"{ML}/workspaces/codes/versions": ("startPendingUpload",),
    f"{ML}/registries": ("import",),
    "Microsoft.Storage/storageAccounts": ("listKeys", "regenerateKey"),
    "Microsoft.OperationalInsights/workspaces": ("sharedKeys",),
}
"""What a POST can ask of a resource, by its type."""
LONG = {OnlineEndpoints.type, OnlineDeployments.type}
EXTENSIONS = {"Microsoft.Insights/diagnosticSettings", "Microsoft.AlertsManagement/alerts"}
VERSION: JSON = {"$ref": "#/components/parameters/ApiVersion"}
OTHERS: tuple[tuple[str, str, str], ...] = (
    ("/subscriptions", "get", "The subscriptions"),
    ("/tenants", "get", "The one tenant, as a list"),
    (SUBSCRIPTION, "get", "A subscription"),
    (f"{SUBSCRIPTION}/locations", "get", "The one region"),
    (f"{SUBSCRIPTION}/resources", "get", "Resources with a location"),
    (f"{IN_GROUP}/resources", "get", "Resources with a location, of one group"),
    (
        f"{SUBSCRIPTION}/providers/{ML}/locations/{{location}}/mfeOperationsStatus/{{operationId}}",
        "get",
        "How a long-running operation is getting on",
    ),
    (
        f"{SUBSCRIPTION}/providers/{ML}/locations/{{location}}/mfeOperationResults/{{operationId}}",
        "get",
        "What a long-running operation came to: 202 while it runs",
    ),
    (f"{SUBSCRIPTION}/metrics:getBatch", "post", "Metrics of many endpoints"),
    (f"{ENDPOINT}/providers/Microsoft.Insights/metrics", "get", "Metrics of an endpoint"),
    (f"{ENDPOINT}/providers/Microsoft.Insights/metricDefinitions", "get", "Which metrics an endpoint has"),
    (f"{ENDPOINT}/providers/Microsoft.Insights/metricNamespaces", "get", "The one namespace of metrics"),
    (
        f"{ENDPOINT}/providers/Microsoft.Insights/diagnosticSettingsCategories",
        "get",
        "What a setting can send",
    ),
    ("/v1/workspaces/{customerId}/query", "post", "A KQL query of a Log Analytics workspace"),
    ("/v1/$batch", "post", "Several KQL queries"),
    (
        "/registrymanagement/v1.0/registries/{registriesName}/discovery",
        "get",
        "Where a registry's data plane is",
    ),
)


def described() -> JSON:
    """The description, OpenAPI 3.0."""
    paths: dict[str, JSON] = {}
    for path, method, summary in OTHERS:
        _add(paths, path, method, summary, versioned=not path.startswith("/v1/"))
    for resource_type in sorted({OnlineEndpoints.type, OnlineDeployments.type, *(k.type for k in KINDS)}):
        _add_type(paths, resource_type)
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "localazure",
            "version": "1",
            "description": "Azure Resource Manager, Monitor and Log Analytics as local Azure answers them. "
            "Any other resource type is a plain store at the same kind of path.",
        },
        "servers": [{"url": "https://localhost:8443"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "parameters": {
                "ApiVersion": {
                    "name": "api-version",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-[a-z0-9.-]+)?$"},
                    "example": "2025-12-01",
                }
            },
            "responses": {"Refused": {"description": "Refused, in Azure's words", "content": error}},
            "schemas": {"Error": _ERROR, "Resource": {"type": "object"}},
        },
    }


_ERROR: JSON = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def _add_type(paths: dict[str, JSON], resource_type: str) -> None:
    *_, last = resource_type.split("/")
    path = _path(resource_type)
    collection = path.rsplit("/", 1)[0]
    _add(paths, collection, "get", f"{last}: list")
    _add(paths, path, "get", f"{last}: read")
    if resource_type == "Microsoft.AlertsManagement/alerts":
        return
    long = resource_type in LONG
    _add(paths, path, "put", f"{last}: create or replace", body=True)
    _add(paths, path, "patch", f"{last}: change", body=True, accepted=long)
    _add(paths, path, "delete", f"{last}: delete", accepted=long)
    for action in ACTIONS.get(resource_type, ()):
        _add(paths, f"{path}/{action}", "post", f"{last}: {action}", body=True, accepted=True)


def _path(resource_type: str) -> str:
    if resource_type == GROUP:
        return IN_GROUP
    namespace, *types = resource_type.split("/")
    scope = "/{scope}" if namespace == "Microsoft.Insights" and resource_type in EXTENSIONS else IN_GROUP
    if resource_type == "Microsoft.AlertsManagement/alerts":
        scope = SUBSCRIPTION
    return f"{scope}/providers/{namespace}" + "".join(f"/{kind}/{{{kind}Name}}" for kind in types)


def _add(
    paths: dict[str, JSON],
    path: str,
    method: str,
    summary: str,
    *,
    body: bool = False,
    accepted: bool = False,
    versioned: bool = True,
) -> None:
    named: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    good = {"200": {"description": "Done"}}
    if method == "put":
        good["201"] = {"description": "Created"}
    if method == "delete":
        good["204"] = {"description": "It wasn't there"}
    if accepted:
        good["202"] = {"description": "Begun: Location or Azure-AsyncOperation says where to ask"}
    operation: JSON = {
        "summary": summary,
        "responses": good | {"4XX": {"$ref": "#/components/responses/Refused"}},
    }
    if body or method == "post":
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Resource"}}}
        operation["requestBody"] = {"required": method != "post", "content": content}
    parameters = [*named, VERSION] if versioned else named
    paths.setdefault(path, {"parameters": parameters} if parameters else {})[method] = operation


def written() -> str:
    """The description as the file under `docs/` has it: a line for each path."""
    whole = described()
    paths = ",\n".join(
        f"  {json.dumps(path)}: {json.dumps(item)}" for path, item in whole.pop("paths").items()
    )
    return f'{json.dumps(whole, indent=1)[:-2]},\n "paths": {{\n{paths}\n }}\n}}\n'


if __name__ == "__main__":
    sys.stdout.write(written())
