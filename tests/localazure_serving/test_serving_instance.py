"""Model servers as processes: they die with who started them, and their console is kept."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from localazure.serving.console import LIMIT, Console, failure
from localazure.serving.instance import Instance, Program
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure_serving.conftest import Local

STARTER = """\
import asyncio, json, sys
from pathlib import Path
import aiohttp
from localazure.serving.console import Console
from localazure.serving.instance import Instance, Program
from localazure.serving.spec import DeploymentSpec, ProbeSpec

async def main(python, code, home):
    async with aiohttp.ClientSession() as http:
        probe = ProbeSpec()
        spec = DeploymentSpec(
            "/e", "e", "blue", code, code, "score.py", None, None, {}, 1, 5, 1, probe, probe
        )
        instance = Instance(Program(spec, python, code / "score.py", Console(home / "c.log"), http), print)
        await instance.start()
        print(json.dumps(instance.pid), flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*map(Path, sys.argv[1:])))
"""


def alive(group: int) -> bool:
    """Whether a process of the group runs; one that waits to be reaped doesn't."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False
    )
    return any(not state.startswith("Z") for state in found.stdout.split())


def test_servers_die_with_the_daemon(local: Local, tmp_path: Path):
    spec = local.spec("orphan")
    python = local.call(local.azure.serving._environments.python(spec.conda_file, None))
    (tmp_path / "score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return 1\n")
    command = [sys.executable, "-c", STARTER, str(python), str(tmp_path), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        group = int(next(line for line in starter.stdout if line.strip().isdecimal()))
        assert alive(group)
        starter.kill()
    deadline = time.monotonic() + 10
    while alive(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(group)


def test_an_interpreter_that_is_not_there(local: Local, tmp_path: Path):
    async def start() -> None:
        spec = local.spec("missing")
        console = Console(tmp_path / "c.log")
        program = Program(spec, tmp_path / "python", tmp_path / "score.py", console, local.azure.serving.http)
        await Instance(program, lambda: None).start()

    with pytest.raises(ProvisioningError, match="python can't be started: No such file"):
        local.call(start())


IMPORT = """\
2026-11-21 12:30:03,834 E [9] azmlinfsrv.trace - Error while fetching model IDs
Traceback (most recent call last):
NotADirectoryError: [Errno 20] Not a directory: 'x'
2026-11-21 12:30:03,836 E [9] azmlinfsrv - Traceback (most recent call last):
  File "score.py", line 1, in <module>
ModuleNotFoundError: No module named 'x'

The above exception was the direct cause of the following exception:
"""


def test_of_the_console_the_error_is_told():
    assert failure(IMPORT.splitlines()) == IMPORT.splitlines()[3:6]
    assert failure([str(number) for number in range(100)]) == [str(number) for number in range(80, 100)]
    assert failure([]) == []


def test_the_console_is_bounded(tmp_path: Path):
    console = Console(tmp_path / "sub" / "c.log")
    assert console.tail(10) == ""
    with console.open() as output:
        for number in range(3):
            output.write(f"line {number}\n".encode())
        output.write(b"x" * LIMIT + b"\nlast\n")
        output.flush()
        console.trim()
        assert console.path.stat().st_size == 0
        output.write(b"after\n")
    assert console.path.stat().st_size == 6
    assert console.tail(2) == "last\nafter"
    console.remove()
    assert console.tail(10) == ""
    assert list((tmp_path / "sub").iterdir()) == []
