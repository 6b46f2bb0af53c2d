"""MLflow models without code: a real model server in the model's own environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localazure.serving import mlflow
from localazure.serving.conda import parse_conda
from localazure.serving.spec import ProvisioningError
from tests.localazure_serving.mlflow_models import COLUMNS, CONDA, described, linear, sums

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure_serving.conftest import Local


def deploy(local: Local, endpoint: str, model: Path) -> None:
    local.deploy(
        endpoint,
        model_dir=model.parent,
        code_dir=mlflow.SCRIPT.parent,
        scoring_script=mlflow.SCRIPT.name,
        image=None,
        conda_file=mlflow.conda_of(model),
        environment_variables={"MLFLOW_MODEL_FOLDER": model.name},
        brought=mlflow.BROUGHT,
    )
    local.route(endpoint, {"blue": 100})


def test_a_signature_casts_what_is_asked(local: Local, tmp_path: Path):
    deploy(local, "mlflow-signed", linear(tmp_path / "diabetes"))

    rows = [[1, 2, 3], [4, 5, 6]]
    frame = {"columns": COLUMNS, "index": [1, 2], "data": rows}
    for given in (frame, rows, {"columns": COLUMNS[::-1], "data": [each[::-1] for each in rows]}):
        status, _, text = local.send("mlflow-signed", json.dumps({"input_data": given}))
        assert (status, json.loads(text)) == (200, pytest.approx([14, 32])), text

    too_few = {"input_data": {"columns": COLUMNS[:2], "data": [[1, 2]]}}
    status, headers, _ = local.send("mlflow-signed", json.dumps(too_few))
    assert (status, headers["ms-azureml-model-error-statuscode"]) == (424, "500")
    own = {"dataframe_split": frame}
    status, headers, text = local.send("mlflow-signed", json.dumps(own))
    assert (status, headers["ms-azureml-model-error-statuscode"]) == (424, "400")
    assert "no key 'input_data'" in text


def test_tensors_and_parameters_of_a_model_without_signature(local: Local, tmp_path: Path):
    params = {"params": json.dumps([{"name": "times", "dtype": "long", "default": 1, "shape": None}])}
    deploy(local, "mlflow-plain", sums(tmp_path / "sums", signature=params))

    asked: list[tuple[dict[str, Any], list[float]]] = [
        ({"input_data": [[1, 2], [3, 4]]}, [3, 7]),
        ({"input_data": {"left": [1, 2], "right": [3, 4]}}, [4, 6]),
        ({"input_data": {"columns": ["a", "b"], "data": [[1, 2]]}}, [3]),
        ({"input_data": [[1, 2]], "params": {"times": 10}}, [30]),
    ]
    answers = [local.send("mlflow-plain", json.dumps(body)) for body, _ in asked]
    assert [(status, json.loads(text)) for status, _, text in answers] == [(200, said) for _, said in asked]
    status, headers, _ = local.send("mlflow-plain", "not JSON")
    assert (status, headers["ms-azureml-model-error-statuscode"]) == (424, "400")


def test_the_base_image_brings_what_the_model_does_not_name(tmp_path: Path):
    folder = sums(tmp_path / "m")
    named = [each.text for each in parse_conda(mlflow.conda_of(folder), brought=mlflow.BROUGHT).pip]
    assert named == ["azureml-inference-server-http>=1.4", *(line[8:] for line in CONDA.splitlines()[5:])]

    (folder / "conda.yaml").write_text("dependencies:\n- pip:\n  - mlflow==2.9\n  - azureml-defaults\n")
    named = [each.text for each in parse_conda(mlflow.conda_of(folder), brought=mlflow.BROUGHT).pip]
    assert named == ["mlflow==2.9", "azureml-defaults"]


def test_requirements_stand_in_for_a_conda_file_and_keep_their_lines(tmp_path: Path):
    folder = sums(tmp_path / "m")
    (folder / "conda.yaml").unlink()
    (folder / "requirements.txt").write_text("# made by hand\nmlflow==2.9\n\nnumpy>=1 # for now\n")

    found = parse_conda(mlflow.conda_of(folder), brought=mlflow.BROUGHT).pip

    assert [(each.text, each.line) for each in found] == [
        ("azureml-inference-server-http>=1.4", 0),
        ("mlflow==2.9", 2),
        ("numpy>=1", 4),
    ]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda folder: (folder / "MLmodel").unlink(), "no MLflow model: the file MLmodel isn't at its top"),
        (lambda folder: (folder / "MLmodel").write_text("flavors: {}"), "no flavor python_function"),
        (lambda folder: (folder / "MLmodel").write_text("a: ["), "no flavor python_function"),
        (lambda folder: (folder / "MLmodel").write_text(described({"env": "../x"})), "outside of it"),
        (lambda folder: (folder / "conda.yaml").unlink(), "neither conda.yaml nor requirements.txt"),
    ],
)
def test_a_model_that_says_nothing_of_its_environment(tmp_path: Path, broken: Any, says: str):
    folder = sums(tmp_path / "m")
    broken(folder)
    with pytest.raises(ProvisioningError, match=says) as caught:
        mlflow.conda_of(folder)
    assert caught.value.code == "ImageBuildFailure"
