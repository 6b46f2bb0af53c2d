"""Where a `pulumi up` is killed: after a time, at its n-th request to Azure, or at a write by its name."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.project import Run
from tests.soak.watch import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.project import Project
    from tests.engine.rollout import Rollout

UP = ("up", "--yes", "--skip-preview", "--non-interactive")
ENDPOINT, DEPLOYMENT, DELETION, STATE = "endpoint PUT", "deployment PUT", "deployment DELETE", "state saved"
TAGS = {"tag 1 to be set": 1, "tag 3 to be set": 3, "tag 6 to be set": 6}
WRITES = (ENDPOINT, DEPLOYMENT, STATE, *TAGS, DELETION)
"""Whatever an `up` writes. A step that doesn't have such a write runs to its end."""
LONGEST = 300.0


def up_killed(rollout: Rollout, when: float | str, *, group: bool) -> Run | None:
    """Run `pulumi up`, and kill it at its n-th request or at one of `WRITES`; None where it was killed.

    A number that isn't whole counts seconds.

    `group` kills all that it has started, as when a runner dies; else the program and the provider are left
    behind. The lock that a killed one leaves is cancelled, as the docs say.
    """
    project, env = rollout.project, dict(rollout.project.env)
    reached = _reached(rollout, when)
    try:
        running = project.start(*UP)
    finally:
        project.env.clear()
        project.env.update(env)
    until = time.monotonic() + LONGEST
    while running.poll() is None and not reached():
        assert time.monotonic() < until, "the up doesn't end"
        time.sleep(0.02)
    if running.poll() is not None:
        return Run(running.returncode, running.communicate()[0])
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL) if group else running.kill()
    running.communicate()
    assert project.pulumi("cancel", "--yes").code == 0
    return None


def engine_requests(rollout: Rollout, since: int) -> int:
    """Return how many requests of the engine's and its program's Azure has had, the tests' own left out."""
    return sum(PEOPLE not in (entry["userAgent"] or "") for entry in rollout.azure.requests(since))


def state_file(project: Project) -> Path:
    """Return the file that holds the stack's state."""
    backend = Path(project.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
    return next((backend / ".pulumi" / "stacks").rglob(f"{project.stack}.json"))


def _reached(rollout: Rollout, when: float | str) -> Callable[[], bool]:
    if isinstance(when, float):
        at = time.monotonic() + when
        return lambda: time.monotonic() >= at
    since = rollout.azure.mark()
    if isinstance(when, int):
        return lambda: engine_requests(rollout, since) >= when
    if when in TAGS:
        return _tags_get_stuck(rollout.project, TAGS[when])
    if when == STATE:
        file = state_file(rollout.project)
        before = file.read_bytes()
        return lambda: file.read_bytes() != before
    place = re.escape(rollout.endpoint_id.lower()) + ("" if when == ENDPOINT else "/deployments/[^/]+")

    def asked() -> bool:
        return any(
            entry["method"] == when.rpartition(" ")[2]
            and re.fullmatch(place, entry["path"].split("?")[0].lower())
            and PEOPLE not in (entry["userAgent"] or "")
            for entry in rollout.azure.requests(since)
        )

    return asked


def _tags_get_stuck(project: Project, number: int) -> Callable[[], bool]:
    """Put a `pulumi` first on PATH that hangs where the n-th tag is to be set; what tells whether it does."""
    shim = project.folder / f"stuck-at-{number}" / "pulumi"
    stuck, count = shim.parent / "stuck", shim.parent / "count"
    if not shim.exists():
        shim.parent.mkdir()
        hang = f"{{ touch {stuck}; sleep 20; exit 1; }}"
        hangs = f"echo >> {count}; [ $(wc -l < {count}) -lt {number} ] || {hang}"
        real = shutil.which("pulumi", path=project.env["PATH"])
        shim.write_text(f'#!/bin/sh\ncase "$*" in "stack tag set"*) {hangs};; esac\nexec {real} "$@"\n')
        shim.chmod(0o755)
    for file in (stuck, count):
        file.unlink(missing_ok=True)
    project.env["PATH"] = f"{shim.parent}{os.pathsep}{project.env['PATH']}"
    return stuck.exists
