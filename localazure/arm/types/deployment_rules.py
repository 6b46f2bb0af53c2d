"""What Azure refuses and fills in of an online deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localazure.arm.body import part
from localazure.arm.errors import ArmError, bad_request
from localazure.arm.types.data_collector import filled_collector
from localazure.duration import read_duration

if TYPE_CHECKING:
    from localazure.arm.body import JSON

__all__ = ["capacity", "check_body", "same_but_scale", "seconds", "with_defaults"]

PROBE: dict[str, Any] = {
    "initialDelay": "PT10S",
    "period": "PT10S",
    "timeout": "PT2S",
    "successThreshold": 1,
    "failureThreshold": 30,
}
REQUESTS: dict[str, Any] = {
    "requestTimeout": "PT5S",
    "maxConcurrentRequestsPerInstance": 1,
    "maxQueueWait": "PT0.5S",
}
MOST_INSTANCES = 50
LONGEST_REQUEST = 180.0
SERVERS_OWN = ("createdBy", "createdAt", "lastModifiedAt", "AzureAsyncOperationUri")


def with_defaults(properties: JSON) -> JSON:
    """A deployment's properties with Azure's defaults where the client said nothing."""
    filled: JSON = {
        "appInsightsEnabled": False,
        "egressPublicNetworkAccess": "Enabled",
        "environmentVariables": {},
        "scaleSettings": {"scaleType": "Default"},
    } | {key: value for key, value in properties.items() if value is not None}
    filled["requestSettings"] = _filled(REQUESTS, part(filled, "requestSettings"))
    for probe in ("livenessProbe", "readinessProbe"):
        filled[probe] = _filled(PROBE, part(filled, probe))
    if "dataCollector" in filled:
        filled["dataCollector"] = filled_collector(filled["dataCollector"])
    return filled


def check_body(body: JSON) -> None:
    """Refuse a deployment that Azure would refuse at once.

    Raises:
        ArmError: 400.
    """
    properties = part(body, "properties")
    kind = properties.get("endpointComputeType")
    if kind != "Managed":
        raise _invalid(f"endpointComputeType is {kind!r}; here it can only be 'Managed'")
    if not properties.get("instanceType"):
        raise _invalid("instanceType is missing")
    if not 1 <= capacity(body) <= MOST_INSTANCES:
        raise _invalid(f"sku.capacity is {capacity(body)}; 1 to {MOST_INSTANCES} instances are allowed")
    filled = with_defaults(properties)
    _check_requests(filled["requestSettings"])
    for probe in ("livenessProbe", "readinessProbe"):
        for key in ("initialDelay", "period", "timeout"):
            seconds(filled[probe][key], f"{probe}.{key}")
        for key in ("failureThreshold", "successThreshold"):
            _check_count(filled[probe][key], f"{probe}.{key}")
    for name, value in part(filled, "environmentVariables").items():
        if not isinstance(value, str):
            raise _invalid(f"environmentVariables.{name} is {value!r}; a string is needed")


def capacity(body: JSON) -> int:
    """How many instances a body asks for; 1 where it doesn't say."""
    sku: Any = body.get("sku") or {}
    wanted = sku.get("capacity")
    if wanted is None:
        return 1
    if type(wanted) is not int:
        raise bad_request(f"The request is invalid: sku.capacity is {wanted!r}; an integer is needed.")
    return wanted


def same_but_scale(one: JSON, other: JSON) -> bool:
    """Whether two bodies run the same program; counts, tags and descriptions may differ."""
    return _runs(one) == _runs(other)


def seconds(duration: str, where: str) -> float:
    """An ISO 8601 duration in seconds.

    >>> seconds("PT1M0.5S", "requestTimeout")
    60.5

    Raises:
        ArmError: 400, it is none.
    """
    try:
        return read_duration(duration).total_seconds()
    except ValueError:
        raise bad_request(
            f"The request is invalid: {where} is {duration!r}, no ISO 8601 duration such as PT5S."
        ) from None


def _check_requests(settings: JSON) -> None:
    timeout = seconds(settings["requestTimeout"], "requestSettings.requestTimeout")
    if not 0 < timeout <= LONGEST_REQUEST:
        raise _invalid(f"requestTimeout is {timeout:g} s; the limit is {LONGEST_REQUEST:g} s")
    where = "requestSettings.maxConcurrentRequestsPerInstance"
    _check_count(settings["maxConcurrentRequestsPerInstance"], where)


def _check_count(value: Any, where: str) -> None:
    if type(value) is not int or value < 1:
        raise _invalid(f"{where} is {value!r}; an integer above 0 is needed")


def _invalid(reason: str) -> ArmError:
    return bad_request(f"The request is invalid: {reason}.")


def _filled(defaults: JSON, given: JSON) -> JSON:
    return defaults | {key: value for key, value in given.items() if value is not None}


def _runs(body: JSON) -> JSON:
    properties = with_defaults(body["properties"])
    for key in ("description", "provisioningState"):
        properties.pop(key, None)
    extra = part(properties, "properties")
    kept = {key: value for key, value in extra.items() if key not in SERVERS_OWN}
    return properties | {"properties": kept}
