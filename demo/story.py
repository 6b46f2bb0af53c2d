"""The chapters: a workspace with models in it, and a release from its first `pulumi up` to its last."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo import command, pace, said
from demo.judge import Chapter, Up
from demo.summary import counts, show
from demo.tally import Tally

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from demo.arm import Arm
    from demo.azure import LocalAzure
    from demo.project import Project
    from demo.view import View
    from rollout.core.config import Settings

MOST_HOLDS = 5
"""`pulumi up`s in a row that change nothing, after which a release is given up."""
MOST_UPS = 30
HURRY = 4.0
"""How much faster than else Azure's clock runs while nothing is judged."""


@dataclass(frozen=True)
class Scene:
    """Where the story plays."""

    view: View
    project: Project
    settings: Settings
    arm: Arm
    azure: LocalAzure
    rate: float
    """Seconds of Azure's clock in one of the wall's."""

    def models(self, folder: Path, wanted: Mapping[str, str]) -> None:
        """Train models while `pulumi up` makes the workspace, and register them there."""
        go, place = folder / "workspace-is-there", self.settings.workspace
        process, log = self.project.shell.begin(
            *(sys.executable, "-m", "demo.models"),
            *("--folder", str(folder / "models"), "--when", str(go)),
            *("--group", place.resource_group, "--workspace", place.name),
            *(f"{name}={version}" for name, version in wanted.items()),
        )
        try:
            self.view.begin("pulumi up makes the workspace; the models are being trained")
            done = self.project.up().require()
            self.view.say(f"$ pulumi up  ({done.seconds:.1f} s)")
            self.view.detail([f"made the workspace {place.name} and what it needs"], "")
            go.touch()
            self.view.begin("training and registering the models")
            self._follow(process, log)
        finally:
            command.end(process)

    def _follow(self, process: subprocess.Popen[bytes], log: Path) -> None:
        shown, ended = 0, False
        while not ended:
            ended = process.poll() is not None
            lines = log.read_text().split("\n")[:-1]
            for line in lines[shown:]:
                self.view.say(line)
            shown = len(lines)
            self.view.tick()
            time.sleep(0 if ended else command.LOOK)
        if process.returncode:
            raise command.DemoError(f"the models couldn't be registered; all that was said is in {log}")

    def choose(self, config: Mapping[str, str]) -> None:
        """Set config, as a commit to the stack's file does."""
        for key, value in config.items():
            self.project.configure(key, value)
            self.view.say(f"$ pulumi config set {key} {value}")

    def preview(self) -> None:
        """Show what the next `pulumi up` would do."""
        self.view.begin("pulumi preview")
        done = self.project.preview()
        found = said.step(done.output)
        self.view.say(f"$ pulumi preview  → {found.step if found else 'no step'}  ({done.seconds:.1f} s)")
        self.view.detail([found.reason] if found else [], "")
        self.view.detail(said.changes(done.output))

    def release(self, model: str, ends: str, counted: Callable[[], Tally] = Tally) -> Chapter:
        """Run `pulumi up` until the step `ends`, or one that says it failed; wait in between.

        Args:
            model: What the record calls it: `credit-risk:2`.
            ends: The step after which the release is over; an abort ends it too.
            counted: What the client has counted.
        """
        before, taken, held = counted(), list[Up](), 0
        while len(taken) < MOST_UPS:
            up = self._up()
            taken.append(up)
            held = held + 1 if up.step in {"hold", "none"} else 0
            if up.code or up.step in {ends, "abort"} or held > MOST_HOLDS:
                break
            if wait := pace.after(self.settings, up.step, pace.share(up.traffic, up.candidate)):
                self._wait(wait)
                self.view.detail([f"client, so far: {counts(counted().since(before))}"])
        return Chapter(model, taken, self.arm.look(), self.project.tags(), counted().since(before))

    def _up(self) -> Up:
        self.view.begin("pulumi up")
        done = self.project.up()
        up = self.project.step(done, self.arm.look())
        self.view.traffic = up.traffic
        code = f", exit code {up.code}" if up.code else ""
        style = "bold red" if up.code else "bold green"
        self.view.say(f"$ pulumi up  → {up.step}  ({up.seconds:.1f} s{code})", style)
        self.view.detail([up.reason], "")
        self.view.detail(said.gates(done.output))
        self.view.detail([f"{up.phase}; live traffic: {show(up.traffic)}"], "")
        return up

    def _wait(self, wait: pace.Wait) -> None:
        rate = self.rate * HURRY if wait.idle else self.rate
        if wait.idle:
            self.azure.up(rate)
        seconds = wait.seconds(rate)
        what = f"{wait.why}: {wait.minutes:g} min by Azure's clock, {seconds:.0f} s here"
        self.view.say(what)
        self.view.begin(wait.why, seconds)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(command.LOOK, left))
            self.view.tick()
        if wait.idle:
            self.azure.up(self.rate)
