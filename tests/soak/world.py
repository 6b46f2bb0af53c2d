"""One stack on the real engine, with what people, Azure and the machine it runs on do to it between `up`s."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine.project import Run
from tests.soak.kills import HARM, UP, engine_requests
from tests.soak.phases import SOAKED, release
from tests.soak.watch import Broken, Watch

if TYPE_CHECKING:
    from tests.engine.rollout import Rollout

LADDERS = ((10, 50, 100), (50, 100), (10, 100))
CHANGES_NOTHING = ("hold", "none", "repair")
TAKES_BACK = ("abort", "undo")
STEPS = "none|start|advance|hold|promote|retire|finish|abort|repair|undo|adopt|reset"


@dataclass
class World:
    """A stack, what was done to it, and what must hold of every `up`."""

    rollout: Rollout
    watch: Watch = field(init=False)
    done: list[str] = field(default_factory=list[str])
    """What happened, in words, to tell where a law is broken."""
    backups: list[bytes] = field(default_factory=list[bytes])
    faulty: bool = False
    ups: int = 0
    killed: int = 0
    broken: bool = False
    releases: int = 0
    seconds: float = 0.0
    said: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.watch = Watch(self.rollout)
        self.watch.begin()

    def told(self, error: AssertionError) -> None:
        """Print what happened up to where a law was broken."""
        self.broken = True
        print(f"{error}\n{self.story()}", flush=True)

    def up(self, *, kill_at: int | None = None, group: bool = True) -> Run | None:
        """Run `pulumi up`, kill it at its n-th request if told to, and check every law."""
        began = time.monotonic()
        run = self._up(kill_at, group)
        self.seconds += time.monotonic() - began
        self.ups += 1
        if run is None:
            self.killed += 1
            self.done.append(f"up killed at request {kill_at}")
            self.watch.look()
            return None
        self.said[run.step] = self.said.get(run.step, 0) + 1
        self.done.append(f"up: {run.code} {run.step}")
        self._what_it_said(run)
        puts = self.watch.look(writes=run.step not in CHANGES_NOTHING or self.deletes(run))
        if len(puts) > 1:
            raise Broken(f"{len(puts)} PUTs of the endpoint in one up")
        if run.code == 0 and not self.faulty:
            self._what_is_published_is_live()
        return run

    def deletes(self, run: Run) -> bool:
        """Return whether a step that writes no endpoint may delete: what is left of a taken back release."""
        return run.step in ("none", "repair", "hold") and "deleted" in run.out

    def _up(self, kill_at: int | None, group: bool) -> Run | None:  # noqa: FBT001
        project = self.rollout.project
        if kill_at is None:
            return project.up(check=False)
        since = self.rollout.azure.mark()
        running = project.start(*UP)
        while running.poll() is None and engine_requests(self.rollout, since) < kill_at:
            time.sleep(0.02)
        if running.poll() is not None:
            return Run(running.returncode, running.communicate()[0])
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL) if group else running.kill()
        running.communicate()
        assert project.pulumi("cancel", "--yes").code == 0
        return None

    def _what_it_said(self, run: Run) -> None:
        if HARM.search(run.out):
            raise Broken(run.out)
        if run.code == 0 and not run.step:
            raise Broken(f"no step was told:\n{run.out}")
        if run.code == 0 and run.step in TAKES_BACK and "is withdrawn" not in run.out:
            raise Broken(f"a release was taken back, and the run is green:\n{run.out}")
        if run.code and "error:" not in run.out:
            raise Broken(f"red, and no error said why:\n{run.out}")

    def _what_is_published_is_live(self) -> None:
        record = (self.rollout.endpoint() or {}).get("tags", {})
        written = json.loads(record.get("ROLLOUT_TRAFFIC", "{}"))
        live = self.rollout.traffic()
        last = self.done[-1].rpartition(" ")[2]
        if last in ("start", "advance", "promote", "retire", "finish", "reset", "undo", "adopt"):
            if {name: share for name, share in written.items() if share} != live:
                raise Broken(f"after {last} the record says {written} and live is {live}")
            tags = self.rollout.project.tags()
            lags = {k: v for k, v in record.items() if k.startswith("ROLLOUT_S") or "_DEPLOYMENT" in k}
            if any(tags.get(key) != value for key, value in lags.items()):
                raise Broken(f"after {last} the stack says {tags}, the endpoint {record}")

    def status(self) -> dict[str, Any]:
        """Return what `rollout status` says of the next step; it may not write anything."""
        done = self.command("status", "--json")
        self.watch.look(writes=False)
        self.done.append(f"status: {done.returncode}")
        if done.returncode not in (0, 1, 3, 4):
            raise Broken(done.stdout + done.stderr)
        return json.loads(done.stdout) if done.returncode != 1 else {}

    def up_as_status_said(self) -> None:
        """Run an `up`, which must take the step that `rollout status` has said it would."""
        says = self.status().get("next", {}).get("step") if not self.faulty else None
        run = self.up()
        moves = says not in (None, "hold", "none")  # those end by themselves, as time passes
        if moves and run is not None and run.step and run.step != says:
            raise Broken(f"status said {says}, and the up took {run.step}:\n{run.out}")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the `rollout` command on this stack."""
        project = self.rollout.project
        done = subprocess.run(
            ["rollout", *words, "--stack", project.stack],
            cwd=project.folder,
            env=project.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if "Traceback" in done.stderr:
            raise Broken(done.stderr)
        return done

    def say(self, verb: str) -> None:
        """Let a person say something; refusing with a sentence is fine."""
        why = [] if verb in ("resume", "approve") else ["--reason", "the machine says so"]
        done = self.command(verb, *why)
        self.done.append(f"{verb}: {done.returncode}")
        if done.returncode not in (0, 1, 2):
            raise Broken(done.stdout + done.stderr)
        if verb == "skip" and done.returncode == 0:
            self.watch.skipping = True

    def release(self, version: int) -> None:
        """Name a model version in config."""
        self.releases += 1
        self.rollout.project.configure(**release(version, self.releases))
        self.done.append(f"release {version}")

    def back_to_prod(self) -> None:
        """Set config back to the release that is prod."""
        prod = self.rollout.endpoint()["tags"].get("PROD_DEPLOYMENT", "")
        live = self.rollout.azure.arm("GET", f"{self.rollout.endpoint_id}/deployments/{prod}")
        if live is not None:
            version = live["properties"]["model"].rpartition("/")[2]
            number = live["properties"].get("environmentVariables", {}).get("LIFE")
            self.rollout.project.configure(**release(version, number))
            self.done.append(f"config back to {prod}'s release")

    def ladder(self, rungs: tuple[int, ...]) -> None:
        """Edit the ladder in config."""
        stages = [{"traffic": each, "bake": "10m", "minRequests": 5} for each in rungs]
        self.rollout.project.configure(**{"rollout:stages": stages})
        self.watch.rungs = (0, *rungs)
        self.done.append(f"ladder {rungs}")

    def serve(self, minutes: int, errors: int) -> None:
        """Let minutes pass in which all answer; the candidate with so many errors in each."""
        candidate = (self.rollout.endpoint() or {}).get("tags", {}).get("CANDIDATE_DEPLOYMENT", "")
        self.rollout.serve(minutes=minutes, errors={candidate: errors} if errors else None)
        self.done.append(f"{minutes} min, {errors} errors a minute")

    def fault(self, spec: dict[str, Any] | None) -> None:
        """Order a fault of Azure's, or end all."""
        azure = self.rollout.azure
        azure.control("DELETE", "faults")
        if spec is not None:
            azure.control("POST", "faults", spec)
        self.faulty = spec is not None
        self.done.append(f"fault {spec}")

    def edit_traffic(self, share: int) -> None:
        """Move traffic at the portal: so much to the second deployment, if there is one that serves."""
        endpoint = self.rollout.endpoint()
        ready = self._ready()
        if len(ready) < 2:
            return
        endpoint["properties"]["traffic"] = {ready[0]: 100 - share, ready[1]: share}
        endpoint["properties"]["mirrorTraffic"] = {}
        self.rollout.put(endpoint)
        self.watch.look()
        self.done.append(f"portal: {ready[0]} {100 - share}, {ready[1]} {share}")

    def put_back(self) -> None:
        """Set the traffic at the portal to what the record says."""
        endpoint = self.rollout.endpoint()
        recorded = json.loads(endpoint["tags"].get("ROLLOUT_TRAFFIC", "{}"))
        ready = self._ready()
        if recorded and all(name in ready for name, share in recorded.items() if share):
            endpoint["properties"]["traffic"] = {n: s for n, s in recorded.items() if n in ready}
            self.rollout.put(endpoint)
        self.watch.look()
        self.done.append("portal: as recorded")

    def delete_idle(self) -> None:
        """Delete at the portal what gets no traffic and isn't prod."""
        endpoint, traffic = self.rollout.endpoint(), self.rollout.traffic()
        prod = endpoint["tags"].get("PROD_DEPLOYMENT")
        for name in self.rollout.deployments():
            if not traffic.get(name) and name != prod:
                self.rollout.azure.arm("DELETE", f"{self.rollout.endpoint_id}/deployments/{name}")
                until = time.monotonic() + 30
                while name in self.rollout.deployments() and time.monotonic() < until:
                    time.sleep(0.1)
                self.done.append(f"portal: {name} deleted")
        self.watch.look()

    def lose_stack_tags(self) -> None:
        """Lose some of the published copy."""
        for name in ("ROLLOUT_STAGE", "ROLLOUT_SINCE", "ROLLOUT_PROBE"):
            self.rollout.project.pulumi("stack", "tag", "rm", name)
        self.done.append("stack tags lost")

    def back_up(self) -> None:
        """Keep the state as it is."""
        self.backups.append(self._state_file().read_bytes())
        self.done.append("state backed up")

    def restore(self, which: int) -> None:
        """Restore the state from a backup, an old one maybe."""
        if self.backups:
            self._state_file().write_bytes(self.backups[which % len(self.backups)])
            self.done.append(f"state restored from backup {which % len(self.backups)}")

    def put_right(self) -> None:
        """Do what a person does after such a day: no faults, no pause, ladder and traffic as they were."""
        self.fault(None)
        self.say("resume")
        self.ladder(LADDERS[0])
        self.put_back()

    def comes_to_its_end(self, most: int) -> None:
        """Run `up`s until nothing is left to do. Raises where that isn't so after `most`."""
        still = 0
        for _ in range(most):
            run = self.up()
            still = still + 1 if run is not None and run.step == "none" and not run.code else 0
            if still and not self._waits():
                break
            if run is not None and run.step == "hold" and not self._is_recorded():
                self.put_back()
            self.serve(SOAKED, 0)
        else:
            raise Broken(f"no end after {most} ups\n{self.story()}")
        traffic, record = self.rollout.traffic(), self.rollout.endpoint()["tags"]
        if traffic != {record.get("PROD_DEPLOYMENT"): 100}:
            raise Broken(f"at the end {traffic}, with {record}\n{self.story()}")
        self.watch.begin()
        last = self.rollout.project.up("--expect-no-changes", check=False)
        if last.code or last.step != "none":
            raise Broken(f"at the end:\n{last.out}\n{self.story()}")
        self.watch.look(writes=False)

    def _waits(self) -> bool:
        return "OLD_PROD_DEPLOYMENT" in self.rollout.endpoint()["tags"]

    def _is_recorded(self) -> bool:
        recorded = json.loads(self.rollout.endpoint()["tags"].get("ROLLOUT_TRAFFIC", "{}"))
        return self.rollout.traffic() == {name: share for name, share in recorded.items() if share}

    def story(self) -> str:
        """Return what happened, a line each."""
        return "\n".join(f"  {number:3} {each}" for number, each in enumerate(self.done, 1))

    def _state_file(self) -> Path:
        project = self.rollout.project
        backend = Path(project.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        return next((backend / ".pulumi" / "stacks").rglob(f"{project.stack}.json"))

    def _ready(self) -> list[str]:
        listed = self.rollout.azure.arm("GET", f"{self.rollout.endpoint_id}/deployments")["value"]
        return sorted(
            each["name"] for each in listed if each["properties"]["provisioningState"] == "Succeeded"
        )
