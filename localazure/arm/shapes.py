"""What kind of value stands where in the bodies of writes: Azure can't deserialize anything else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["need_shape"]

TEXT = str
FLAG = bool
WORDS = [TEXT]
MAP: dict[str, Any] = {}
ANY: dict[str, Any] = {"location": TEXT, "tags": MAP, "properties": MAP, "sku": MAP, "identity": MAP}
NAMED: dict[str, Any] = {"sku": {"name": TEXT, "tier": TEXT}}
INSIGHTS = "microsoft.insights"
ML = "microsoft.machinelearningservices"
PROBE: dict[str, Any] = dict.fromkeys(("initialDelay", "period", "timeout"), TEXT)
RECEIVERS: dict[str, Any] = {"name": TEXT}
DIMENSIONS = [{"name": TEXT, "operator": TEXT, "values": WORDS}]
LOGS = [{"category": TEXT, "categoryGroup": TEXT, "enabled": FLAG}]
DEPLOYMENT: dict[str, Any] = {
    "codeConfiguration": {"codeId": TEXT, "scoringScript": TEXT},
    "dataCollector": {"collections": MAP},
    "environmentId": TEXT,
    "environmentVariables": MAP,
    "instanceType": TEXT,
    "livenessProbe": PROBE,
    "model": TEXT,
    "properties": MAP,
    "readinessProbe": PROBE,
    "requestSettings": {"requestTimeout": TEXT, "maxQueueWait": TEXT},
    "scaleSettings": MAP,
}
ENDPOINT: dict[str, Any] = {"authMode": TEXT, "traffic": MAP, "mirrorTraffic": MAP, "properties": MAP}
VERSION: dict[str, Any] = {"tags": MAP, "properties": MAP, "description": TEXT, "isAnonymous": FLAG}
SHAPES: Mapping[str, dict[str, Any]] = {
    f"{INSIGHTS}/actiongroups": {
        "properties": {
            "groupShortName": TEXT,
            "webhookReceivers": [RECEIVERS | {"serviceUri": TEXT}],
            "emailReceivers": [RECEIVERS | {"emailAddress": TEXT}],
        }
    },
    f"{INSIGHTS}/metricalerts": {
        "properties": {
            "scopes": WORDS,
            "actions": [{"actionGroupId": TEXT}],
            "criteria": {"odata.type": TEXT, "allOf": [{"metricName": TEXT, "dimensions": DIMENSIONS}]},
        }
    },
    f"{INSIGHTS}/scheduledqueryrules": {
        "properties": {
            "scopes": WORDS,
            "actions": {"actionGroups": WORDS, "customProperties": MAP},
            "criteria": {
                "allOf": [
                    {"query": TEXT, "metricMeasureColumn": TEXT, "dimensions": DIMENSIONS}
                    | {"failingPeriods": MAP}
                ]
            },
        }
    },
    f"{INSIGHTS}/diagnosticsettings": {
        "properties": dict.fromkeys(("workspaceId", "storageAccountId", "eventHubName"), TEXT)
        | {"logs": LOGS, "metrics": LOGS}
    },
    f"{ML}/workspaces": {
        "properties": dict.fromkeys(
            ("storageAccount", "keyVault", "applicationInsights", "containerRegistry"), TEXT
        ),
        "identity": {"type": TEXT},
    },
    f"{ML}/workspaces/onlineendpoints": {"properties": ENDPOINT, "identity": {"type": TEXT}},
    f"{ML}/workspaces/onlineendpoints/deployments": {"properties": DEPLOYMENT},
    f"{ML}/workspaces/models/versions": {"properties": VERSION | {"modelUri": TEXT, "modelType": TEXT}},
    f"{ML}/workspaces/environments/versions": {
        "properties": VERSION | {"image": TEXT, "condaFile": TEXT, "build": MAP, "inferenceConfig": MAP}
    },
    f"{ML}/workspaces/data/versions": {"properties": VERSION | {"dataUri": TEXT, "dataType": TEXT}},
    f"{ML}/workspaces/codes/versions": {"properties": VERSION | {"codeUri": TEXT}},
    "microsoft.storage/storageaccounts": NAMED,
    "microsoft.containerregistry/registries": NAMED,
}
WORDING = {TEXT: "a string", FLAG: "true or false"}


def need_shape(resource_type: str, body: Any) -> None:
    """Refuse a body with a value of the wrong kind in it; what is missing or null is no matter here.

    Raises:
        ArmError: 400 `InvalidRequestContent`, with the place.
    """
    need_object(body)
    for shape in (ANY, SHAPES.get(resource_type.lower(), ANY)):
        _check(body, shape, "")
    _check_numbers(body)


def need_object(body: Any) -> None:
    """Refuse what is no JSON object.

    Raises:
        ArmError: 400 `InvalidRequestContent`.
    """
    if not isinstance(body, dict):
        text = "The request content was invalid: a JSON object is needed."
        raise bad_request(text, "InvalidRequestContent")


def _check(value: Any, shape: Any, where: str) -> None:
    if value is None:
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _wrong(value, where, "an object")
        inner = cast("dict[str, Any]", value)
        for key, below in cast("dict[str, Any]", shape).items():
            _check(inner.get(key), below, f"{where}.{key}" if where else key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise _wrong(value, where, "a list")
        (below,) = cast("list[Any]", shape)
        for index, each in enumerate(cast("list[Any]", value)):
            if each is None:
                raise _wrong(each, f"{where}[{index}]", "something")
            _check(each, below, f"{where}[{index}]")
    elif not isinstance(value, shape):
        raise _wrong(value, where, WORDING[shape])


def _check_numbers(value: Any) -> None:
    """No NaN and no infinity: JSON has none, Python reads and writes them."""
    if isinstance(value, float) and not math.isfinite(value):
        raise bad_request(f"The request content was invalid: {value} is no number.", "InvalidRequestContent")
    if isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            _check_numbers(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            _check_numbers(each)


def _wrong(value: Any, where: str, needed: str) -> Exception:
    text = f"The request content was invalid: {where} is {str(value)[:80]!r}; {needed} is needed."
    return bad_request(text, "InvalidRequestContent")
