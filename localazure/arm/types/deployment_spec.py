"""From a deployment's body to what serving runs: its assets found and laid out as folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.arm.body import part
from localazure.arm.errors import bad_request
from localazure.arm.types.deployment_rules import capacity, seconds, with_defaults
from localazure.arm.types.references import asset
from localazure.assets.materialise import MaterialiseError, materialise
from localazure.serving import mlflow
from localazure.serving.spec import DeploymentSpec, ProbeSpec, ProvisioningError
from localazure.tls import bundle_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.arm.body import JSON
    from localazure.arm.plane import Plane
    from localazure.arm.store import Resource

__all__ = ["check_assets", "spec_of"]

SCORING_PATH = "/score"


def check_assets(plane: Plane, properties: JSON) -> None:
    """Refuse a deployment whose model, environment or code version doesn't exist.

    Raises:
        ArmError: 400.
    """
    model, environment, code = _assets(plane, properties)
    if code is not None and not part(properties, "codeConfiguration").get("scoringScript"):
        raise bad_request("The request is invalid: codeConfiguration.scoringScript is missing.")
    if environment is None and (code is not None or not _is_mlflow(model)):
        raise bad_request(
            "The request is invalid: environmentId is missing; only an MLflow model without code can do "
            "without."
        )


async def spec_of(plane: Plane, deployment: Resource, body: JSON) -> DeploymentSpec:
    """What serving has to run for a deployment.

    Raises:
        ProvisioningError: An asset's files aren't there, or can't be had here.
    """
    properties = with_defaults(body["properties"])
    model, environment, source = _assets(plane, properties)
    model_dir = await _folder(plane, model, "modelUri")
    program = _Program(
        code_dir=await _folder(plane, source, "codeUri"),
        scoring_script=part(properties, "codeConfiguration").get("scoringScript"),
    )
    if environment is not None:
        instead = plane.azure.settings.stand_ins.get(environment.id.split("/")[-3])
        program = _stood_in(instead, program) if instead else _in(environment, program)
    if model_dir is not None and source is None and _is_mlflow(model):
        program = _without_code(model_dir, program, environment)
    endpoint_id, name = deployment.id.rsplit("/deployments/", 1)
    requests: JSON = properties["requestSettings"]
    return DeploymentSpec(
        endpoint_id=endpoint_id.lower(),
        endpoint_name=endpoint_id.rsplit("/", 1)[1],
        name=name,
        model_dir=model_dir.parent if model_dir else None,
        code_dir=program.code_dir,
        scoring_script=program.scoring_script,
        image=program.image,
        conda_file=program.conda_file,
        environment_variables={
            **_insights(plane, deployment, properties),
            **properties["environmentVariables"],
            **program.variables,
        },
        instances=capacity(body),
        request_timeout=seconds(requests["requestTimeout"], "requestTimeout"),
        max_concurrent=requests["maxConcurrentRequestsPerInstance"],
        liveness=_probe(properties["livenessProbe"]),
        readiness=_probe(properties["readinessProbe"]),
        brought=program.brought,
    )


@dataclass(frozen=True)
class _Program:
    """What serves the model, and what it runs in."""

    code_dir: Path | None
    scoring_script: str | None
    image: str | None = None
    conda_file: str | None = None
    brought: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


def _stood_in(conda_file: str, program: _Program) -> _Program:
    """The program in what the local setting puts in the environment's place."""
    try:
        text = Path(conda_file).read_text()
    except OSError as error:
        reason = f"the stand-in {conda_file} can't be read: {error.strerror}"
        raise ProvisioningError("ImageBuildFailure", reason) from error
    return _Program(program.code_dir, program.scoring_script, conda_file=text)


