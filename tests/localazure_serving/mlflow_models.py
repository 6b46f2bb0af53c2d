"""MLflow models as `log_model` writes them, made by hand: no MLflow is needed to have them."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

# mlflow-skinny 2.16 loads in under a second; 3 takes four. All tests of MLflow share this one environment.
CONDA = """\
channels: [conda-forge]
dependencies:
  - python=3
  - pip<=25
  - pip:
      - mlflow-skinny==2.16.2
      - pandas==2.3.3
      - scikit-learn==1.7.2
"""
COLUMNS = ["age", "sex", "bmi"]
SIGNATURE = {
    "inputs": json.dumps([{"type": "double", "name": name} for name in COLUMNS]),
    "outputs": json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]),
}
LOADER = """\
def _load_pyfunc(path):
    return Sums()

class Sums:
    def predict(self, data, params=None):
        by_row = data.sum(axis=1) if hasattr(data, "sum") else data["left"] + data["right"]
        return getattr(by_row, "values", by_row) * (params or {}).get("times", 1)
"""


def described(function: dict[str, Any], **more: Any) -> str:
    return yaml.safe_dump(
        {"flavors": {"python_function": {"env": {"conda": "conda.yaml"}} | function}} | more
    )


def sums(folder: Path, **more: Any) -> Path:
    """A model of a module of its own, without any library."""
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "sums_loader.py").write_text(LOADER)
    (folder / "conda.yaml").write_text(CONDA)
    function = {"loader_module": "sums_loader", "code": "code", "python_version": "3.11.7"}
    (folder / "MLmodel").write_text(described(function, **more))
    return folder


def linear(folder: Path) -> Path:
    """A scikit-learn model with a signature, as `mlflow.sklearn.log_model` writes it."""
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    folder.mkdir(parents=True)
    model = LinearRegression().fit([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], [1, 2, 3, 6])
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    (folder / "conda.yaml").write_text(CONDA)
    function = {"loader_module": "mlflow.sklearn", "model_path": "model.pkl", "predict_fn": "predict"}
    flavor = {"pickled_model": "model.pkl", "serialization_format": "pickle", "sklearn_version": "1.7.2"}
    (folder / "MLmodel").write_text(
        yaml.safe_dump(
            {
                "flavors": {
                    "python_function": {"env": {"conda": "conda.yaml"}, **function},
                    "sklearn": flavor,
                },
                "signature": SIGNATURE,
            }
        )
    )
    return folder
