"""Which Python runs a program: what `runtime.options` of its Pulumi.yaml say, as with Pulumi's own host."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UV_MARKERS = ("uv.lock", "pyproject.toml")


class InterpreterError(Exception):
    """The virtual environment that Pulumi.yaml names cannot be used."""


@dataclass(frozen=True)
class Interpreter:
    """A Python, and the virtual environment it belongs to if Pulumi.yaml names one."""

    executable: Path
    virtualenv: Path | None

    def version(self) -> str:
        """Its version, for example 3.11.7."""
        answer = subprocess.run([self.executable, "-V"], capture_output=True, text=True, check=True)
        return answer.stdout.removeprefix("Python").strip()

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The variables of an activated environment, so that a program's own commands find it."""
        variables = dict(inherited)
        if self.virtualenv is not None:
            variables.pop("PYTHONHOME", None)
            variables["VIRTUAL_ENV"] = str(self.virtualenv)
            variables["PATH"] = f"{self.virtualenv / 'bin'}{os.pathsep}{variables.get('PATH', os.defpath)}"
        return variables


def choose(root: Path, options: Mapping[str, Any]) -> Interpreter:
    """Picks the interpreter for a project.

    Args:
        root: The folder of Pulumi.yaml; a relative `virtualenv` starts here.
        options: `runtime.options` of Pulumi.yaml; only `virtualenv` and `toolchain` matter here.

    Raises:
        InterpreterError: The environment is named but is not there.
    """
    named = str(options.get("virtualenv") or "")
    if named:
        folder = root / named
    elif options.get("toolchain") == "uv":
        folder = _uv_folder(root)
    else:
        return Interpreter(Path(sys.executable), None)
    executable = folder / "bin" / "python"
    if not executable.exists():
        raise InterpreterError(
            f"Pulumi.yaml in {root} asks for the virtual environment {folder}, which isn't there. "
            "Run tools/setup, or correct `runtime.options.virtualenv`."
        )
    return Interpreter(executable, folder)


def _uv_folder(root: Path) -> Path:
    project = root
    for marker in _UV_MARKERS:
        found = next((p for p in (root, *root.parents) if (p / marker).is_file()), None)
        if found is not None:
            project = found
            break
    return project / (os.environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")
