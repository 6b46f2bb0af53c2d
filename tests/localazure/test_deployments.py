from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localazure.arm.types.deployment_rules import seconds
from localazure.serving.spec import ProvisioningError
from tests.localazure.resources import ENDPOINT, unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.fixture
def endpoint(workspace: Workspace):
    name = unique("ep-")
    workspace.endpoint(name)
    return name


@pytest.fixture
def blue(workspace: Workspace, endpoint: str):
    assert workspace.deployment(endpoint, "blue")["status"] == "Succeeded"
    return f"{workspace.id}/onlineEndpoints/{endpoint}/deployments/blue"


def refusal(arm: Arm, method: str, path: str, body: Any = None):
    answer = arm.ask(method, path, body)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]["message"]


def test_a_put_deploys_and_shows_azures_defaults(arm: Arm, blue: str):
    shown = arm.ok("GET", blue)

    properties = shown["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["requestSettings"]["requestTimeout"] == "PT5S"
    assert properties["livenessProbe"]["failureThreshold"] == 30
    assert properties["scaleSettings"] == {"scaleType": "Default"}
    assert shown["sku"]["capacity"] == 1
    spec = arm.serving.running[blue.lower().rsplit("/deployments/")[0], "blue"]
    assert (spec.request_timeout, spec.max_concurrent, spec.conda_file) == (5.0, 1, "name: x")


def test_another_count_only_scales(arm: Arm, workspace: Workspace, endpoint: str, blue: str):
    del arm.serving.events[:]

    workspace.deployment(endpoint, "blue", capacity=3)
    arm.done("PATCH", blue, {"sku": {"name": "Default", "capacity": 2}})

    assert arm.serving.events == ["scale blue 3", "scale blue 2"]
    assert arm.ok("GET", blue)["sku"]["capacity"] == 2


def test_tags_alone_start_nothing_anew(arm: Arm, workspace: Workspace, blue: str):
    del arm.serving.events[:]

    arm.done("PUT", blue, workspace.deployment_body() | {"tags": {"release": "m:1"}})

    assert arm.serving.events == []
    assert arm.ok("GET", blue)["tags"] == {"release": "m:1"}


def test_what_a_client_read_and_puts_back_changes_nothing(arm: Arm, blue: str):
    del arm.serving.events[:]

    arm.done("PUT", blue, arm.ok("GET", blue))

    assert arm.serving.events == []


def test_another_program_is_deployed_again(arm: Arm, workspace: Workspace, endpoint: str, blue: str):
    del arm.serving.events[:]

    workspace.deployment(endpoint, "blue", environmentVariables={"A": "1"})

    assert arm.serving.events == ["deploy blue"]
    assert arm.ok("GET", blue)["properties"]["environmentVariables"] == {"A": "1"}


def test_a_deployment_that_fails_is_failed_and_what_served_goes_on(
    arm: Arm, workspace: Workspace, endpoint: str, blue: str
):
    arm.serving.refuse = ProvisioningError("ImageBuildFailure", "no such package: numpyy")

    ended = workspace.deployment(endpoint, "blue", environmentVariables={"A": "1"})

    assert ended["status"] == "Failed"
    assert ended["error"] == {"code": "ImageBuildFailure", "message": "no such package: numpyy"}
    assert arm.ok("GET", blue)["properties"]["provisioningState"] == "Failed"
    assert (blue.lower().rsplit("/deployments/")[0], "blue") in arm.serving.running


def test_a_deployment_with_traffic_cant_be_deleted(arm: Arm, workspace: Workspace, endpoint: str, blue: str):
    workspace.endpoint(endpoint, {"blue": 100})
    assert "100 % of traffic" in refusal(arm, "DELETE", blue)

    workspace.endpoint(endpoint, {"blue": 0})
    assert arm.done("DELETE", blue)["status"] == "Succeeded"
    assert arm.ask("GET", blue).status_code == 404
    assert arm.ask("DELETE", blue).status_code == 204
    assert arm.ok("GET", blue.rsplit("/deployments", 1)[0])["properties"]["traffic"] == {}


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"capacity": 0}, "sku.capacity is 0"),
        ({"capacity": 51}, "1 to 50"),
        ({"instanceType": None}, "instanceType is missing"),
        ({"endpointComputeType": "Kubernetes"}, "Kubernetes"),
        ({"environmentId": None}, "environmentId is missing"),
        ({"environmentId": "/subscriptions/x/environments/e/versions/9"}, "was not found"),
        ({"model": "azureml://registries/r/models/m/versions/1"}, "there is no registry 'r'"),
        ({"requestSettings": {"requestTimeout": "PT181S"}}, "181 s; the limit is 180 s"),
        ({"requestSettings": {"requestTimeout": "5 s"}}, "no ISO 8601 duration"),
        ({"requestSettings": {"maxConcurrentRequestsPerInstance": 0}}, "an integer above 0"),
        ({"environmentVariables": {"A": 1}}, "environmentVariables.A is 1"),
        ({"dataCollector": {}}, "dataCollector.collections is missing"),
        ({"dataCollector": {"collections": {"a": 1}}}, "collections.a is 1; an object"),
        ({"dataCollector": {"collections": {"a": {}}, "rollingRate": "Weekly"}}, "rollingRate is 'Weekly'"),
        ({"dataCollector": {"collections": {"a": {"dataCollectionMode": 1}}}}, "dataCollectionMode is 1"),
        ({"dataCollector": {"collections": {"a": {"samplingRate": 2}}}}, "samplingRate is 2"),
        ({"dataCollector": {"collections": {"a": {"dataId": "/x/data/d/versions/1"}}}}, "was not found"),
    ],
)
def test_what_azure_refuses_of_a_deployment(
    arm: Arm, workspace: Workspace, endpoint: str, extra: dict[str, Any], words: str
):
    path = f"{workspace.id}/onlineEndpoints/{endpoint}/deployments/green"
    assert words in refusal(arm, "PUT", path, workspace.deployment_body(**extra))
    assert arm.ask("GET", path).status_code == 404


