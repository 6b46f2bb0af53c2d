"""The whole demo: sets the scene, has the story told, sums up, and ends what it started."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo import client, judge, project, summary
from demo.azure import LocalAzure
from demo.command import DemoError, Shell
from demo.story import Scene
from demo.view import View

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

RATE = 30.0
"""Seconds of Azure's clock in one of the wall's: a bake of ten minutes takes 20 s."""
LOAD = 40.0
"""The client's requests a second."""
MODEL = "credit-risk"
BAD: dict[str, dict[str, str]] = {"oversized": {}, "brittle": {"rollout:code": "ml/serving_brittle"}}
"""What can be the bad release, and what its config says beside the model."""
INTERRUPTED = 130
USAGE = 2


@dataclass(frozen=True)
class Demo:
    """One run: where it keeps things, and what was asked for."""

    folder: Path
    keep: bool
    bad: str

    @property
    def azure(self) -> LocalAzure:
        """Its local Azure."""
        return LocalAzure(self.folder / "azure")

    def clear(self) -> None:
        """End what an earlier run left, and begin with an empty folder."""
        self.end()
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)

    def end(self) -> None:
        """End the client and the local Azure, where they run."""
        client.end(self.folder / "client")
        self.azure.down()

    def tell(self, view: View) -> judge.Outcome:
        """Tell the story."""
        view.chapter("A local Azure, and models trained on the German credit data")
        scene = self._scene(view)
        scene.models(self.folder, {"baseline": "1", "boosted": "2", self.bad: "3"})
        rungs = len(scene.settings.ladder.stages)

        view.chapter("The first release")
        first = scene.release(f"{MODEL}:1", "promote")
        if judge.went_out("first release", first, judge.FIRST):
            return judge.Outcome(rungs, first)

        sent = client.Client.start(
            scene.project.shell, self.folder / "client", scene.arm.endpoint_id, LOAD, stays=self.keep
        )
        view.counted = sent.tally
        view.say(f"a client starts: {LOAD:g} requests a second from here on, each of them counted")

        view.chapter("A better model goes out, stage by stage")
        scene.choose({"rollout:model": f"azureml:{MODEL}:2"})
        scene.preview()
        good = scene.release(f"{MODEL}:2", "finish", sent.tally)
        if judge.went_out("good release", good, judge.whole(rungs)):
            return judge.Outcome(rungs, first, good, counted=sent.tally())

        view.chapter(f"A bad model comes back: {self.bad}")
        scene.choose({"rollout:model": f"azureml:{MODEL}:3", **BAD[self.bad]})
        bad = scene.release(f"{MODEL}:3", "promote", sent.tally)
        if not self.keep:
            client.end(self.folder / "client")
        return judge.Outcome(rungs, first, good, bad, sent.tally())

    def _scene(self, view: View) -> Scene:
        view.begin("local Azure starts")
        address = self.azure.up(RATE)
        view.say(f"local Azure is up at {address}; its clock runs {RATE:g} times as fast as the wall's")
        home = self.folder / "project"
        project.lay_out(home)
        env = self.azure.env() | {"PYTHONPATH": str(project.CHECKOUT)}
        stack = project.Project(Shell(home, env, self.folder / "logs", view.tick))
        stack.init()
        settings = stack.settings()
        return Scene(view, stack, settings, stack.arm(settings), self.azure, RATE)

    def close(self, view: View, outcome: judge.Outcome) -> int:
        """Sum up, and return the exit code."""
        view.chapter("What happened")
        view.table(summary.ups(outcome))
        view.raw("")
        for line in summary.client(outcome):
            view.raw(f"  {line}")
        view.raw("")
        different = judge.differences(outcome)
        for each in different:
            view.raw(f"  Not as told: {each}")
        minutes, seconds = divmod(int(time.monotonic() - view.started), 60)
        verdict = "Not all of it went as told." if different else "It all went as told."
        view.raw(f"  {verdict} {minutes} min {seconds} s.")
        if different:
            view.raw(f"  Logs: {self.folder}, in logs/ (the commands), client/ (what failed) and azure/")
        view.raw("")
        for line in summary.following(
            self.azure.home, self.folder / "project", BAD[self.bad], kept=self.keep
        ):
            view.raw(line)
        return 1 if different else 0


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run the demo: 0 only where all went as told."""
    bad = environ.get("BAD") or "oversized"
    if bad not in BAD:
        print(f"demo: BAD={bad}: it is one of {', '.join(BAD)}", file=sys.stderr)
        return USAGE
    demo = Demo(project.CHECKOUT / ".local" / "demo", environ.get("KEEP", "") not in {"", "0", "no"}, bad)
    try:
        with _alone(demo.folder.with_suffix(".lock")):
            return _run(demo)
    except BlockingIOError:
        print("demo: another demo runs in this checkout: let it end first", file=sys.stderr)
        return 1


def _run(demo: Demo) -> int:
    view, told = View(), False

    def stop(*_: object) -> None:
        view.stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        demo.clear()
        with view:
            outcome = demo.tell(view)
        told = True
        return demo.close(view, outcome)
    except (DemoError, OSError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        print(f"demo: the whole output of every command is in {demo.folder / 'logs'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted: what it started is being ended", file=sys.stderr)
        return INTERRUPTED
    finally:
        if not (demo.keep and told):
            demo.end()


@contextmanager
def _alone(path: Path) -> Generator[None]:
    """Hold the lock that only one demo of a checkout has. Raises `BlockingIOError`."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
