"""Imports the gRPC stubs of the `pulumi` package without the package around them (0.4 s of the start)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def lean_stubs() -> None:
    """Make `pulumi.runtime.proto` importable on its own, for a process that uses nothing else of `pulumi`.

    Raises:
        ModuleNotFoundError: `pulumi` isn't installed.
    """
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'pulumi'", name="pulumi")
    folder = Path(spec.origin).parent
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