def test_a_deployment_needs_its_endpoint(arm: Arm, workspace: Workspace):
    path = f"{workspace.id}/onlineEndpoints/nothere/deployments/blue"
    answer = arm.ask("PUT", path, workspace.deployment_body())
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ParentResourceNotFound")


def test_logs_and_skus(arm: Arm, blue: str):
    assert arm.ok("POST", f"{blue}/getLogs", {"tail": 7}) == {"content": "7 lines of blue"}
    assert arm.ok("GET", f"{blue}/skus")["value"][0]["capacity"]["maximum"] == 50


def test_the_twenty_first_deployment_is_refused(arm: Arm, workspace: Workspace, endpoint: str):
    base = f"{workspace.id}/onlineEndpoints/{endpoint}"
    for number in range(20):
        path = f"{base}/deployments/slot-{number}"
        assert arm.ask("PUT", path, workspace.deployment_body()).status_code == 201
    path = f"{base}/deployments/slot-20"
    assert "20 deployments, the limit" in refusal(arm, "PUT", path, workspace.deployment_body())


def test_no_deployment_where_the_endpoint_is_being_deleted(arm: Arm, workspace: Workspace, endpoint: str):
    base = f"{workspace.id}/onlineEndpoints/{endpoint}"
    arm.control("POST", "faults", {"operation": {"path": endpoint, "outcome": "hang"}})
    assert arm.ask("DELETE", base).status_code == 202
    answer = arm.ask("PUT", f"{base}/deployments/blue", workspace.deployment_body())
    assert answer.status_code == 409
    assert arm.ask("PUT", base, ENDPOINT).status_code == 409


@pytest.mark.parametrize(
    ("text", "value"), [("PT5S", 5), ("PT0.5S", 0.5), ("PT1M30S", 90), ("P1DT1H", 90000)]
)
def test_durations(text: str, value: float):
    assert seconds(text, "x") == value


