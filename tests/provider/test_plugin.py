"""The plugin as the engine starts it: a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf import empty_pb2

from localazure.provider.install import EXECUTABLE, install, plugin_folder
from tests.provider.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("LOCALAZURE_PROVIDER", raising=False)
    return tmp_path / "pulumi home"


@pytest.fixture
def started(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """A stand-in for the engine, and the process id and port of the plugin that it started."""
    install(home)
    program = (
        "import subprocess, sys, time\n"
        "plugin = subprocess.Popen([sys.argv[1], '127.0.0.1:1'], stdout=subprocess.PIPE)\n"
        "print(plugin.pid, plugin.stdout.readline().decode().strip(), flush=True)\n"
        "time.sleep(60)\n"
    )
    plugin = plugin_folder(home) / EXECUTABLE
    engine = subprocess.Popen([sys.executable, "-c", program, plugin], stdout=subprocess.PIPE, cwd="/")
    assert engine.stdout is not None
    pid, port = map(int, engine.stdout.readline().split())
    yield engine, pid, port
    engine.kill()
    engine.wait()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_starts_from_any_folder_and_serves(started: tuple[subprocess.Popen[bytes], int, int]) -> None:
    client = Engine(f"127.0.0.1:{started[2]}")

    assert client.stub.GetPluginInfo(empty_pb2.Empty()).version == "3.29.0"
    client.close()


def test_it_ends_with_a_killed_engine(started: tuple[subprocess.Popen[bytes], int, int]) -> None:
    engine, _, port = started

    engine.kill()
    end = time.monotonic() + 5
    while answers(port) and time.monotonic() < end:
        time.sleep(0.05)

    assert not answers(port)


def test_it_ends_at_once_when_the_engine_is_done(started: tuple[subprocess.Popen[bytes], int, int]) -> None:
    _, pid, port = started

    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + 4
    while answers(port) and time.monotonic() < end:
        time.sleep(0.02)

    assert not answers(port), "the engine waits 5 s for each plugin that doesn't end"


def test_the_real_plugin_is_linked_where_the_user_has_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = plugin_folder(Path.home() / ".pulumi")
    real.mkdir(parents=True)
    (real / EXECUTABLE).touch()

    install(home)
    linked = plugin_folder(home).readlink()
    monkeypatch.setenv("LOCALAZURE_PROVIDER", "local")
    install(home)

    assert linked == real
    assert not plugin_folder(home).is_symlink()
    assert (plugin_folder(home) / EXECUTABLE).read_text().startswith("#!/bin/sh")
    assert (real / EXECUTABLE).read_text() == ""


def test_installing_again_is_fine(home: Path) -> None:
    install(home)
    install(home)

    assert os.access(plugin_folder(home) / EXECUTABLE, os.X_OK)
