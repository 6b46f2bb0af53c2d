"""A project folder of the demo's own, so that the checkout stays as it is, and the CLIs in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from demo import said
from demo.arm import Arm, Seen
from demo.command import DemoError, Done, Shell
from demo.judge import Up
from rollout.core.config import Settings, read

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parents[1]
STACK = "dev"
FILE = f"Pulumi.{STACK}.yaml"
LINKED = ("__main__.py", "rollout", "ml", "Pulumi.yaml", ".venv")
QUIET = ("--non-interactive", "--color", "never")
STORY: dict[str, Any] = {
    "rollout:stages": [{"traffic": share, "bake": "10m"} for share in (10, 50, 100)],
    "rollout:gates": [
        {
            "name": "errors",
            "metric": "RequestsPerMinute",
            "filter": "statusCodeClass ne '2xx'",
            "max": {10: 1, 50: 0, 100: 0},
            "empty": "zero",
        },
        {"name": "latency", "metric": "RequestLatency_P90", "max": "50ms"},
    ],
}
"""Where the demo's stack isn't the shipped one: a comparison would need longer stages."""


def lay_out(folder: Path) -> None:
    """Make the folder: links to the program, and a stack's file of its own, in which releases are named."""
    folder.mkdir(parents=True)
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    config: dict[str, Any] = yaml.safe_load((CHECKOUT / FILE).read_text())["config"]
    (folder / FILE).write_text(yaml.safe_dump({"config": config | STORY}, sort_keys=False))


@dataclass(frozen=True)
class Project:
    """One stack of the program."""

    shell: Shell

    def init(self) -> None:
        """Make the stack."""
        self.shell.run("pulumi", "stack", "init", STACK, *QUIET).require()

    def settings(self) -> Settings:
        """Return the stack's config as the program reads it."""
        done = self.shell.run("pulumi", "config", "--json", "--stack", STACK).require()
        found: dict[str, dict[str, str]] = json.loads(done.output)
        prefix = "rollout:"
        raw = {
            key.removeprefix(prefix): each["value"] for key, each in found.items() if key.startswith(prefix)
        }
        return read(raw, file=FILE)

    def arm(self, settings: Settings) -> Arm:
        """Return the endpoint as ARM has it."""
        env = self.shell.env
        place = settings.workspace
        return Arm(
            env,
            f"/subscriptions/{env['ARM_SUBSCRIPTION_ID']}/resourceGroups/{place.resource_group}/providers"
            f"/Microsoft.MachineLearningServices/workspaces/{place.name}/onlineEndpoints/{settings.endpoint.name}",
        )

    def configure(self, key: str, value: str) -> None:
        """Set one key of the stack's config."""
        self.shell.run("pulumi", "config", "set", key, value, *QUIET).require()

    def preview(self) -> Done:
        """Run `pulumi preview`. Raises `DemoError` where it fails."""
        return self.shell.run("pulumi", "preview", *QUIET).require()

    def up(self) -> Done:
        """Run `pulumi up`, whatever its exit code."""
        return self.shell.run("pulumi", "up", "--yes", "--skip-preview", *QUIET)

    def step(self, done: Done, seen: Seen) -> Up:
        """Return the step that an `up` took. Raises `DemoError` where it took none."""
        found = said.step(done.output)
        if found is None:
            done.require()
            raise DemoError(f"`pulumi up` said no step:\n\n{done.output.rstrip()}\n")
        candidate = seen.tags.get("CANDIDATE_DEPLOYMENT")
        return Up(found.step, found.reason, found.phase, seen.traffic, candidate, done.code, done.seconds)

    def tags(self) -> Mapping[str, str]:
        """Return the stack's tags."""
        return json.loads(self.shell.run("pulumi", "stack", "tag", "ls", "--json").require().output)
