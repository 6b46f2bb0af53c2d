"""Scores with an MLflow model. Run by the model's own Python: no imports of ours.

Requests are those of Azure's no-code deployment: JSON with the key `input_data`, which is a data frame in the
split orientation, a tensor as lists, or named tensors (learn.microsoft.com, Guidelines for deploying MLflow
models, input structure). MLflow's own server takes other keys; Azure refuses them, and so does this.
"""

import importlib
import io
import json
import os
from pathlib import Path
from typing import Any, cast

FRAME = {"columns", "index", "data"}
BAD_REQUEST = 400

_model: Any = None
_schema: Any = None


def init() -> None:
    """Load the model."""
    global _model, _schema  # noqa: PLW0603 - how the server's scripts keep it
    folder = Path(os.environ["AZUREML_MODEL_DIR"]) / os.environ["MLFLOW_MODEL_FOLDER"]
    _model = importlib.import_module("mlflow.pyfunc").load_model(str(folder))
    _schema = _model.metadata.get_input_schema()


def run(body: str) -> Any:
    """Answer the predictions as JSON has them; a request that is none of these is answered 400."""
    try:
        said: Any = json.loads(body)
    except ValueError as error:
        return _refused(f"The request is no JSON: {error}.")
    asked = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    if "input_data" not in asked:
        return _refused("The request has no key 'input_data', which holds what the model is asked.")
    more: dict[str, Any] = {"params": asked["params"]} if asked.get("params") else {}
    predicted = _model.predict(_input(asked["input_data"]), **more)
    written = io.StringIO()
    _server().predictions_to_json(predicted, written)
    return json.loads(written.getvalue())["predictions"]


def _input(given: Any) -> Any:
    """What the model takes, cast as its signature says."""
    if isinstance(given, dict) and {"columns", "data"} <= cast("dict[str, Any]", given).keys() <= FRAME:
        return _parsed("dataframe_split", given)
    if isinstance(given, list) and _schema is not None and not _schema.is_tensor_spec():
        return _parsed("dataframe_split", {"columns": _schema.input_names(), "data": given})
    return _parsed("inputs", given)


def _parsed(form: str, given: Any) -> Any:
    server = _server()
    if hasattr(server, "infer_and_parse_data"):
        return server.infer_and_parse_data({form: given}, _schema)
    return server.infer_and_parse_json_input(json.dumps({form: given}), _schema)


def _server() -> Any:
    return importlib.import_module("mlflow.pyfunc.scoring_server")


def _refused(why: str) -> Any:
    answer: Any = importlib.import_module("azureml_inference_server_http.api.aml_response").AMLResponse
    return answer({"message": why}, BAD_REQUEST, json_str=True)
