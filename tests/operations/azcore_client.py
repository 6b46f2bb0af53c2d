"""The Go libraries that the real Pulumi provider is built on: a small program around their pollers."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.operations.scenario import JSON, Resource

SOURCE = Path(__file__).with_name("azcore")


def built() -> Path:
    """The program: built once for what its source says, and kept in the user's cache.

    Raises:
        FileNotFoundError: there is no Go.
        RuntimeError: it doesn't build, say because its modules can't be fetched; the text is Go's.
    """
    go = shutil.which("go")
    if go is None:
        raise FileNotFoundError("no `go` on PATH: install Go 1.25 or newer")
    files = sorted([*SOURCE.glob("*.go"), *SOURCE.glob("go.*")])
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "azureml-rollout" / "tests"
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / f"azcore-{digest}"
    with (cache / "azcore.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            new = cache / "azcore.new"
            done = subprocess.run(
                [go, "build", "-trimpath", "-buildvcs=false", "-o", new, "."],
                cwd=SOURCE,
                env={**os.environ, "GOFLAGS": "-mod=readonly"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(done.stderr)
            new.replace(program)
    return program


@dataclass
class AzcoreClient:
    """Begins each operation in a process of its own and lets that wait for its end."""

    program: Path
    environment: dict[str, str]
    credential: str = "secret"
    name: str = "azcore"
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    _running: subprocess.Popen[str] | None = None

    def declare(self, wanted: Resource) -> str | None:
        return self.send("put", wanted.id, wanted.body)

    def replace(self, wanted: Resource) -> str | None:
        return self.delete(wanted) or self.declare(wanted)

    def delete(self, gone: Resource) -> str | None:
        return self.send("delete", gone.id)

    def patch(self, resource: Resource, body: JSON) -> str | None:
        return self.send("patch", resource.id, body)

    def regenerate(self, resource: Resource, body: JSON) -> str | None:
        return self.send("post", f"{resource.id}/regenerateKeys", body)

    def take_over(self, left: Resource) -> str | None:
        """By the token that the poller gave before it was killed."""
        return _code(self._run(["resume"], self.tokens[left.id], left.id))

    def send(self, method: str, path: str, body: JSON | None = None) -> str | None:
        return _code(self.answer(method, path, body))

    def answer(self, method: str, path: str, body: JSON | None = None) -> JSON:
        """How it ended: `{"body"}` or `{"error": {"status", "code"}}`."""
        return self._run([method, path], "" if body is None else json.dumps(body), path)

    def kill(self) -> None:
        assert self._running is not None
        self._running.kill()

    def _run(self, words: list[str], given: str, resource_id: str) -> JSON:
        with subprocess.Popen(
            [self.program, "-credential", self.credential, *words],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as self._running:
            assert self._running.stdin is not None
            assert self._running.stdout is not None
            assert self._running.stderr is not None
            self._running.stdin.write(given)
            self._running.stdin.close()
            ended: dict[str, Any] | None = None
            for line in self._running.stdout:
                said = json.loads(line)
                if "accepted" in said:
                    self.tokens[resource_id] = said["accepted"]["token"]
                ended = said.get("ended")
            why = self._running.stderr.read()
        assert ended is not None, why or f"{words} said nothing"
        return ended


def _code(ended: JSON) -> str | None:
    return ended["error"]["code"] if "error" in ended else None
