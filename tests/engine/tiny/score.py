"""The smallest model there can be: answers with its own name and what it is told, and fails where its files
say so.
"""

import json
import os
from pathlib import Path

_model: dict[str, str] = {}


def init() -> None:
    """Load the model's only file."""
    file = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.json"))
    _model.update(json.loads(file.read_text()))
    if _model.get("quality") == "does not load":
        raise RuntimeError("this model does not load")


def run(body: str) -> dict[str, object]:
    """Answer as the model's quality says."""
    asked = json.loads(body)
    if _model.get("quality") == "wrong shape":
        return {"answer": "none"}
    if _model.get("quality") == "fails on live" and not asked.get("sample"):
        raise ValueError("never saw this category")
    risk = float(asked.get("risk", 0.5))
    return {
        "model": _model["name"],
        "probabilities": [1 - risk if _model.get("quality") == "nonsense" else risk],
    }
