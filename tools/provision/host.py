"""The language host beside a self-built CLI: a copy in the cache, so that it outlives this checkout.

The engine warns of a language host elsewhere on PATH in every run; beside the CLI is where it expects one.
"""

import hashlib
import shutil
import stat
import tempfile
from pathlib import Path

from .places import PROJECT, base_python, locked
from .python import UV_ENVIRONMENT, provide_uv
from .running import run, say

_SOURCE = PROJECT / "tools" / "language_host"
# Its whole environment: the protocol's messages and what they are sent with.
_PACKAGES = ("pulumi", "grpcio", "protobuf", "typing-extensions")
_LAUNCHER = """#!/bin/sh
exec '{python}' '{program}' "$@"
"""


def provide(tools: Path) -> None:
    """Puts `pulumi-language-python` beside the CLI."""
    home = tools / f"language-host-{_fingerprint()}"
    launcher = tools / "pulumi-language-python"
    program = home / "language_host" / "__main__.py"
    python = home / "venv" / "bin" / "python"
    wanted = _LAUNCHER.format(python=python, program=program)
    if launcher.is_file() and launcher.read_text(encoding="utf-8") == wanted and python.exists():
        return
    say("installing Pulumi's language host for Python (5 seconds)")
    uv = provide_uv()
    requirements = "".join(locked(package).lines for package in _PACKAGES)
    run(
        "host-venv",
        [uv, "venv", "--clear", "--python", base_python(), home / "venv"],
        folder=tools,
        environment=UV_ENVIRONMENT,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        install = [uv, "pip", "sync", "--python", python, "--require-hashes", "--compile-bytecode", file.name]
        run("host-packages", install, folder=tools, environment=UV_ENVIRONMENT)
    shutil.copytree(_SOURCE, program.parent, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    run("host-compile", [python, "-m", "compileall", "-q", program.parent], folder=tools)
    new = tools / "pulumi-language-python.new"
    new.write_text(wanted, encoding="utf-8")
    new.chmod(new.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    new.replace(launcher)


def _fingerprint() -> str:
    digest = hashlib.sha256(str(base_python()).encode())
    for package in _PACKAGES:
        digest.update(locked(package).lines.encode())
    for file in sorted(_SOURCE.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
