"""`rollout doctor` on what stands in the way: roles, quota, orphans, a lock that was left."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout.azure.errors import Forbidden, Unintelligible
from rollout.cli.health import standing
from rollout.cli.health.check import State
from rollout.cli.health.patient import Patient
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.evidence import Unreadable
from rollout.core.observed import Deployment, Endpoint, Observed, Provisioning
from rollout.core.record import Record
from rollout.stack import locking, pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rollout.azure.observe import Sight
    from rollout.cli.stack import StackView
    from rollout.core.observed import Published

USUAL = Baseline(Tier.LOGS, 36000, 0.005, (30.0, 60.0, 90.0), stages=2, gates=1)
RECORD = Record(prod="blue", prod_release="m:1", failed_release="m:2", traffic={"blue": 100})


class FakeArm:
    """ARM with one size of machine, its quota, and keys that may be refused."""

    subscription = "s"

    def __init__(self, used: int = 0, limit: int = 100, *, keys: bool = True) -> None:
        self.used, self.limit, self.keys = used, limit, keys

    def get(self, resource_id: str, **_: Any) -> Any:
        assert resource_id.endswith("/locations/eastus/vmSizes")
        sizes = [{"name": "Standard_DS3_v2", "family": "standardDSv2Family", "vCPUs": 4}]
        return SimpleNamespace(body={"value": sizes})

    def list(self, resource_id: str, **_: Any) -> Iterator[dict[str, Any]]:
        assert resource_id.endswith("/locations/eastus/usages")
        name = {"value": "StandardDSv2Family", "localizedValue": "Standard DSv2"}
        yield {"name": {"value": "Total"}, "currentValue": 1, "limit": 2}
        of = "Microsoft.MachineLearningServices/vmFamily/dedicatedCores/usages"
        yield {"name": name, "type": of, "currentValue": self.used, "limit": self.limit}

    def post(self, *_: Any, **__: Any) -> dict[str, Any]:
        if not self.keys:
            raise Forbidden("the keys of the endpoint", "403", "Grant AzureML Data Scientist.")
        return {"primaryKey": "secret"}


class Live:
    """What is seen of an endpoint."""

    def __init__(self, **releases: str | None) -> None:
        self.workspace = SimpleNamespace(location="eastus")
        core = Endpoint(Provisioning.SUCCEEDED, {"blue": 100}, RECORD.tags())
        self.endpoint = SimpleNamespace(id="/e", name="e", core=core, auth_mode="Key")
        self.deployments = {
            name: SimpleNamespace(core=Deployment(name, release, Provisioning.SUCCEEDED, 2))
            for name, release in releases.items()
        }

    def observed(self, published: Published) -> Observed:
        seen = {name: each.core for name, each in self.deployments.items()}
        return Observed(cast("datetime", None), self.endpoint.core, seen, published)


def patient(arm: FakeArm | None = None, *, size: str = "Standard_DS3_v2", **releases: str | None) -> Patient:
    deployment = SimpleNamespace(instance_type=size, instances=1)
    settings = SimpleNamespace(deployment=deployment, promotes=None)
    stack = SimpleNamespace(arm=arm or FakeArm(), settings=settings, name="organization/rollout/dev")
    seen = Live(**(releases or {"blue": "m:1"}))
    return Patient(Path(), cast("StackView", stack), cast("Sight", seen), USUAL)


@pytest.mark.parametrize(
    ("used", "size", "state", "said"),
    [
        (0, "Standard_DS3_v2", State.OK, "2 Standard_DS3_v2 takes 12 cores"),
        (88, "Standard_DS3_v2", State.OK, "12 of 100 are left of standardDSv2Family"),
        (89, "Standard_DS3_v2", State.PROBLEM, "11 of 100 are left"),
        (0, "Standard_Nope", State.WARNING, "lists no size Standard_Nope in eastus"),
    ],
)
def test_quota(used: int, size: str, state: State, said: str):
    found = standing.quota(patient(FakeArm(used), size=size))
    assert (found.state, said in found.said) == (state, True), found.said


def test_a_quota_that_cant_be_told(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise Forbidden("the quota", "403", "Grant Reader on the subscription.")

    monkeypatch.setattr(standing, "read_quota", refuse)
    assert standing.quota(patient()).state is State.UNKNOWN

    def garble(*_: object) -> None:
        raise Unintelligible("the quota", "it is no number")

    monkeypatch.setattr(standing, "read_quota", garble)
    assert standing.quota(patient()).state is State.WARNING


def test_roles():
    assert standing.roles(patient()).state is State.OK
    refused = standing.roles(patient(FakeArm(keys=False)))
    assert (refused.state, "Grant AzureML Data Scientist" in refused.said) == (State.PROBLEM, True)
    blind = patient()
    blind.usual = Unreadable("metrics can't be read: 403")
    assert "metrics can't be read" in standing.roles(blind).said


def test_orphans():
    assert standing.orphans(patient()).said == "none"
    kept = standing.orphans(patient(blue="m:1", green="m:2"))
    assert (kept.state, kept.said) == (State.OK, "none; green (m:2, taken back and kept)")
    left = standing.orphans(patient(blue="m:1", stray=None, old="m:0"))
    assert left.state is State.WARNING
    assert left.said == "no part in the rollout: stray (nobody declared it), old (m:0)"


def dead() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid


def locked(folder: Path, monkeypatch: pytest.MonkeyPatch, **said: object) -> None:
    """Lay a lock on the stack, in a backend of files."""
    monkeypatch.setattr(pulumi_cli, "ask", lambda *_: {"url": f"file://{folder}"})
    place = folder / ".pulumi/locks/organization/rollout/dev"
    place.mkdir(parents=True, exist_ok=True)
    lock = {"pid": os.getpid(), "username": "ada", "hostname": socket.gethostname()}
    (place / "1.json").write_text(json.dumps(lock | {"timestamp": "2026-11-21T10:00:00.1Z"} | said))


@pytest.mark.parametrize(
    ("said", "state", "shown"),
    [
        ({}, State.WARNING, "held by ada@"),
        ({"pid": -1}, State.PROBLEM, "which is gone"),
        ({"hostname": "runner-1"}, State.WARNING, "held by ada@runner-1, process"),
    ],
)
def test_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], state: State, shown: str
):
    locked(tmp_path, monkeypatch, **(said if said.get("pid") != -1 else {"pid": dead()}))
    found = standing.lock(patient())
    assert (found.state, shown in found.said) == (state, True), found.said
    if state is State.PROBLEM:
        assert "pulumi cancel --yes" in found.do


def test_no_lock_and_none_to_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulumi_cli, "ask", lambda *_: {"url": f"file://{tmp_path}"})
    assert standing.lock(patient()).state is State.OK
    monkeypatch.setattr(pulumi_cli, "ask", lambda *_: {"url": "azblob://state"})
    assert standing.lock(patient()).state is State.UNKNOWN
    assert locking.locks("azblob://state", "dev") is None
