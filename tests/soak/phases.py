"""Where a rollout stands, told from the live endpoint, and what brings its next step about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG

if TYPE_CHECKING:
    from tests.engine.rollout import Rollout

GOOD = ("1", "2", "3")
BAKED, SOAKED = 14, 31
"""Minutes after which a stage, or old prod's soak, is over by the config of these tests."""
LIFE = ("start", "advance to 10", "advance to 50", "advance to 100", "promote", "retire", "finish")


def standing(endpoint: dict[str, Any], wanted: str) -> str:
    """Return what the next `up` is about, by the record and the model version that config names."""
    tags, traffic = endpoint["tags"], endpoint["properties"]["traffic"]
    if "CANDIDATE_DEPLOYMENT" in tags:
        stage = tags["ROLLOUT_STAGE"]
        return {"0": "advance to 10", "10": "advance to 50", "50": "advance to 100"}.get(stage, "promote")
    if "OLD_PROD_DEPLOYMENT" in tags:
        return "retire" if tags["OLD_PROD_DEPLOYMENT"] in traffic else "finish"
    if tags.get("PROD_RELEASE", "").startswith(f"tiny:{wanted}-"):
        return "none"
    return "none" if f"tiny:{wanted}-" in tags.get("FAILED_RELEASE", "") else "start"


def release(version: str | int, number: int | str | None) -> dict[str, Any]:
    """Return the config that names a model version, with settings of its own: a new release for each number.

    Without a number: as the first release of a stack is.
    """
    own = {} if number is None else {"environmentVariables": {"LIFE": str(number)}}
    settings = {**CONFIG["rollout:settings"], **own}
    return {"rollout:model": f"azureml:tiny:{version}", "rollout:settings": settings}


@dataclass
class Life:
    """A stack that releases one version after the other; some of them are bad."""

    rollout: Rollout
    lives: list[str] = field(default_factory=list[str])
    """`good`, or the share at which each gets bad."""
    ups: int = 0
    """Since the last release began."""

    @property
    def version(self) -> str:
        """The model version that config names."""
        return str(self.rollout.project.settings()["rollout:model"]).rpartition(":")[2]

    def standing(self) -> str:
        """Return what the next `up` is about; an abort, where the release is bad here."""
        stands = standing(self.rollout.endpoint(), self.version)
        return f"abort at {self.bad_at}" if self.is_bad(stands) else stands

    @property
    def bad_at(self) -> str:
        """The share at which the present release is bad."""
        return self.lives[-1] if self.lives else "good"

    def is_bad(self, stands: str) -> bool:
        """Return whether the release fails its gate at that rung."""
        above = {"10": "advance to 50", "50": "advance to 100", "100": "promote"}
        return above.get(self.bad_at) == stands

    def release(self, bad_at: str = "good") -> None:
        """Name the next model version in config."""
        assert self.standing() == "none", self.standing()
        self.lives.append(bad_at)
        self.ups = 0
        number = len(self.lives)
        self.rollout.project.configure(**release(GOOD[number % len(GOOD)], number))

    def prepare(self) -> str:
        """Let time pass and requests be answered until the next step is due; returns what it is about."""
        stands = self.standing()
        bad = stands.startswith("abort")
        if stands not in ("start", "advance to 10", "finish"):
            who = self.rollout.endpoint()["tags"].get("CANDIDATE_DEPLOYMENT", "")
            minutes = SOAKED if stands == "retire" else BAKED
            self.rollout.serve(minutes=minutes, errors={who: 60} if bad else None)
        return stands

    def go_to(self, wanted: str, life: str = "good", most: int = 24) -> None:
        """Run `up`s until that is what the next one is about; a release that has to be made is such a one."""
        bad = wanted.removeprefix("abort at ") if wanted.startswith("abort") else life
        for _ in range(most):
            stands = self.prepare()
            if stands == wanted:
                return
            if stands == "none":
                self.release(bad)
                if wanted == "start":
                    return
                continue
            run = self.rollout.project.up(check=False)
            taken_back = run.step == "abort" and run.code == 1
            assert run.code == 0 or taken_back, run.out
        raise AssertionError(f"not at {wanted} after {most} ups, but at {self.standing()}")


def show(traffic: dict[str, int]) -> str:
    """Return a traffic map for people."""
    return ", ".join(f"{name} {share}" for name, share in sorted(traffic.items())) or "none"


def digest(state: dict[str, Any]) -> str:
    """Return the resources of a stack's state as one comparable text."""
    return json.dumps(state["deployment"].get("resources", []), sort_keys=True)
