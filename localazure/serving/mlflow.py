"""MLflow models without code: Azure makes their scoring script and their environment, and so does this."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import yaml

from localazure.serving.spec import ProvisioningError

__all__ = ["BROUGHT", "SCRIPT", "conda_of"]

BROUGHT = ("azureml-inference-server-http>=1.4", "mlflow-skinny")
"""What Azure's MLflow base image has beside the model's own packages; a model that names its own has that.

learn.microsoft.com, Deploy MLflow models to real-time endpoints. The server is the first release that starts
as those of today do.
"""

SCRIPT = Path(__file__).parent / "mlflow_score" / "mlflow_score_script.py"
"""The scoring script, under the name that Azure's has."""


def conda_of(folder: Path) -> str:
    """The conda file of the MLflow model in a folder; one made of its requirements where it has none.

    Raises:
        ProvisioningError: `ImageBuildFailure`: it is no MLflow model, or says nothing of its environment.
    """
    named = _conda_named(folder)
    conda = folder / named
    if named and conda.is_file():
        return conda.read_text()
    requirements = folder / "requirements.txt"
    if not requirements.is_file():
        raise _failure(
            f"the MLflow model '{folder.name}' has neither {named or 'conda.yaml'} nor requirements.txt to "
            "build its image from: log it with one of them"
        )
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in requirements.read_text().splitlines())
    # Each requirement keeps its line: messages name it.
    return (
        "dependencies: [{pip: [" + "\n".join(f"{json.dumps(line)}," if line else "" for line in lines) + "]}]"
    )


def _conda_named(folder: Path) -> str:
    """The conda file's name, as the MLmodel says: `env: conda.yaml`, or `env: {conda: conda.yaml}`."""
    try:
        described: Any = yaml.safe_load((folder / "MLmodel").read_text())
        function: dict[str, Any] = described["flavors"]["python_function"] | {}
    except FileNotFoundError:
        raise _failure(
            f"'{folder.name}' is no MLflow model: the file MLmodel isn't at its top; register the folder "
            "that holds it"
        ) from None
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise _failure(
            f"the MLflow model '{folder.name}' can't be served: its MLmodel has no flavor python_function "
            f"({type(error).__name__})"
        ) from error
    env: Any = function.get("env")
    named: Any = cast("dict[str, Any]", env).get("conda") if isinstance(env, dict) else env
    text = str(named or "conda.yaml")
    if Path(text).name != text:
        raise _failure(f"the MLflow model '{folder.name}' names an environment outside of it: {text}")
    return text


def _failure(message: str) -> ProvisioningError:
    return ProvisioningError("ImageBuildFailure", message)
