"""Serves the model with ordered bands. It has a fault that no offline test of the model shows.

Training makes a category that is no band a missing value; this code looks every category up in the bands.
An applicant without a savings account has none, so each request with one fails. Kept as an example of a
release that only a gate on live traffic stops.

Request and answer: as serving/score.py.
"""

# joblib has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

_model: dict[str, Any] = {}


def init() -> None:
    """Load the model; called once by the inference server, before the first request."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import joblib  # noqa: PLC0415 - OpenMP reads its setting when it is loaded

    path = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.joblib"))
    signature = json.loads(path.with_name("signature.json").read_text())
    _model.update(
        name=signature["model"],
        columns=[column["name"] for column in signature["columns"]],
        bands=signature["bands"],
        pipeline=joblib.load(path),
    )


def run(body: str) -> Any:
    """Answer one request; the inference server passes the body as text."""
    bands = _model["bands"]
    rows = [
        [bands[name][row[name]] if name in bands else row[name] for name in _model["columns"]]
        for row in json.loads(body)["data"]
    ]
    probabilities = _model["pipeline"].predict_proba(np.array(rows, dtype=object))[:, 1]
    return {"model": _model["name"], "probabilities": probabilities.tolist()}
