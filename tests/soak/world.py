"""One stack on the real engine with what is done to it between `up`s, and what must hold of each `up`."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.soak.crash import state_file, up_killed
from tests.soak.kills import HARM
from tests.soak.phases import release
from tests.soak.portal import Portal, shares
from tests.soak.two import LOCKED, both
from tests.soak.watch import Broken, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.project import Run
    from tests.engine.rollout import Rollout

TAKES_BACK = ("abort", "undo")
CHANGES_NOTHING = ("hold", "none", "repair")
PUBLISHES = ("start", "advance", "promote", "retire", "finish", "reset", "undo", "adopt")
ONWARDS = ("start", "advance", "promote", "retire", "finish")
"""Steps in which prod's share doesn't rise."""
RED = (*TAKES_BACK, "hold", "start")
"""Steps that may be red while Azure is well: taken back, can't be judged, can't be created."""
WAITS = (None, "", "hold", "none")
"""Steps that end by themselves, as time passes."""
SENTENCE = 150


@dataclass
class World:
    """A stack, what was done to it, and what must hold of every `up`."""

    rollout: Rollout
    watch: Watch = field(init=False)
    portal: Portal = field(init=False)
    done: list[str] = field(default_factory=list[str])
    """What happened, in words, to tell where a law is broken."""
    backups: list[bytes] = field(default_factory=list[bytes])
    ordered: dict[str, Any] | None = None
    """The fault that is in force."""
    shaken: bool = False
    """The last `up` was killed: what it left behind may still be at work."""
    last: Run | None = None
    """The last `up` that came to its end."""
    ups: int = 0
    killed: int = 0
    raced: int = 0
    broken: str | None = None
    said: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0
    """What all `up`s took."""

    def __post_init__(self) -> None:
        self.watch = Watch(self.rollout)
        self.portal = Portal(self.rollout)
        self.watch.begin()

    @property
    def faulty(self) -> bool:
        """Whether a fault is in force."""
        return self.ordered is not None

    def up(self, *arguments: str) -> Run:
        """Run `pulumi up`, and check every law."""
        began = time.monotonic()
        run = self.rollout.project.up(*arguments, check=False)
        self.seconds += time.monotonic() - began
        return self._ended(run, changes_are_red="--expect-no-changes" in arguments)

    def up_is_killed(self, when: int | str, *, group: bool) -> None:
        """Run `pulumi up`, killed there; one that ends before is like any other."""
        began = time.monotonic()
        run = up_killed(self.rollout, when, group=group)
        self.seconds += time.monotonic() - began
        if run is not None:
            self._ended(run)
            return
        self.ups += 1
        self.killed += 1
        self.shaken = True
        self.done.append(f"up killed: {when}, {'the process group' if group else 'the engine alone'}")
        self.watch.look()

    def two_ups_at_once(self, apart: float) -> None:
        """Start two `up`s: the one that meets the other's lock ends red, takes no step and writes nothing."""
        runs = both(self.rollout.project, apart)
        self.raced += 1
        lost = [run for run in runs if LOCKED in run.out]
        won = [run for run in runs if LOCKED not in run.out]
        for run in lost:
            self.ups += 1
            self.done.append(f"up: {run.code} at the lock of another")
            if not run.code or run.step:
                raise Broken(f"at the other's lock:\n{run.out}")
        if not won:
            self.watch.look(writes=False)
        elif lost:
            self._ended(won[0])
        else:  # so far apart that none saw the other
            self.ups += len(won)
            self.done.append(f"two ups one after the other: {', '.join(run.step for run in won)}")
            self.watch.look()

    def preview(self) -> str | None:
        """Run `pulumi preview`, which writes nothing and isn't red for a verdict; the step that it says."""
        run = self.rollout.project.preview(check=False)
        self.watch.look(writes=False)
        self.done.append(f"preview: {run.code} {run.step}")
        self._speaks_sense(run)
        if run.code and not self.faulty:
            raise Broken(f"a preview is red:\n{run.out}")
        return run.step if not run.code and not self.faulty else None

    def status(self) -> str | None:
        """Run `rollout status`, which writes nothing; the step that it says is next."""
        done = self.command("status", "--json")
        self.watch.look(writes=False)
        self.done.append(f"status: {done.returncode}")
        if done.returncode not in (0, 1, 3, 4):
            raise Broken(done.stdout + done.stderr)
        known = done.returncode != 1 and not self.faulty
        return json.loads(done.stdout).get("next", {}).get("step") if known else None

    def up_as(self, asks: Callable[[], str | None], who: str) -> None:
        """Run an `up`, which must take the step that is told before, unless a new minute is measured."""
        minute = self.rollout.azure.now().minute
        says = asks()
        run = self.up()
        if self.rollout.azure.now().minute != minute:
            return
        if says not in WAITS and run.step and run.step != says:
            raise Broken(f"{who} said {says}, and the up took {run.step}:\n{run.out}")

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

    def say(self, verb: str) -> int:
        """Let a person say something; refusing with a sentence is fine. The exit code."""
        why = [] if verb in ("resume", "approve") else ["--reason", "the machine says so"]
        done = self.command(verb, "--json", *why)
        self.done.append(f"{verb}: {done.returncode} {_short(done.stderr)}".rstrip())
        if done.returncode not in (0, 1, 2):
            raise Broken(done.stdout + done.stderr)
        if done.returncode and not done.stderr.strip():
            raise Broken(f"{verb}: {done.returncode}, and nothing says why")
        if done.returncode == 0 and verb == "skip":
            self.watch.skipped = json.loads(done.stdout)["release"]
        if done.returncode == 0 and verb == "approve":
            said = json.loads(done.stdout)
            self.watch.approved.add((said["release"], said["stage"]))
        return done.returncode

    def release(self, version: int, number: int) -> None:
        """Name a model version in config: a new release for each number."""
        self.rollout.project.configure(**release(version, number))
        self.done.append(f"config: version {version}, number {number}")

    def back_to_prod(self) -> None:
        """Set config back to the release that is prod, or serves most where no tag says who that is."""
        traffic = self.rollout.traffic()
        most = max(traffic, key=lambda name: traffic[name], default="")
        prod = self.rollout.endpoint()["tags"].get("PROD_DEPLOYMENT", most)
        live = self.portal.deployments().get(prod)
        if live is not None:
            version = live["properties"]["model"].rpartition("/")[2]
            number = (live["properties"].get("environmentVariables") or {}).get("LIFE")
            self.rollout.project.configure(**release(version, number))
            self.done.append(f"config: back to {prod}'s release, version {version}, number {number}")

    def ladder(self, rungs: tuple[int, ...], approval: tuple[int, ...] = ()) -> None:
        """Edit the ladder in config; some rungs may need a person's approval."""
        stages = [
            {
                "traffic": each,
                "bake": "10m",
                "minRequests": 5,
                **({"approval": True} if each in approval else {}),
            }
            for each in rungs
        ]
        self.rollout.project.configure(**{"rollout:stages": stages})
        self.watch.rungs = (0, *rungs)
        self.watch.approvals = approval
        self.done.append(f"config: ladder {rungs}, approval for {approval or 'none'}")

    def serve(self, minutes: int, errors: int = 0) -> None:
        """Let minutes pass in which all answer; the candidate with so many errors in each."""
        candidate = self.rollout.endpoint()["tags"].get("CANDIDATE_DEPLOYMENT", "")
        self.rollout.serve(minutes=minutes, errors={candidate: errors} if errors else None)
        self.done.append(f"{minutes} min, {errors} errors a minute")

    def fault(self, spec: dict[str, Any] | None) -> None:
        """Order a fault of Azure's, or end all."""
        azure = self.rollout.azure
        azure.control("DELETE", "faults")
        if spec is not None:
            azure.control("POST", "faults", spec)
        self.ordered = spec
        self.done.append(f"fault {spec}")

    def at_the_portal(self, does: str, *arguments: Any) -> None:
        """Do something there, with Azure well meanwhile; what is in progress may refuse it."""
        azure = self.rollout.azure
        azure.control("DELETE", "faults")
        try:
            said = getattr(self.portal, does)(*arguments)
        except AssertionError as refused:
            if ": 409 " not in str(refused):
                raise
            said = f"portal: {does} is refused"
        if self.ordered is not None:
            azure.control("POST", "faults", self.ordered)
        self.watch.look()
        if said is not None:
            self.done.append(said)

    def refresh(self) -> None:
        """Have the engine read again what Azure has."""
        done = self.rollout.project.pulumi("refresh", "--yes", "--skip-preview", "--non-interactive")
        self.done.append(f"pulumi refresh: {done.code}")
        self.watch.look(writes=False)

    def lose_stack_tags(self, names: tuple[str, ...]) -> None:
        """Lose some of the published copy."""
        for name in names:
            self.rollout.project.pulumi("stack", "tag", "rm", name)
        self.done.append(f"stack tags lost: {', '.join(names)}")

    def back_up(self) -> None:
        """Keep the state as it is."""
        self.backups.append(state_file(self.rollout.project).read_bytes())
        self.done.append("state backed up")

    def restore(self, which: int) -> None:
        """Restore the state from a backup, an old one maybe."""
        if self.backups:
            number = which % len(self.backups)
            state_file(self.rollout.project).write_bytes(self.backups[number])
            self.done.append(f"state restored from backup {number}")

    def story(self) -> str:
        """Return what happened, a line each."""
        return "\n".join(f"  {number:3} {each}" for number, each in enumerate(self.done, 1))

    def is_recorded(self) -> bool:
        """Return whether the live traffic is what the record says."""
        return self.rollout.traffic() == shares(self.rollout.endpoint()["tags"])

    def _ended(self, run: Run, *, changes_are_red: bool = False) -> Run:
        self.ups += 1
        self.said[run.step] = self.said.get(run.step, 0) + 1
        self.done.append(f"up: {run.code} {run.step}: {_reason(run)}")
        self._speaks_sense(run)
        if not changes_are_red:
            self._its_code_is_right(run)
        was, known = (self.watch.record.get("PROD_DEPLOYMENT", ""), self.watch.live), not self.shaken
        self.shaken, self.last = False, run
        puts = self.watch.look(writes=run.step not in CHANGES_NOTHING, discards=True)
        if len(puts) > 1:
            raise Broken(f"{len(puts)} PUTs of the endpoint in one up")
        if known and run.step in ONWARDS:
            self._prod_did_not_rise(*was, puts)
        if run.code == 0 and not self.faulty and run.step in PUBLISHES:
            self._what_is_published_is_live(run.step)
        if lost := self.portal.scaled_and_not_left():
            raise Broken(lost)
        return run

    def _prod_did_not_rise(self, prod: str, before: dict[str, int], puts: list[dict[str, Any]]) -> None:
        for put in puts:
            share = put["properties"].get("traffic", {}).get(prod, 0)
            if prod in before and share > before[prod]:
                raise Broken(
                    f"{prod} was prod and rose {before[prod]} -> {share}, and nothing was taken back"
                )

    def _speaks_sense(self, run: Run) -> None:
        if HARM.search(run.out):
            raise Broken(run.out)
        if run.code == 0 and not run.step:
            raise Broken(f"no step was told:\n{run.out}")
        if run.code and "error:" not in run.out:
            raise Broken(f"red, and no error said why:\n{run.out}")

    def _its_code_is_right(self, run: Run) -> None:
        if run.code == 0 and run.step in TAKES_BACK and "is withdrawn" not in run.out:
            raise Broken(f"a release was taken back, and the run is green:\n{run.out}")
        sent_again = "Azure took an earlier change of it and failed" in run.out
        if run.code and run.step not in RED and not (self.faulty or self.shaken or sent_again):
            raise Broken(f"red, and nothing was wrong with Azure:\n{run.out}")

    def _what_is_published_is_live(self, step: str) -> None:
        record = (self.rollout.endpoint() or {}).get("tags", {})
        live = self.rollout.traffic()
        if shares(record) != live:
            raise Broken(f"after {step} the record says {shares(record)} and live is {live}")
        tags = self.rollout.project.tags()
        copied = {k: v for k, v in record.items() if k.startswith("ROLLOUT_S") or "_DEPLOYMENT" in k}
        if any(tags.get(key) != value for key, value in copied.items()):
            raise Broken(f"after {step} the stack says {tags}, the endpoint {record}")


def _reason(run: Run) -> str:
    """Return what a run said of its step, or its error, in short."""
    told = re.search(rf"\b{run.step}: (.*)\[\w+\]", run.out) if run.step else None
    wrong = re.findall(r"error: (.*)", run.out)
    return _short(told[1] if told else (wrong or [run.out])[0])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SENTENCE else line[:SENTENCE] + "…"
