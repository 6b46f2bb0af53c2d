"""A trained model as a folder: the pipeline, what goes into it, and how good it is."""

# joblib has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import joblib
import numpy as np
import numpy.typing as npt

from ml.dataset import Row
from ml.models import Bands, Classifier, Floats, Recipe, matrix

MODEL: Final = "model.joblib"
SIGNATURE: Final = "signature.json"
METRICS: Final = "metrics.json"


class ArtifactError(Exception):
    """A model folder that can't be used, or not for this."""


@dataclass(frozen=True)
class Trained:
    """A fitted model with what is needed to feed it."""

    name: str
    columns: Sequence[str]
    bands: Bands
    seed: int
    pipeline: Classifier

    def inputs(self, rows: Sequence[Row]) -> npt.NDArray[np.object_]:
        """Rows as the pipeline takes them."""
        return matrix(rows, self.columns, self.bands)

    def probabilities(self, rows: Sequence[Row]) -> Floats:
        """The probability that each row's credit goes bad."""
        return self.pipeline.predict_proba(self.inputs(rows))[:, 1]


def write(folder: Path, recipe: Recipe, pipeline: Classifier, metrics: Mapping[str, Any]) -> None:
    """Write the three files of a model, over those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, folder / MODEL, compress=3)
    signature = {
        "model": recipe.name,
        "columns": [
            {"name": name, "type": "number" if name in recipe.numeric else "category"}
            for name in recipe.columns
        ],
        "bands": recipe.bands,
    }
    _write_json(folder / SIGNATURE, signature)
    _write_json(folder / METRICS, metrics)


def read(folder: Path) -> Trained:
    """The model of a folder that `write` made.

    Raises:
        ArtifactError: if a file is missing or isn't what `write` writes.
    """
    signature, metrics = read_json(folder / SIGNATURE), read_json(folder / METRICS)
    try:
        pipeline = cast("Classifier", joblib.load(folder / MODEL))
        return Trained(
            name=str(signature["model"]),
            columns=[str(column["name"]) for column in signature["columns"]],
            bands=signature["bands"],
            seed=int(metrics["seed"]),
            pipeline=pipeline,
        )
    except (OSError, KeyError, TypeError, ValueError, EOFError) as error:
        raise ArtifactError(f"{folder}: not a model folder of ml.train ({error!r})") from error


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ArtifactError: if there is no such file, or no JSON object in it.
    """
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise ArtifactError(
            f"{path}: can't be read ({error.strerror}). "
            f"Train the model: python -m ml.train --model NAME --out {path.parent}"
        ) from error
    except ValueError as error:
        raise ArtifactError(f"{path}: not JSON ({error})") from error
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: a JSON object is expected")
    return cast("dict[str, Any]", content)


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's files: equal folders, equal digests."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
