"""The ARM bodies of a new endpoint and of a new deployment, in ARM's own spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import timedelta

    from rollout.core.config import EndpointSettings
    from rollout.core.release import Release
    from rollout.core.serving import Collection, DataCollector, HealthProbe

RELEASE_TAG = "ROLLOUT_RELEASE"
"""The deployment's own ARM tag with its release id, in the PUT that carries the model."""
STARTED_TAG = "ROLLOUT_STARTED"
"""The deployment's own ARM tag with the time of the step that started it."""


def endpoint_body(location: str, asked: EndpointSettings) -> dict[str, Any]:
    """Return the body of an endpoint that isn't there yet. ARM refuses one without an identity."""
    return {
        "location": location,
        "identity": {"type": "SystemAssigned"},
        "tags": {},
        "properties": {
            "authMode": asked.auth.value,
            "publicNetworkAccess": asked.public_access.value,
            "traffic": {},
        },
    }


def deployment_body(
    release: Release, *, workspace_id: str, code_id: str | None, location: str, instances: int, at: str
) -> dict[str, Any]:
    """Return the body of a deployment that serves this release.

    `at` is the time of the step that starts it. It makes each start a change to the engine, also where its
    state holds the very same deployment and Azure has lost it.
    """
    serving, requests = release.settings, release.settings.requests
    properties: dict[str, Any] = {
        "endpointComputeType": "Managed",
        "model": release.model.arm_id(workspace_id),
        "instanceType": release.instance_type,
        "environmentVariables": dict(serving.environment_variables),
        "egressPublicNetworkAccess": serving.egress,
        "requestSettings": {
            "requestTimeout": iso(requests.request_timeout),
            "maxConcurrentRequestsPerInstance": requests.max_concurrent_requests_per_instance,
            "maxQueueWait": iso(requests.max_queue_wait),
        },
        "livenessProbe": _probe(serving.liveness),
        "readinessProbe": _probe(serving.readiness),
    }
    if release.environment is not None:
        properties["environmentId"] = release.environment.arm_id(workspace_id)
    if code_id is not None:
        properties["codeConfiguration"] = {"codeId": code_id, "scoringScript": release.scoring_script}
    if serving.model_mount_path is not None:
        properties["modelMountPath"] = serving.model_mount_path
    if serving.data_collector is not None:
        properties["dataCollector"] = _collector(serving.data_collector, workspace_id)
    return {
        "location": location,
        "sku": {"name": "Default", "capacity": instances},
        "tags": {RELEASE_TAG: release.id, STARTED_TAG: at},
        "properties": properties,
    }


def iso(duration: timedelta) -> str:
    """Return the duration as ARM takes it: `PT10S`, `PT0.5S`."""
    return f"PT{duration.total_seconds():g}S"


def _collector(collector: DataCollector, workspace_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "collections": {each.name: _collection(each, workspace_id) for each in collector.collections},
        "rollingRate": collector.rolling_rate.value,
    }
    if collector.capture_headers:
        body["requestLogging"] = {"captureHeaders": list(collector.capture_headers)}
    return body


def _collection(collection: Collection, workspace_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {"dataCollectionMode": "Enabled", "samplingRate": collection.sampling_rate}
    if collection.data is not None:
        _, name, version = collection.data.split(":")
        body["dataId"] = f"{workspace_id}/data/{name}/versions/{version}"
    if collection.client_id is not None:
        body["clientId"] = collection.client_id
    return body


def _probe(probe: HealthProbe) -> dict[str, Any]:
    return {
        "initialDelay": iso(probe.initial_delay),
        "period": iso(probe.period),
        "timeout": iso(probe.timeout),
        "failureThreshold": probe.failure_threshold,
        "successThreshold": probe.success_threshold,
    }
