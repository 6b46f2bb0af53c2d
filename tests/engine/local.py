"""A local Azure of a test's own: started, asked and steered from outside, as a person would."""

from __future__ import annotations

import json
import os
import shlex
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class LocalAzure:
    """One running local Azure."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, home: Path, rate: float = 1) -> LocalAzure:
        """Start one on a free port, its clock at that rate."""
        azure = cls(home)
        azure.run("up", "--port", "0", "--rate", str(rate))
        for line in azure.run("env").splitlines():
            words = shlex.split(line)
            if words and words[0] == "export":
                name, _, value = words[1].partition("=")
                azure.env[name] = value
        return azure

    def stop(self) -> None:
        """End it."""
        self.run("down")

    def run(self, *arguments: str) -> str:
        """Run the `localazure` command on this one."""
        done = subprocess.run(
            ["localazure", *arguments],
            env={**os.environ, "LOCALAZURE_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.env["AZURE_AUTHORITY_HOST"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call a path under `/_local/`."""
        token = (self.home / "control.token").read_text().strip()
        return self._call(method, f"{self.url}/_local/{path}", body, token)

    def arm(self, method: str, path: str, body: Any = None) -> Any:
        """Call ARM as somebody at a portal would; None where it isn't there."""
        return self._call(method, f"{self.url}{path}?api-version=2025-12-01", body, self._token())

    def _token(self) -> str:
        form = (
            f"client_id={self.env['ARM_CLIENT_ID']}&client_secret={self.env['ARM_CLIENT_SECRET']}"
            f"&grant_type=client_credentials&scope={self.url}/.default"
        )
        request = urllib.request.Request(
            f"{self.url}/{self.env['ARM_TENANT_ID']}/oauth2/v2.0/token", form.encode(), method="POST"
        )
        with urllib.request.urlopen(request, context=self._tls()) as answer:
            return json.load(answer)["access_token"]

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.env["SSL_CERT_FILE"])

    def upload(self, workspace_id: str, path: str, content: str) -> str:
        """Put a file into the workspace's datastore; the URI of its folder there."""
        store = self.arm("GET", f"{workspace_id}/datastores/workspaceblobstore")["properties"]
        where = f"https://{store['accountName'].rstrip('#')}/{store['containerName']}/{path}"
        self._call("PUT", where, content.encode(), self._token())
        return f"azureml://datastores/workspaceblobstore/paths/{path.rpartition('/')[0]}"

    def _call(self, method: str, url: str, body: Any, token: str) -> Any:
        request = urllib.request.Request(
            url,
            body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, context=self._tls(), timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise AssertionError(f"{method} {url}: {error.code} {error.read().decode()}") from error

    def now(self) -> datetime:
        """Return its time."""
        return datetime.fromisoformat(self.control("GET", "clock")["now"])

    def advance(self, **duration: float) -> None:
        """Move its clock on."""
        self.control("POST", "clock", {"advance": timedelta(**duration).total_seconds()})

    def requests(self, since: int | None = None) -> list[dict[str, Any]]:
        """Return what it was asked after that number; without one, as much as it remembers."""
        return self.control("GET", "requests" if since is None else f"requests?since={since}")["value"]

    def mark(self) -> int:
        """Return the number of its newest request, to ask for what comes after."""
        entries = self.requests()
        return int(entries[-1]["number"]) if entries else 0
