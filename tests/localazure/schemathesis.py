"""Schemathesis on all that the OpenAPI description names, by hand: minutes, and a package that no test needs.

python -m tests.localazure.schemathesis [--examples 100] [--seed 1]

Ends with exit code 1 if anything answered 5xx or closed the connection; `test_robust.py` is for every day.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from localazure.tls import bundle_path
from tests.localazure.local import Arm, NotingServing, in_process
from tests.localazure.resources import make_workspace

DESCRIPTION = Path(__file__).parents[2] / "docs" / "local-azure.openapi.json"
PACKAGE = "schemathesis==4.*"
CONFIG = """
headers = {{ Authorization = "Bearer ${{TOKEN}}" }}
tls-verify = "{bundle}"

[parameters]
"""
NOT_DELETED = ("--exclude-method", "DELETE")
DELETED = ("--include-method", "DELETE")
"""Two runs: with what is deleted on the way, the rest would find nothing to ask."""


def main() -> int:
    """Run it against a local Azure of its own; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.localazure.schemathesis")
    parser.add_argument("--examples", type=int, default=100, help="of each operation, at most")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, in_process(Path(folder), NotingServing()) as arm:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(_config(arm))
        command = [
            *("uvx", "--from", PACKAGE, "schemathesis", "--config-file", str(config), "run"),
            *(str(DESCRIPTION), "--url", arm.settings.base_url, "--checks", "not_a_server_error"),
            *("--max-examples", str(asked.examples), "--seed", str(asked.seed)),
            *("--phases", "examples,coverage,fuzzing"),
        ]
        env = os.environ | {"TOKEN": arm.token()}
        codes = [
            subprocess.run([*command, *some], env=env, cwd=folder, check=False).returncode
            for some in (NOT_DELETED, DELETED)
        ]
        return max(codes)


def _config(arm: Arm) -> str:
    """Its settings: a workspace with an endpoint is there, and most of what it asks for."""
    workspace = make_workspace(arm)
    workspace.endpoint("fuzzed")
    workspace.deployment("fuzzed", "blue")
    there = {
        "subscriptionId": arm.settings.subscription,
        "resourceGroupName": workspace.group.rpartition("/")[2],
        "workspacesName": workspace.id.rpartition("/")[2],
        "storageAccountsName": workspace.account,
        "onlineEndpointsName": "fuzzed",
        "deploymentsName": "blue",
        "environmentsName": "e",
        "versionsName": "1",
        "api-version": "2025-12-01",
    }
    lines = (f'"{name}" = "{value}"' for name, value in there.items())
    return CONFIG.format(bundle=bundle_path(arm.settings.home)) + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
