"""The message classes of the installed `pulumi` SDK, without importing the SDK.

`import pulumi` takes three times as long as this whole host does to start, and the host needs only the
generated classes. Empty parent packages with the right search path are all that finding them takes.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def _without_importing_the_sdk() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.origin is None:
        sys.exit(f"{sys.executable} has no `pulumi` package: run tools/setup, which installs it in .venv")
    folder = Path(spec.origin).parent
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package


_without_importing_the_sdk()

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

language: Any = language_pb2
plugin: Any = plugin_pb2
service: Any = language_pb2_grpc

__all__ = ["language", "plugin", "service"]
