"""The project's virtual environment, exactly as requirements.lock has it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from .places import LOCK_FILE, PROJECT, VENV, base_python, cache, locked
from .running import SetupError, only_one, run, say

# The store of certificates that the system trusts, as pip does: some networks have their own authority.
UV_ENVIRONMENT = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"}
_STAMP = VENV / ".locked"
_FOLDERS = ("rollout", "localazure", "ml", "demo", "benchmarks", "tests")


def provide() -> None:
    """Makes `.venv` hold what is locked, and the project itself, editable."""
    with only_one(PROJECT / ".local"):
        wanted = _fingerprint()
        if _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == wanted and _works(VENV):
            return
        uv = provide_uv()
        say("installing what requirements.lock lists in .venv (a minute the first time)")
        if not _works(VENV):
            run(
                "venv",
                [uv, "venv", "--clear", "--python", base_python(), VENV],
                folder=PROJECT,
                environment=UV_ENVIRONMENT,
            )
        python = ["--python", VENV / "bin" / "python"]
        run(
            "packages",
            [uv, "pip", "sync", *python, "--require-hashes", LOCK_FILE],
            folder=PROJECT,
            environment=UV_ENVIRONMENT,
        )
        run(
            "project",
            [uv, "pip", "install", *python, "--no-deps", "--no-build-isolation", "--editable", PROJECT],
            folder=PROJECT,
            environment=UV_ENVIRONMENT
            | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        )
        folders = [PROJECT / name for name in _FOLDERS if (PROJECT / name).is_dir()]
        run(
            "compile",
            [VENV / "bin" / "python", Path(__file__).with_name("warm.py"), *folders],
            folder=PROJECT,
        )
        _STAMP.write_text(wanted, encoding="utf-8")


def provide_uv() -> Path:
    """Finds uv on PATH or in the cache, or installs the locked one there."""
    on_path = shutil.which("uv")
    if (
        on_path is not None
        and subprocess.run([on_path, "--version"], capture_output=True, check=False).returncode == 0
    ):
        return Path(on_path)
    uv = locked("uv")
    folder = cache() / "uv" / uv.version
    executable = folder / "bin" / "uv"
    with only_one(folder.parent):
        if executable.exists():
            return executable
        say(f"installing uv {uv.version}, which makes Python environments, in {folder} (10 seconds)")
        try:
            venv.create(folder, with_pip=True, clear=True)
        except subprocess.CalledProcessError as error:
            raise SetupError(
                f"{sys.executable} cannot make virtual environments: install its venv module (Debian, "
                "Ubuntu: apt install python3-venv), or uv"
            ) from error
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirement:
            requirement.write(uv.lines)
            requirement.flush()
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--require-hashes", "--no-deps"]
            run("uv", [*pip, "--requirement", requirement.name], folder=folder)
    return executable


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in (LOCK_FILE, PROJECT / "pyproject.toml", Path(__file__), Path(__file__).with_name("warm.py")):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} {PROJECT}\n"


def _works(environment: Path) -> bool:
    python = environment / "bin" / "python"
    return (
        python.exists()
        and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    )
