"""The live endpoint and its deployments: as the decision sees them, and as they would be declared again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids
from rollout.azure.body import mapping, needed_object, needed_text
from rollout.azure.errors import NotReadBack, ReadError, Unintelligible
from rollout.core import record, times, traffic
from rollout.core.observed import Deployment, Endpoint, Provisioning
from rollout.core.sameness import content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rollout.azure.arm import Arm

_READ_ONLY = frozenset({"provisioningState", "scoringUri", "swaggerUri"})
_SERVER_PROPERTIES = frozenset(
    {
        "azureasyncoperationuri",
        "azureml.onlineendpointid",
        "createdat",
        "createdby",
        "lastmodifiedat",
        "lastmodifiedby",
    }
)
"""What Azure adds to the free-form `properties.properties`, in lower case; the rest may be somebody's own."""


@dataclass(frozen=True)
class LiveDeployment:
    """A deployment as ARM shows it."""

    id: str
    name: str
    location: str
    core: Deployment
    inputs: Mapping[str, Any]
    """The writable part of the ARM body, in ARM's own spelling."""


@dataclass(frozen=True)
class LiveEndpoint:
    """An endpoint as ARM shows it."""

    id: str
    name: str
    location: str
    core: Endpoint
    inputs: Mapping[str, Any]
    """The writable part of the ARM body, in ARM's own spelling."""
    auth_mode: str
    """Key, AMLToken or AADToken."""
    scoring_uri: str | None
    """None until it is provisioned."""


def read_endpoint(arm: Arm, endpoint_id: str) -> tuple[LiveEndpoint | None, datetime]:
    """Return the endpoint, or None if there is none, and Azure's time.

    An endpoint whose workspace or resource group is missing isn't there either. Raises `ReadError`.
    """
    what = f"the endpoint {ids.name_of(endpoint_id)}"
    answer = arm.get(endpoint_id, what=what)
    if answer.body is None:
        return None, answer.date
    return _endpoint(what, answer.body), answer.date


def read_deployments(arm: Arm, endpoint_id: str) -> dict[str, LiveDeployment]:
    """Return the endpoint's deployments by name. Raises `ReadError`, also where there is no endpoint."""
    name = ids.name_of(endpoint_id)
    found = [
        _deployment(f"a deployment of {name}", body)
        for body in arm.list(f"{endpoint_id}/deployments", what=f"the deployments of {name}")
    ]
    return {deployment.name: deployment for deployment in found}


def read_back(
    arm: Arm,
    endpoint_id: str,
    wanted: traffic.Traffic,
    *,
    mirror: traffic.Traffic = traffic.NO_TRAFFIC,
    timeout: timedelta = timedelta(seconds=60),
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> datetime:
    """Return from when on the live traffic map and mirror are known to be the wanted ones; zeros don't count.

    That is Azure's time of the answer that says so, or `lastModifiedAt` where that is later. A PUT of an
    endpoint may take minutes, and the map may lag behind it: what was asked for earlier isn't in force yet.

    Raises `NotReadBack` with both maps after `timeout`, or the `ReadError` of the last look.
    """
    asked = traffic.Routing(wanted, mirror)
    started = clock()
    pause = 0.2
    while True:
        try:
            live, now = read_endpoint(arm, endpoint_id)
            seen = live.core.routing if live else None
            if live and asked.same(live.core.routing):
                return max(now, live.core.modified or now)
            fault = _not_read_back(endpoint_id, asked, seen, clock() - started)
        except ReadError as error:
            fault = error
        if clock() - started >= timeout.total_seconds():
            raise fault
        sleep(pause)
        pause = min(pause * 2, 5.0)


def _not_read_back(
    endpoint_id: str, wanted: traffic.Routing, seen: traffic.Routing | None, seconds: float
) -> NotReadBack:
    live = f"is {seen.show()}" if seen is not None else "is gone with its endpoint"
    return NotReadBack(
        f"the traffic of {ids.name_of(endpoint_id)}",
        f"{seconds:.0f} s after it was set to {wanted.show()} it {live}",
        "Nothing was published: run `pulumi up` again, which decides from what is live.",
    )


def _endpoint(what: str, body: dict[str, Any]) -> LiveEndpoint:
    properties = needed_object(what, body, "properties")
    return LiveEndpoint(
        id=needed_text(what, body, "id"),
        name=needed_text(what, body, "name"),
        location=needed_text(what, body, "location"),
        core=Endpoint(
            state=_state(what, properties),
            traffic=_shares(what, properties, "traffic"),
            tags=MappingProxyType(_tags(body)),
            mirror=_shares(what, properties, "mirrorTraffic"),
            modified=_modified_at(what, body),
        ),
        inputs=_inputs(body),
        auth_mode=needed_text(what, properties, "authMode"),
        scoring_uri=properties.get("scoringUri"),
    )


def _deployment(what: str, body: dict[str, Any]) -> LiveDeployment:
    name = needed_text(what, body, "name")
    what = f"{what} ({name})"
    properties = needed_object(what, body, "properties")
    capacity = mapping(body.get("sku")).get("capacity")
    inputs = _inputs(body)
    return LiveDeployment(
        id=needed_text(what, body, "id"),
        name=name,
        location=needed_text(what, body, "location"),
        core=Deployment(
            name=name,
            release=_tags(body).get(record.RELEASE),
            state=_state(what, properties),
            instances=capacity if isinstance(capacity, int) else 1,
            content=content(inputs),
        ),
        inputs=inputs,
    )


def _inputs(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a PUT that changes nothing would send; null is left out, which ARM takes alike."""
    writable = {
        key: _without_nulls(body[key])
        for key in ("location", "tags", "kind", "sku")
        if body.get(key) is not None
    }
    identity = mapping(body.get("identity"))
    if identity:
        users = mapping(identity.get("userAssignedIdentities"))
        writable["identity"] = {"type": identity.get("type")} | (
            {"userAssignedIdentities": {user: {} for user in users}} if users else {}
        )
    properties = {
        key: _without_nulls(value)
        for key, value in mapping(body.get("properties")).items()
        if key not in _READ_ONLY and value is not None
    }
    if "properties" in properties:
        properties["properties"] = {
            key: value
            for key, value in mapping(properties["properties"]).items()
            if key.lower() not in _SERVER_PROPERTIES
        }
    return writable | {"properties": properties}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value)
        return {key: _without_nulls(item) for key, item in inner.items() if item is not None}
    return value


def _tags(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in mapping(body.get("tags")).items()}


def _state(what: str, properties: Mapping[str, Any]) -> Provisioning:
    said = properties.get("provisioningState")
    try:
        return Provisioning(said)
    except ValueError:
        raise Unintelligible(what, f"its provisioningState is {said!r}, which isn't known here") from None


def _shares(what: str, properties: Mapping[str, Any], key: str) -> traffic.Traffic:
    shares: dict[str, int] = {}
    for name, share in mapping(properties.get(key)).items():
        if isinstance(share, bool) or not isinstance(share, int | float) or share != int(share):
            raise Unintelligible(what, f"its {key} gives {name} {share!r}, which is no whole percentage")
        shares[name] = int(share)
    return MappingProxyType(shares)


def _modified_at(what: str, body: Mapping[str, Any]) -> datetime | None:
    said = mapping(body.get("systemData")).get("lastModifiedAt")
    if said is None:
        return None
    try:
        return times.parse_instant(str(said))
    except ValueError:
        raise Unintelligible(what, f"its lastModifiedAt is {said!r}, which is no instant") from None
