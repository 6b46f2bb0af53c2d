"""The calls of Microsoft's two MLflow notebooks in their order, with a model of our own, really served.

They are online-endpoints-deploy-mlflow-model and its sibling with a script, of azureml-examples,
sdk/python/endpoints/online/mlflow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.localazure.resources import make_workspace, unique
from tests.localazure_serving.mlflow_models import COLUMNS, CONDA, linear

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm

# With the server in front, it is the very environment that is made for the model alone: built once.
OWN_CONDA = CONDA.replace("- pip:\n", "- pip:\n      - azureml-inference-server-http>=1.4\n")
REQUEST = {"input_data": {"columns": COLUMNS, "data": [[1.0, 2.0, 3.0]], "index": [0]}}
SCORE = """\
import io, json, os
import mlflow
from mlflow.pyfunc.scoring_server import infer_and_parse_data, predictions_to_json

def init():
    global model
    model = mlflow.pyfunc.load_model(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model"))

def run(raw):
    asked = {"dataframe_split": json.loads(raw)["input_data"]}
    said = io.StringIO()
    predictions_to_json(model.predict(infer_and_parse_data(asked, model.metadata.get_input_schema())), said)
    return said.getvalue()
"""
NOTEBOOKS = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
)
from azure.identity import DefaultAzureCredential
group, workspace, *names = sys.argv[1:]
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)
alone = dict(model=Model(path="diabetes/model", type=AssetTypes.MLFLOW_MODEL, description="no name"))
scripted = dict(
    model=Model(name="diabetes", path="diabetes/model", type=AssetTypes.MLFLOW_MODEL),
    environment=Environment(conda_file="conda.yaml", image="mcr.microsoft.com/azureml/openmpi:latest"),
    code_configuration=CodeConfiguration(code="src", scoring_script="score.py"))
seen = []
for name, what in zip(names, (alone, scripted)):
    endpoint = ManagedOnlineEndpoint(name=name, description="d", auth_mode="key", tags={"foo": "bar"})
    client.begin_create_or_update(endpoint).result()
    blue = ManagedOnlineDeployment(
        name="blue", endpoint_name=name, instance_type="Standard_F4s_v2", instance_count=1, **what)
    client.online_deployments.begin_create_or_update(blue).result()
    endpoint.traffic = {"blue": 100}
    client.begin_create_or_update(endpoint).result()
    said = client.online_endpoints.invoke(
        endpoint_name=name, deployment_name="blue", request_file="request.json")
    got = client.online_endpoints.get(name=name)
    client.online_endpoints.begin_delete(name=name).result()
    seen.append([json.loads(said), got.traffic, got.scoring_uri.endswith("/score")])
seen.append([one.name for one in client.online_endpoints.list()])
print()
print(json.dumps(seen))
"""


def test_the_notebooks_of_mlflow(azure: Arm, tmp_path: Path):
    workspace = make_workspace(azure)
    linear(tmp_path / "diabetes" / "model")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCORE)
    (tmp_path / "conda.yaml").write_text(OWN_CONDA)
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))

    ended = subprocess.run(
        [sys.executable, "-c", NOTEBOOKS, *workspace.id.split("/")[4:9:4], unique("ep-"), unique("ep-")],
        env=azure.env | {"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr[-3000:]
    alone, scripted, left = json.loads(ended.stdout.splitlines()[-1])
    assert (alone[1:], scripted[1:], left) == ([{"blue": 100}, True], [{"blue": 100}, True], [])
    assert round(alone[0][0], 6) == 14
    assert round(json.loads(scripted[0])["predictions"][0], 6) == 14