def test_what_is_collected_is_kept_in_the_apis_own_spelling(arm: Arm, workspace: Workspace, endpoint: str):
    collector = {"collections": {"request": {"dataCollectionMode": "enabled"}, "own": {"samplingRate": 0.1}}}

    workspace.deployment(endpoint, "blue", dataCollector=collector | {"rollingRate": "day"})

    path = f"{workspace.id}/onlineEndpoints/{endpoint}/deployments/blue"
    assert arm.ok("GET", path)["properties"]["dataCollector"] == {
        "collections": {
            "request": {"dataCollectionMode": "Enabled", "samplingRate": 1.0},
            "own": {"dataCollectionMode": "Disabled", "samplingRate": 0.1},
        },
        "rollingRate": "Day",
    }


def mlflow_model(workspace: Workspace, **files: str) -> str:
    """Register an MLflow model of these files; its id."""
    arm, store = workspace.arm, f"{workspace.id}/datastores/workspaceblobstore"
    container = arm.ok("GET", store)["properties"]["containerName"]
    for name, content in files.items():
        url = f"{arm.settings.base_url}/blob/{workspace.account}/{container}/up/linear/{name}"
        assert arm.http.put(url, data=content.encode()).status_code == 201
    model = f"{workspace.id}/models/{unique('m')}/versions/1"
    uri = "azureml://datastores/workspaceblobstore/paths/up/linear"
    arm.ok("PUT", model, {"properties": {"modelType": "mlflow_model", "modelUri": uri}})
    return model


MLMODEL = "flavors: {python_function: {env: {conda: its-conda.yaml}}}"


def test_an_mlflow_model_brings_script_and_environment(arm: Arm, workspace: Workspace, endpoint: str):
    model = mlflow_model(workspace, MLmodel=MLMODEL, **{"its-conda.yaml": "name: its own"})

    ended = workspace.deployment(endpoint, "blue", model=model, environmentId=None)

    assert ended["status"] == "Succeeded", ended
    spec = arm.serving.running[f"{workspace.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.scoring_script, spec.conda_file, spec.image) == (
        "mlflow_score_script.py",
        "name: its own",
        None,
    )
    assert (spec.model_dir / "linear" / "MLmodel").read_text() == MLMODEL
    assert spec.environment_variables == {"MLFLOW_MODEL_FOLDER": "linear"}
    assert "mlflow-skinny" in spec.brought


def test_an_mlflow_model_may_have_another_environment(arm: Arm, workspace: Workspace, endpoint: str):
    model = mlflow_model(workspace, MLmodel=MLMODEL)

    workspace.deployment(endpoint, "blue", model=model)

    spec = arm.serving.running[f"{workspace.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.scoring_script, spec.conda_file, spec.brought) == ("mlflow_score_script.py", "name: x", ())


def test_an_mlflow_model_with_code_needs_an_environment(arm: Arm, workspace: Workspace, endpoint: str):
    model = mlflow_model(workspace, MLmodel=MLMODEL)
    code = f"{workspace.id}/codes/c/versions/1"
    arm.ok("PUT", code, {"properties": {"codeUri": "azureml://datastores/workspaceblobstore/paths/up"}})
    body = workspace.deployment_body(
        model=model, environmentId=None, codeConfiguration={"codeId": code, "scoringScript": "score.py"}
    )
    path = f"{workspace.id}/onlineEndpoints/{endpoint}/deployments/blue"
    assert "only an MLflow model without code" in refusal(arm, "PUT", path, body)


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        (
            {"image": "mine:1", "inferenceConfig": {"scoringRoute": {"path": "/predict", "port": 8080}}},
            "its image mine:1 is to serve by itself at /predict; that needs a container engine",
        ),
        ({"build": {"contextUri": "https://x/y", "dockerfilePath": "Dockerfile"}}, "built from a Dockerfile"),
    ],
)
def test_a_container_of_ones_own_says_what_it_needs(
    arm: Arm, workspace: Workspace, endpoint: str, properties: dict[str, Any], says: str
):
    environment = f"{workspace.id}/environments/{unique('own')}/versions/1"
    arm.ok("PUT", environment, {"properties": properties})

    ended = workspace.deployment(endpoint, "blue", environmentId=environment)

    assert (ended["status"], ended["error"]["code"]) == ("Failed", "ImageBuildFailure")
    assert says in ended["error"]["message"]
