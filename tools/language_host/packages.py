"""Which resource plugins a program needs: those that its installed packages name in `pulumi-plugin.json`."""

import json
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .interpreter import Interpreter


@dataclass(frozen=True)
class Requirement:
    """A resource plugin; the version starts with v, as in Pulumi's own listing."""

    name: str
    version: str
    server: str


def required(interpreter: Interpreter) -> list[Requirement]:
    """Reads `pulumi-plugin.json` of every package that the interpreter can import."""
    files = (file for folder in _site_packages(interpreter) for file in folder.glob("*/pulumi-plugin.json"))
    return [found for file in sorted(files) for found in _read(file)]


def _site_packages(interpreter: Interpreter) -> list[Path]:
    if interpreter.virtualenv is None:
        return [Path(sysconfig.get_path("purelib"))]
    return sorted(interpreter.virtualenv.glob("lib/python3.*/site-packages"))


def _read(file: Path) -> Iterator[Requirement]:
    described = json.loads(file.read_text(encoding="utf-8"))
    if described.get("resource") and described.get("name") and described.get("version"):
        version = str(described["version"]).removeprefix("v")
        yield Requirement(described["name"], f"v{version}", described.get("server", ""))
