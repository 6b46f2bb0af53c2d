"""From a deployment's body to what serving runs: its assets found and laid out as folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localazure.arm.body import part
from localazure.arm.errors import bad_request
from localazure.arm.types.deployment_rules import capacity, seconds, with_defaults
from localazure.assets.materialise import MaterialiseError, materialise
from localazure.serving.spec import DeploymentSpec, ProbeSpec, ProvisioningError

if TYPE_CHECKING:
    from pathlib import Path

    from localazure.arm.body import JSON
    from localazure.arm.plane import Plane
    from localazure.arm.store import Resource

__all__ = ["check_assets", "spec_of"]


def check_assets(plane: Plane, properties: JSON) -> None:
    """Refuse a deployment whose model, environment or code version doesn't exist.

    Raises:
        ArmError: 400.
    """
    code = part(properties, "codeConfiguration")
    model = _asset(plane, properties.get("model"), "models", "model")
    environment = _asset(plane, properties.get("environmentId"), "environments", "environmentId")
    _asset(plane, code.get("codeId"), "codes", "codeConfiguration.codeId")
    if code.get("codeId") and not code.get("scoringScript"):
        raise bad_request("The request is invalid: codeConfiguration.scoringScript is missing.")
    without = model is not None and model.properties.get("modelType") == "mlflow_model"
    if environment is None and not without:
        raise bad_request(
            "The request is invalid: environmentId is missing; only an MLflow model can do without."
        )


async def spec_of(plane: Plane, deployment: Resource, body: JSON) -> DeploymentSpec:
    """What serving has to run for a deployment.

    Raises:
        ProvisioningError: An asset's files aren't there, or can't be had here.
    """
    properties = with_defaults(body["properties"])
    code = part(properties, "codeConfiguration")
    model = _asset(plane, properties.get("model"), "models", "model")
    source = _asset(plane, code.get("codeId"), "codes", "codeConfiguration.codeId")
    model_dir = await _folder(plane, model, "modelUri")
    code_dir = await _folder(plane, source, "codeUri")
    image, conda_file = _environment(plane, properties, model_dir)
    endpoint_id, name = deployment.id.rsplit("/deployments/", 1)
    requests: JSON = properties["requestSettings"]
    return DeploymentSpec(
        endpoint_id=endpoint_id.lower(),
        endpoint_name=endpoint_id.rsplit("/", 1)[1],
        name=name,
        model_dir=model_dir.parent if model_dir else None,
        code_dir=code_dir,
        scoring_script=code.get("scoringScript"),
        image=image,
        conda_file=conda_file,
        environment_variables=properties["environmentVariables"],
        instances=capacity(body),
        request_timeout=seconds(requests["requestTimeout"], "requestTimeout"),
        max_concurrent=requests["maxConcurrentRequestsPerInstance"],
        liveness=_probe(properties["livenessProbe"]),
        readiness=_probe(properties["readinessProbe"]),
    )


def _environment(plane: Plane, properties: JSON, model: Path | None) -> tuple[str | None, str | None]:
    version = _asset(plane, properties.get("environmentId"), "environments", "environmentId")
    if version is None:
        conda = model / "conda.yaml" if model else None
        if conda is None or not conda.is_file():
            raise ProvisioningError(
                "ImageBuildFailure", "The MLflow model has no conda.yaml to build its image from."
            )
        return None, conda.read_text()
    if version.properties.get("build"):
        text = f"{version.id} is built from a Dockerfile; local Azure builds only image + condaFile."
        raise ProvisioningError("ImageBuildFailure", text)
    return version.properties.get("image"), version.properties.get("condaFile")


async def _folder(plane: Plane, asset: Resource | None, key: str) -> Path | None:
    if asset is None:
        return None
    try:
        return await materialise(plane.azure, plane.blobs, asset, asset.properties[key])
    except MaterialiseError as error:
        raise ProvisioningError("ResourceNotReady", str(error)) from error


def _asset(plane: Plane, reference: Any, collection: str, where: str) -> Resource | None:
    """The version that a body names by its ARM id."""
    if reference is None:
        return None
    text = str(reference).removeprefix("azureml:")
    if text.startswith("//"):
        raise bad_request(f"The request is invalid: {where} '{reference}': local Azure has no registries.")
    found = plane.azure.store.get(text)
    wanted = f"Microsoft.MachineLearningServices/workspaces/{collection}/versions"
    if found is None or found.type != wanted:
        raise bad_request(
            f"The request is invalid: {where} '{reference}' was not found; give the ARM id of a version."
        )
    return found


def _probe(probe: JSON) -> ProbeSpec:
    return ProbeSpec(
        initial_delay=seconds(probe["initialDelay"], "initialDelay"),
        period=seconds(probe["period"], "period"),
        timeout=seconds(probe["timeout"], "timeout"),
        failure_threshold=probe["failureThreshold"],
        success_threshold=probe["successThreshold"],
    )