def _in(environment: Resource, program: _Program) -> _Program:
    """The program in an environment; an environment that serves by itself has no conda file for it."""
    properties = environment.properties
    if properties.get("build"):
        text = (
            f"{environment.id} is built from a Dockerfile, which needs a container engine, and there is none "
            "here: give it image and condaFile, or deploy it to Azure"
        )
        raise ProvisioningError("ImageBuildFailure", text)
    image, conda_file = properties.get("image"), properties.get("condaFile")
    routes = part(properties, "inferenceConfig")
    path = part(routes, "scoringRoute").get("path", SCORING_PATH)
    if routes and (program.code_dir is None or path != SCORING_PATH):
        text = (
            f"{environment.id} has an inferenceConfig, so its image {image} is to serve by itself at {path}; "
            "that needs a container engine, and there is none here: deploy it to Azure"
        )
        raise ProvisioningError("ImageBuildFailure", text)
    return _Program(program.code_dir, program.scoring_script, image, conda_file)


def _without_code(model_dir: Path, program: _Program, environment: Resource | None) -> _Program:
    """What Azure makes for an MLflow model: a scoring script, and an environment where none was given."""
    given = environment is not None
    return _Program(
        code_dir=mlflow.SCRIPT.parent,
        scoring_script=mlflow.SCRIPT.name,
        image=program.image,
        conda_file=program.conda_file if given else mlflow.conda_of(model_dir),
        brought=() if given else mlflow.BROUGHT,
        variables={"MLFLOW_MODEL_FOLDER": model_dir.name},
    )


def _insights(plane: Plane, deployment: Resource, properties: JSON) -> Mapping[str, str]:
    """What has the inference server send its traces to the workspace's Application Insights.

    The variables are those that azureml-inference-server-http and its exporter read; whether Azure sets the
    same and what it takes for the service's name, no document says.
    """
    workspace = plane.azure.store.get(deployment.id.rsplit("/onlineEndpoints/", 1)[0])
    where = workspace.properties.get("applicationInsights") if workspace else None
    component = plane.azure.store.get(where) if where else None
    if not properties.get("appInsightsEnabled") or workspace is None or component is None:
        return {}
    settings, key = plane.azure.settings, component.state["key"]
    temporary = settings.home / "temporary"  # the exporter keeps a folder there
    temporary.mkdir(exist_ok=True)
    return {
        "AML_APP_INSIGHTS_ENABLED": "true",
        "AML_APP_INSIGHTS_KEY": key,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": (
            f"InstrumentationKey={key};IngestionEndpoint={settings.base_url}/"
        ),
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",  # it would tell Microsoft how it fares
        "REQUESTS_CA_BUNDLE": str(bundle_path(settings.home)),
        "SERVICE_NAME": deployment.name,
        "TMPDIR": str(temporary),
        "WORKSPACE_NAME": workspace.name,
    }


def _assets(plane: Plane, properties: JSON) -> tuple[Resource | None, Resource | None, Resource | None]:
    """The model, the environment and the code that a deployment names."""
    store, code = plane.azure.store, part(properties, "codeConfiguration")
    return (
        asset(store, properties.get("model"), "models", "model"),
        asset(store, properties.get("environmentId"), "environments", "environmentId"),
        asset(store, code.get("codeId"), "codes", "codeConfiguration.codeId"),
    )


def _is_mlflow(model: Resource | None) -> bool:
    return model is not None and model.properties.get("modelType") == "mlflow_model"


async def _folder(plane: Plane, version: Resource | None, key: str) -> Path | None:
    if version is None:
        return None
    try:
        return await materialise(plane.azure, plane.blobs, version, version.properties[key])
    except MaterialiseError as error:
        raise ProvisioningError("ResourceNotReady", str(error)) from error


def _probe(probe: JSON) -> ProbeSpec:
    return ProbeSpec(
        initial_delay=seconds(probe["initialDelay"], "initialDelay"),
        period=seconds(probe["period"], "period"),
        timeout=seconds(probe["timeout"], "timeout"),
        failure_threshold=probe["failureThreshold"],
        success_threshold=probe["successThreshold"],
    )
