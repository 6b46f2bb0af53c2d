"""Serves any model of `ml.train`: rows of applicants in, the probability of a bad credit out.

Request: {"data": [{column: value, ...}, ...]}; columns the model doesn't read are allowed.
Answer: {"model": name, "probabilities": [...]}, or 400 with {"error": sentence} for a request that is wrong.
"""

# joblib has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import importlib
import json
import math
import os
from pathlib import Path
from typing import Any, cast

import numpy as np

MAX_ROWS = 1000

_model: dict[str, Any] = {}


class BadRequestError(Exception):
    """What is wrong with a request, in a sentence for whoever sent it."""


def init() -> None:
    """Load the model; called once by the inference server, before the first request."""
    # One request is in work at a time, of few rows: more threads than one only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import joblib  # noqa: PLC0415 - OpenMP reads its setting when it is loaded

    folder = find_model(Path(os.environ["AZUREML_MODEL_DIR"]))
    signature = json.loads((folder / "signature.json").read_text())
    _model.update(
        name=signature["model"],
        columns=[(column["name"], column["type"] == "number") for column in signature["columns"]],
        pipeline=joblib.load(folder / "model.joblib"),
    )


def run(body: str) -> Any:
    """Answer one request; the inference server passes the body as text."""
    try:
        rows = parse(body, _model["columns"])
    except BadRequestError as error:
        return _bad_request(str(error))
    probabilities = _model["pipeline"].predict_proba(np.array(rows, dtype=object))[:, 1]
    return {"model": _model["name"], "probabilities": probabilities.tolist()}


def _bad_request(sentence: str) -> Any:
    # A part of the inference server: it is where this runs, and nowhere else.
    module = importlib.import_module("azureml_inference_server_http.api.aml_response")
    return module.AMLResponse({"error": sentence}, 400, json_str=True)


def find_model(root: Path) -> Path:
    """The folder below `root` that holds the model: Azure mounts the uploaded folder, not its files."""
    found = sorted(root.rglob("model.joblib"))
    if len(found) != 1:
        raise FileNotFoundError(f"{root} (AZUREML_MODEL_DIR): one model.joblib expected, found {len(found)}")
    return found[0].parent


def parse(body: str, columns: list[tuple[str, bool]]) -> list[list[Any]]:
    """The model's columns of each row of a request.

    Raises:
        BadRequestError: if the request isn't as the module's first lines say.
    """
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError):
        raise BadRequestError('The body must be JSON: {"data": [{column: value, ...}, ...]}.') from None
    rows = cast("list[Any]", data) if isinstance(data, list) else []
    if not 1 <= len(rows) <= MAX_ROWS:
        raise BadRequestError(f'"data" must be a list of 1 to {MAX_ROWS} rows.')
    return [[_value(row, index, *column) for column in columns] for index, row in enumerate(rows)]


def _value(row: object, index: int, name: str, number: bool) -> Any:  # noqa: FBT001 - as the signature says
    if not isinstance(row, dict):
        raise BadRequestError(f"data[{index}] must be an object of columns and values.")
    cells = cast("dict[str, Any]", row)
    if name not in cells:
        raise BadRequestError(f"data[{index}]: the column {name!r} is missing.")
    value = cells[name]
    if number and (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)):
        raise BadRequestError(f"data[{index}].{name} is {value!r}: a number is expected.")
    if not number and not isinstance(value, str):
        raise BadRequestError(f"data[{index}].{name} is {value!r}: a text is expected.")
    return value
