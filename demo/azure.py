"""The demo's own local Azure: started in a fresh folder, ended with everything it runs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.command import DemoError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class LocalAzure:
    """A local Azure by its state folder."""

    home: Path

    def up(self, rate: float) -> str:
        """Start it on a free port, unless it runs, with its clock at that rate; return where it answers."""
        self._run("up", "--port", "0", "--rate", f"{rate:g}")
        return self.env()["AZURE_AUTHORITY_HOST"]

    def down(self) -> None:
        """End it, if it runs."""
        if self.home.exists():
            self._run("down")

    def env(self) -> dict[str, str]:
        """Return this process's environment with what `localazure env` exports."""
        found = dict(os.environ)
        for line in self._run("env").splitlines():
            words = shlex.split(line)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                found[name] = value
        return found | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}

    def _run(self, *words: str) -> str:
        command = ["localazure", *words, "--home", str(self.home)]
        if shutil.which(command[0]) is None:
            raise DemoError('localazure isn\'t on PATH: run `make demo`, or `eval "$(tools/env)"` first')
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            printed = done.stdout + done.stderr
            raise DemoError(f"`{shlex.join(command)}` ended with {done.returncode}; it said:\n\n{printed}")
        return done.stdout
