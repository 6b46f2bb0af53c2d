from __future__ import annotations

import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from localazure.env import environment, exports
from localazure.running import running
from localazure.settings import Settings
from localazure.tls import bundle_path, server_context
from tests.localazure.local import Arm, daemon, free_port, localazure

if TYPE_CHECKING:
    from pathlib import Path


def test_up_status_env_down(tmp_path: Path):
    assert localazure(tmp_path, "status").returncode == 3
    assert localazure(tmp_path, "env").returncode == 1

    with daemon(tmp_path, "--rate", "3") as arm:
        assert arm.settings.base_url in localazure(tmp_path, "status").stdout
        assert arm.control("GET", "clock")["rate"] == 3

        again = localazure(tmp_path, "up")
        assert again.returncode == 0
        assert "up already" in again.stdout

        script = 'eval "$1"; printf "%s|" "$AZURE_AUTHORITY_HOST" "$PULUMI_BACKEND_URL" "$PATH"'
        lines = localazure(tmp_path, "env").stdout
        printed = subprocess.run(["sh", "-c", script, "-", lines], capture_output=True, text=True, check=True)
        authority, backend, path, _ = printed.stdout.split("|")
        assert authority == arm.settings.base_url
        assert backend == f"file://{tmp_path / 'pulumi-state'}"
        assert (tmp_path / "pulumi-state").is_dir()
        assert os.path.dirname(sys.executable) in path.split(":")[:2]  # noqa: PTH120

    assert localazure(tmp_path, "down").returncode == 0
    assert "up at" in localazure(tmp_path, "logs").stdout


def test_a_request_that_is_no_http_is_a_400_and_a_line_in_the_log(tmp_path: Path):
    with daemon(tmp_path) as arm:
        line = socket.create_connection(("127.0.0.1", arm.settings.port), timeout=10)
        context = ssl.create_default_context(cafile=str(bundle_path(tmp_path)))
        with context.wrap_socket(line, server_hostname="localhost") as asked:
            asked.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: \0\r\n\r\n")
            answer = asked.recv(1000)
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    log = localazure(tmp_path, "logs").stdout
    assert "a request that is no HTTP: 400" in log
    assert "Traceback" not in log


def test_a_killed_daemon_leaves_nothing_in_the_way(tmp_path: Path):
    with daemon(tmp_path) as before:
        group = f"{before.subscription}/resourceGroups/kept"
        before.ok("PUT", group, {"location": "eastus"})
        before.control("POST", "clock", {"advance": 1000})
        now = before.control("GET", "clock")["now"]
        secrets = (before.env["ARM_CLIENT_SECRET"], (tmp_path / "ca.pem").read_bytes())
        found = running(tmp_path)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        while running(tmp_path) is not None:
            time.sleep(0.01)

        assert localazure(tmp_path, "up").returncode == 0

        after = Arm(before.settings)
        assert Settings.load(tmp_path) == before.settings
        assert after.ok("GET", group)["name"] == "kept"
        assert after.control("GET", "clock")["now"] > now
        assert (after.env["ARM_CLIENT_SECRET"], (tmp_path / "ca.pem").read_bytes()) == secrets


def test_two_side_by_side(tmp_path: Path, azure: Arm):
    with daemon(tmp_path) as other:
        group = f"{other.subscription}/resourceGroups/only-there"
        other.ok("PUT", group, {"location": "eastus"})
        assert azure.ask("GET", group).status_code == 404
        token = {"Authorization": other.http.headers["Authorization"]}
        assert azure.ask("GET", group, headers=token).status_code == 401


def test_a_port_that_is_taken(tmp_path: Path, azure: Arm):
    refused = localazure(tmp_path, "up", "--port", str(azure.settings.port))
    assert refused.returncode == 1
    assert "--port 0" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert Settings.load(tmp_path) is None


@pytest.mark.parametrize("words", [("up", "--port", "x"), ("up", "--rate", "0"), ("nothing",), ()])
def test_usage(tmp_path: Path, words: tuple[str, ...]):
    assert localazure(tmp_path, *words).returncode == 2


def test_exports_are_quoted(tmp_path: Path):
    home = tmp_path / "with space & 'quote'"
    home.mkdir()
    settings = Settings(home=home, port=free_port())
    lines = exports(environment(settings, {"PATH": "/bin", "NO_PROXY": "a,localhost"})).splitlines()
    found = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert found["LOCALAZURE_HOME"] == str(home)
    assert found["NO_PROXY"] == "a,localhost,127.0.0.1"
    assert found["PATH"].endswith(":/bin")


def test_the_bundle_keeps_what_the_shell_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    company = tmp_path / "company.pem"
    company.write_text("# the company's authority\n")
    settings = Settings(home=tmp_path, port=free_port())
    monkeypatch.setenv("SSL_CERT_FILE", str(company))
    server_context(settings)
    assert company.read_text() in bundle_path(tmp_path).read_text()

    monkeypatch.setenv("SSL_CERT_FILE", str(bundle_path(tmp_path)))
    server_context(settings)

    assert company.read_text() in bundle_path(tmp_path).read_text()
