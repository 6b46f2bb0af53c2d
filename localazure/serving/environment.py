"""Environments: the pip part of a conda file in a virtual environment, built once for each content."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.serving.conda import parse_conda, requirement_name
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localazure.serving.conda import CondaFile

__all__ = ["Environments", "default_cache"]

FORMAT = 1
OUTPUT_LINES = 30


def default_cache() -> Path:
    """Where built environments are kept: `$XDG_CACHE_HOME`, else `~/.cache`, and our folder below it."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "azureml-rollout" / "environments"


class Environments:
    """Builds environments and remembers them on disk, by a digest of what they hold.

    Args:
        cache: Where they are kept; the user's cache folder by default.
        uv: How uv is run; by default the one beside the running Python, or on PATH, or its Python package.
    """

    def __init__(self, cache: Path | None = None, uv: Sequence[str] = ()) -> None:
        self._cache = cache or default_cache()
        self._uv = tuple(uv)
        self._locks: dict[str, asyncio.Lock] = {}

    async def python(self, conda_file: str | None, image: str | None, brought: Sequence[str] = ()) -> Path:
        """The interpreter of an environment, which is built first where it isn't there yet.

        `brought` is what the base image has beside the conda file's packages.

        Raises:
            ProvisioningError: `ImageBuildFailure`: what can't be had, and the line that asks for it.
        """
        if conda_file is None:
            raise ProvisioningError(
                "ImageBuildFailure",
                f"the environment is the image {image or '(none)'} alone, which needs a container engine, "
                "and there is none here: give it a conda file, or deploy it to Azure",
            )
        conda = parse_conda(conda_file, brought=brought)
        digest = _digest(conda)
        async with self._locks.setdefault(digest, asyncio.Lock()):
            folder = self._cache / digest
            if not (folder / "bin" / "python").exists():
                await self._build(conda, folder)
        return folder / "bin" / "python"

    async def _build(self, conda: CondaFile, folder: Path) -> None:
        uv = self._uv or _uv()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        part = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
        part.mkdir(parents=True)
        try:
            wanted = part.with_name(f"{part.name}.txt")
            wanted.write_text("".join(f"{each.text}\n" for each in conda.pip))
            venv = ["venv", "--quiet", "--relocatable", "--no-project", "--allow-existing"]
            await _run([*uv, *venv, "--python", sys.executable, str(part)], conda)
            install = [
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
                str(part / "bin" / "python"),
            ]
            await _run([*uv, *install, "--requirements", str(wanted)], conda)
            try:
                part.rename(folder)
            except OSError:  # another daemon built the same one meanwhile
                if not (folder / "bin" / "python").exists():
                    raise
        finally:
            part.with_name(f"{part.name}.txt").unlink(missing_ok=True)
            await asyncio.to_thread(shutil.rmtree, part, ignore_errors=True)


def _digest(conda: CondaFile) -> str:
    what = [FORMAT, sys.version, sys.platform, sys.base_prefix, [each.text for each in conda.pip]]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _uv() -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    if beside.exists():
        return [str(beside)]
    if found := shutil.which("uv"):
        return [found]
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    raise ProvisioningError(
        "ImageBuildFailure",
        f"uv, which builds environments, is neither beside {sys.executable} nor on PATH: "
        "install it with 'pip install uv'",
    )


def _as_set_up(variables: Mapping[str, str]) -> dict[str, str]:
    """What uv trusts: the system's authorities, some networks have their own; not a local Azure's bundle."""
    local = variables.get("LOCALAZURE_HOME")
    trusted = variables.get("SSL_CERT_FILE", "")
    dropped = "SSL_CERT_FILE" if local and trusted.startswith(local) else None
    return {"UV_SYSTEM_CERTS": "1"} | {name: text for name, text in variables.items() if name != dropped}


async def _run(command: list[str], conda: CondaFile) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=_as_set_up(os.environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        said = output.decode(errors="replace").strip()
        blamed = [
            str(each) for each in conda.pip if (name := requirement_name(each.text)) and name in said.lower()
        ]
        where = "; ".join(blamed) or "the pip part of the conda file"
        tail = "\n".join(said.splitlines()[-OUTPUT_LINES:])
        raise ProvisioningError("ImageBuildFailure", f"{where} can't be installed:\n{tail}")
