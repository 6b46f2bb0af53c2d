"""Two ways out that must work in every phase: an abort that a person asks for, and tear-down."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.soak.load import Load
from tests.soak.phases import Life, digest, show
from tests.soak.watch import PEOPLE, Watch

if TYPE_CHECKING:
    from tests.engine.rollout import Rollout
    from tests.soak.place import Place

CANDIDATE = ("advance to 10", "advance to 50", "advance to 100", "promote")
"""What is due in each phase in which there is something to abort."""
TAKEN_BACK = "Degraded"
ALL = ("start", *CANDIDATE, TAKEN_BACK, "retire", "finish")
"""What is due in each phase; and the phase in which nothing is, because a release was taken back."""
QUERIES = ("getbatch", "/v1/")
BESIDE = {
    "rollout:alerts": {"email": ["ml-team@example.com"]},
    "rollout:autoscale": {"min": 1, "max": 2, "cpu": 70},
}
"""What a stack declares beside its rollout, in config."""


def abort(life: Life, phase: str) -> str:
    """Abort in that phase, by one PUT and without a metric query; returns what it did, in words."""
    life.go_to(phase)
    rollout, watch = life.rollout, Watch(life.rollout)
    before = show(rollout.traffic())
    asked = subprocess.run(
        ["rollout", "abort", "--reason", "told to", "--stack", rollout.project.stack],
        cwd=rollout.project.folder,
        env=rollout.project.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    watch.begin()
    since = rollout.azure.mark()
    run = rollout.up(code=1)
    assert run.step == "abort", run.out
    assert len(watch.look()) == 1, run.out
    sent = [entry for entry in rollout.azure.requests(since) if PEOPLE not in (entry["userAgent"] or "")]
    queries = [entry["path"] for entry in sent if any(each in entry["path"].lower() for each in QUERIES)]
    assert not queries, queries
    prod = rollout.endpoint()["tags"]["PROD_DEPLOYMENT"]
    assert rollout.traffic() == {prod: 100}
    assert "ROLLOUT_INTENT" not in rollout.project.tags()
    return f"{phase}: {before} → {show(rollout.traffic())}"


def tear_down(life: Life, phase: str, *, whole: bool) -> None:
    """`pulumi destroy` in that phase: refused without a loss; if `whole`, then as the docs say."""
    rollout = life.rollout
    if phase == TAKEN_BACK:
        life.go_to("abort at 10")
        assert rollout.up(code=1).step == "abort"
    else:
        life.go_to(phase)
    before = digest(rollout.project.state()), rollout.endpoint(), rollout.deployments()
    with Load(rollout) as load:
        since = rollout.azure.mark()
        refused = rollout.project.pulumi("destroy", "--yes", "--skip-preview", "--non-interactive")
        assert refused.code != 0, refused.out
        assert "protected" in refused.out, refused.out
        assert (digest(rollout.project.state()), rollout.endpoint(), rollout.deployments()) == before, (
            refused.out
        )
        assert not rollout.writes(since), refused.out
        assert not load.failed, load.failed[:5]
        if whole:
            _gone(rollout)


def _gone(rollout: Rollout) -> None:
    rollout.project.pulumi("state", "unprotect", "--all", "--yes", check=True)
    rollout.project.pulumi("destroy", "--yes", "--skip-preview", "--non-interactive", check=True)
    assert rollout.endpoint() is None
    assert not watchers(rollout)
    assert not rollout.project.state()["deployment"].get("resources")


def watchers(rollout: Rollout) -> set[str]:
    """Return what is in the endpoint's resource group of alerts and autoscale settings of this stack."""
    group = rollout.endpoint_id.partition("/providers/")[0]
    listed = {each["id"] for each in rollout.azure.arm("GET", f"{group}/resources")["value"]}
    return {
        each for each in listed if "/microsoft.insights/" in each.lower() and rollout.project.endpoint in each
    }


def everywhere(where: Place) -> str:
    """Abort and tear down in every phase; returns what came of it."""
    rollout = where.stack("abort")
    rollout.healthy()
    life = Life(rollout)
    aborted: list[str] = []
    with Load(rollout) as load:
        for phase in CANDIDATE:
            aborted.append(abort(life, phase))
            print(f"aborted at {aborted[-1]}", flush=True)
    assert not load.failed, load.failed[:5]
    for phase in ALL:
        rollout = where.stack("destroy", **BESIDE)
        rollout.healthy()
        tear_down(Life(rollout), phase, whole=True)
        print(f"torn down at {phase}", flush=True)
    phases = ", ".join(ALL)
    return (
        f"All under load. `rollout abort` and one `up`, by what was due: {'; '.join(aborted)}: each time one"
        " PUT of the endpoint, no query of metrics or logs and no failed request. `pulumi destroy` in"
        f" {len(ALL)} phases ({phases}): refused without a loss or a failed request while protected, complete"
        " after `pulumi state unprotect --all`."
    )
