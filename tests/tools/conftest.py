import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

MANIFEST = """\
name: proof
runtime:
  name: python
  options: {{virtualenv: {virtualenv}}}
"""


@dataclass(frozen=True)
class Project:
    """A Pulumi project with its own home and `file://` state, run by the CLI on PATH."""

    folder: Path
    environment: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
            return process.returncode, output

    def up(self) -> tuple[int, str]:
        return self.pulumi("up", "--yes", "--skip-preview")


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    if shutil.which("pulumi") is None:
        pytest.fail('no `pulumi` on PATH: run tools/setup, then `eval "$(tools/env)"`')

    def create(program: str, virtualenv: str = sys.prefix) -> Project:
        folder = tmp_path / "project"
        state = tmp_path / "state"
        for each in (folder, state):
            each.mkdir()
        (folder / "Pulumi.yaml").write_text(MANIFEST.format(virtualenv=virtualenv))
        (folder / "__main__.py").write_text(program)
        made = Project(
            folder,
            {
                **os.environ,
                "PULUMI_HOME": str(tmp_path / "home"),
                "PULUMI_BACKEND_URL": f"file://{state}",
                "PULUMI_CONFIG_PASSPHRASE": "proof",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                # The programs declare nothing of azure-native; else each run would try to download it.
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
        )
        code, output = made.pulumi("stack", "init", "dev")
        assert code == 0, output
        return made

    return create
