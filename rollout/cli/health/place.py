"""Checks of the tools, the login, and what there is in Azure."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rollout.azure.credential import claims
from rollout.azure.errors import AzureFault, ReadError
from rollout.cli.health.check import Check, State
from rollout.cli.who import holder
from rollout.core.comparison.blocks import Tier
from rollout.core.observed import Provisioning
from rollout.stack import pulumi_cli
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    from rollout.cli.health.patient import Patient

LEAST_PULUMI = (3, 249)


def python(_: Patient) -> Check:
    """Say which Python and which packages run."""
    shown = ".".join(str(part) for part in sys.version_info[:3])
    said = f"Python {shown}, pulumi SDK {metadata.version('pulumi')}"
    if find_spec("matplotlib") is None:
        return Check(
            "python", State.WARNING, f"{said}, no matplotlib: reports have no PNGs", "pip install matplotlib"
        )
    return Check("python", State.OK, said)


def pulumi(patient: Patient) -> Check:
    """Look at the Pulumi CLI: there, and new enough for hooks and stack tags."""
    try:
        printed = pulumi_cli.run(patient.root, "version").strip()
    except StackError as error:
        do = 'run `make setup`, then `eval "$(tools/env)"`' if patient.root.is_dir() else "look at --cwd"
        return Check("pulumi", State.PROBLEM, str(error), do)
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", printed)
    if found is None:
        return Check(
            "pulumi", State.WARNING, f"its version is {printed!r}, which is none", "look at what is on PATH"
        )
    least = ".".join(str(part) for part in LEAST_PULUMI)
    if (int(found[1]), int(found[2])) < LEAST_PULUMI:
        return Check(
            "pulumi", State.PROBLEM, f"{found[0]} is too old: {least} is needed", "install a newer one"
        )
    sdk = metadata.version("pulumi")
    if found[0].removeprefix("v") != sdk:
        do = "take the CLI that `make setup` provides"
        return Check("pulumi", State.WARNING, f"{found[0]}, and the SDK is {sdk}: they go together", do)
    return Check("pulumi", State.OK, found[0])


def config(patient: Patient) -> Check:
    """Look at the stack and its config."""
    if patient.stack is None:
        return Check("config", State.PROBLEM, patient.faults.get("stack", "no stack"), "put that right first")
    names = ", ".join(gate.name for gate in patient.stack.settings.gates)
    said = f"stack {patient.stack.name}, endpoint {patient.stack.place.endpoint}, gates {names}"
    return Check("config", State.OK, said)


def login(patient: Patient) -> Check:
    """Look at who is logged in, and whether Azure takes it."""
    if patient.stack is None:
        return _unknown("login")
    arm = patient.stack.arm
    try:
        said = claims(arm.tokens.token(arm.cloud.arm_audience))
    except AzureFault as fault:
        return Check("login", State.PROBLEM, str(fault), "az login")
    return Check("login", State.OK, f"{holder(said)} in {arm.cloud.name}, subscription {arm.subscription}")


def workspace(patient: Patient) -> Check:
    """Look at the workspace."""
    if patient.stack is None:
        return _unknown("workspace")
    if patient.sight is None:
        said = patient.faults.get("azure", "Azure can't be read")
        return Check("workspace", State.PROBLEM, said, "see what Azure said")
    name, create = patient.stack.settings.workspace.name, patient.stack.settings.workspace.create
    if patient.sight.workspace is not None:
        return Check("workspace", State.OK, f"{name} in {patient.sight.workspace.location}")
    if create:
        return Check("workspace", State.OK, f"{name} isn't there yet: the next `pulumi up` makes it")
    do = "make it, or set rollout:createWorkspace to true"
    return Check("workspace", State.PROBLEM, f"{name} isn't there", do)


def endpoint(patient: Patient) -> Check:
    """Look at the endpoint and its deployments."""
    if patient.stack is None or patient.sight is None:
        return _unknown("endpoint")
    name, live = patient.stack.place.endpoint, patient.sight.endpoint
    if live is None:
        return Check("endpoint", State.OK, f"{name} isn't there yet: the first `pulumi up` makes it")
    bad = [
        f"{each.name} is {each.core.state}"
        for each in patient.sight.deployments.values()
        if each.core.state in (Provisioning.FAILED, Provisioning.CANCELED)
    ]
    shares = ", ".join(f"{slot} {share} %" for slot, share in live.core.traffic.items()) or "no traffic"
    if live.core.state is not Provisioning.SUCCEEDED:
        do = "wait until Azure has finished, or look at it in the portal"
        return Check("endpoint", State.WARNING, f"{name} is {live.core.state}; {shares}", do)
    if bad:
        return Check(
            "endpoint",
            State.WARNING,
            f"{name}: {', '.join(bad)}; {shares}",
            "rollout status says what follows",
        )
    return Check("endpoint", State.OK, f"{name}: {shares}")


def evidence(patient: Patient) -> Check:
    """Look at where a comparison's evidence comes from."""
    if patient.stack is None or patient.sight is None or patient.sight.endpoint is None:
        return _unknown("evidence")
    source = patient.stack.settings.comparison.source
    if isinstance(patient.sight.log, ReadError):
        return Check("evidence", State.PROBLEM, str(patient.sight.log), "see what Azure said")
    log = patient.sight.traffic_log
    if log is not None and source is not Tier.METRICS:
        return Check("evidence", State.OK, f"logs: each request of the traffic log, in workspace {log}")
    if source is Tier.LOGS:
        said = "the gates read logs, and no diagnostic setting sends the traffic log anywhere"
        return Check(
            "evidence",
            State.PROBLEM,
            said,
            "set rollout:logAnalyticsWorkspace, or the gates' source to metrics",
        )
    if log is not None:
        said = "metrics, as config says, though the traffic log is there: a slower tail goes unseen"
        return Check("evidence", State.WARNING, said, "take `source: metrics` from the gates")
    said = "metrics: no diagnostic setting sends the traffic log anywhere, so a slower tail goes unseen"
    return Check("evidence", State.WARNING, said, "set rollout:logAnalyticsWorkspace, then `pulumi up`")


def _unknown(name: str) -> Check:
    return Check(name, State.UNKNOWN, "not looked at, because of the above")
