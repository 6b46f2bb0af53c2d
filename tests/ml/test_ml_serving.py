import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

import ml
from ml.artifact import read
from ml.dataset import load, split

Folder = Callable[[str], Path]
ML = Path(ml.__file__).parent
ROOT = ML.parent
SAMPLE = (ML / "serving" / "sample-request.json").read_text()
CODE = dict.fromkeys(("baseline", "boosted", "oversized", "mislabelled"), "serving") | {
    "brittle": "serving_brittle"
}
NO_SAVINGS = "unknown/ no savings account"


@pytest.fixture
def serve(model_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[str], Any]]:
    """The `run` of a model's own scoring code, after its `init`, as the inference server calls them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def start(name: str) -> Callable[[str], Any]:
        script = ML / CODE[name] / "score.py"
        spec = importlib.util.spec_from_file_location(f"score_of_{name}", script)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setenv("AZUREML_MODEL_DIR", str(model_folder(name)))
        module.init()
        return module.run

    return start


@pytest.fixture
def response(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inference server's answer type, which only the serving environment has."""

    def answer(message: object, status_code: int, *, json_str: bool) -> SimpleNamespace:
        assert json_str
        return SimpleNamespace(message=message, status_code=status_code)

    package = "azureml_inference_server_http"
    module = ModuleType(f"{package}.api.aml_response")
    module.AMLResponse = answer  # type: ignore[attr-defined]
    for name in (package, f"{package}.api"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)


def body(**changes: object) -> str:
    row = json.loads(SAMPLE)["data"][0]
    return json.dumps({"data": [{**row, **changes}]})


@pytest.mark.parametrize("name", CODE)
def test_every_release_answers_the_sample_request(serve: Any, name: str):
    answer = serve(name)(SAMPLE)
    assert answer["model"] == name
    assert len(answer["probabilities"]) == 1
    assert 0 < answer["probabilities"][0] < 1
    json.dumps(answer)


@pytest.mark.parametrize("name", ["baseline", "boosted"])
def test_what_is_served_is_what_was_judged(serve: Any, model_folder: Folder, name: str):
    rows = split(load(), 0).held_out.rows
    served = serve(name)(json.dumps({"data": rows}))["probabilities"]
    assert np.array_equal(served, read(model_folder(name)).probabilities(rows))


@pytest.mark.parametrize("name", ["baseline", "boosted"])
@pytest.mark.parametrize("column", ["purpose", "present_employment_since", "housing"])
def test_a_category_nobody_has_seen_gets_an_answer_from_the_good_models(serve: Any, name: str, column: str):
    assert 0 < serve(name)(body(**{column: "space travel"}))["probabilities"][0] < 1


def test_the_brittle_release_fails_on_the_category_that_is_no_band_and_on_no_other(serve: Any):
    run = serve("brittle")
    for row in split(load(), 0).held_out.rows:
        request = json.dumps({"data": [row]})
        if row["savings_account_and_bonds"] == NO_SAVINGS:
            with pytest.raises(KeyError, match=NO_SAVINGS):
                run(request)
        else:
            assert 0 < run(request)["probabilities"][0] < 1


@pytest.mark.usefixtures("response")
@pytest.mark.parametrize(
    ("request_body", "sentence"),
    [
        ("", "must be JSON"),
        ("[1]", "must be JSON"),
        ("{}", "must be JSON"),
        ('{"data": {}}', "list of 1 to 1000 rows"),
        ('{"data": []}', "list of 1 to 1000 rows"),
        (json.dumps({"data": [{}] * 1001}), "list of 1 to 1000 rows"),
        ('{"data": [7]}', "data[0] must be an object"),
        ('{"data": [{}]}', "'duration_in_month' is missing"),
        (body(credit_amount="much"), "credit_amount is 'much': a number is expected"),
        (body(credit_amount=True), "credit_amount is True: a number is expected"),
        (body(credit_amount=float("nan")), "credit_amount is nan: a number is expected"),
        (body(purpose=3), "purpose is 3: a text is expected"),
        (body(purpose=None), "purpose is None: a text is expected"),
    ],
)
def test_a_wrong_request_is_a_400_that_says_what_is_wrong(serve: Any, request_body: str, sentence: str):
    answer = serve("boosted")(request_body)
    assert answer.status_code == 400
    assert sentence in answer.message["error"]


def test_columns_that_the_model_doesnt_read_are_allowed(serve: Any):
    run = serve("boosted")
    assert run(body(favourite_colour="blue")) == run(SAMPLE)


def test_the_model_is_found_where_azure_mounts_the_uploaded_folder(serve: Any, tmp_path: Path):
    find_model = serve("baseline").__globals__["find_model"]
    (tmp_path / "model").mkdir()
    with pytest.raises(FileNotFoundError, match="found 0"):
        find_model(tmp_path)
    (tmp_path / "model" / "model.joblib").touch()
    assert find_model(tmp_path) == tmp_path / "model"


def test_the_serving_environment_has_the_versions_that_train_the_models():
    environment = yaml.safe_load((ML / "serving" / "environment.yml").read_text())
    pins = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    lock = (ROOT / "requirements.lock").read_text()
    for name, version in (pin.split("==") for pin in pins):
        locked = re.findall(rf"^{name}==(\S+)(?: ; python_full_version < '3.12')? \\$", lock, re.MULTILINE)
        if name != "azureml-inference-server-http":  # serving's own: nothing here may import it
            assert version in locked, name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (
        f"scikit-learn=={dict(pin.split('==') for pin in pins)['scikit-learn']}"
        in project["dependency-groups"]["ml"]
    )
