"""Checks of what stands in the way at three in the morning: roles, quota, orphans, a lock that was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.azure.auth import bearer
from rollout.azure.errors import AzureFault, Forbidden, ReadError
from rollout.azure.quota import read_quota
from rollout.cli.health.check import Check, State
from rollout.core.gates.evidence import Unreadable
from rollout.core.known import known
from rollout.core.observed import Published
from rollout.stack import locking
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    from rollout.cli.health.patient import Patient
    from rollout.cli.stack import StackView

_WAITS = "not looked at, because of the above"


def roles(patient: Patient) -> Check:
    """Try what a rollout reads: the keys that probes are sent with, metrics or logs, the lower endpoint."""
    stack, sight = patient.stack, patient.sight
    if stack is None or sight is None or sight.endpoint is None:
        return Check("roles", State.UNKNOWN, _WAITS if stack is None or sight is None else "no endpoint yet")
    tried = ["the endpoint"]
    faults: list[str] = []
    try:
        bearer(stack.arm, sight.endpoint)
        tried.append("what probes are sent with")
    except ReadError as error:
        faults.append(str(error))
    if isinstance(patient.usual, Unreadable):
        faults.append(patient.usual.why)
    elif patient.usual is not None:
        tried.append("measurements")
    if stack.settings.promotes is not None:
        try:
            _lower(stack, stack.settings.promotes.endpoint_id)
            tried.append("the endpoint that releases are promoted from")
        except ReadError as error:
            faults.append(str(error))
    if faults:
        return Check("roles", State.PROBLEM, "; ".join(faults), "grant what each sentence names")
    return Check("roles", State.OK, f"{', '.join(tried)} can be read; writing isn't tried")


def _lower(stack: StackView, endpoint_id: str) -> None:
    from rollout.azure.promotion import read_lower  # noqa: PLC0415

    read_lower(stack.arm, endpoint_id)


def quota(patient: Patient) -> Check:
    """Look whether a candidate has room beside prod."""
    stack, sight = patient.stack, patient.sight
    if stack is None or sight is None or sight.workspace is None:
        return Check("quota", State.UNKNOWN, _WAITS)
    asked, location = stack.settings.deployment, sight.workspace.location
    try:
        found = read_quota(stack.arm, location, asked.instance_type)
    except Forbidden as error:
        return Check("quota", State.UNKNOWN, str(error))
    except AzureFault as error:
        return Check("quota", State.WARNING, str(error), "look at the quota in Azure ML studio")
    if found is None:
        said = f"Azure ML lists no size {asked.instance_type} in {location}"
        return Check(
            "quota", State.WARNING, said, "look at rollout:instanceType, or at the quota in the portal"
        )
    record = known(sight.observed(Published()))
    prod = sight.deployments.get(record.prod or "") if record else None
    instances = max(asked.instances, prod.core.instances if prod else 0)
    needed = found.needed(instances)
    said = (
        f"a candidate of {instances} {asked.instance_type} takes {needed} cores, with a fifth to spare for "
        f"upgrades; {found.left}"
    )
    if not found.has_room_for(instances):
        return Check("quota", State.PROBLEM, said, "ask for more quota in the portal, or take a smaller size")
    return Check("quota", State.OK, said)


def orphans(patient: Patient) -> Check:
    """Look for deployments that cost money and have no part in the rollout."""
    sight = patient.sight
    if sight is None:
        return Check("orphans", State.UNKNOWN, _WAITS)
    record = known(sight.observed(Published()))
    if sight.endpoint is None or record is None:
        return Check("orphans", State.UNKNOWN, "there is no record to tell them by")
    roles_of = {record.prod, record.old_prod, record.candidate}
    kept = [
        f"{name} ({each.core.release}, taken back and kept)"
        for name, each in sight.deployments.items()
        if name not in roles_of and each.core.release in record.failed
    ]
    nobodys = [
        f"{name} ({each.core.release or 'nobody declared it'})"
        for name, each in sight.deployments.items()
        if name not in roles_of and each.core.release not in record.failed
    ]
    if nobodys:
        said = f"no part in the rollout: {', '.join([*nobodys, *kept])}"
        return Check("orphans", State.WARNING, said, "delete them in Azure, if nobody needs them")
    return Check("orphans", State.OK, f"none; {', '.join(kept)}" if kept else "none")


def lock(patient: Patient) -> Check:
    """Look whether somebody's run is at the stack, or a dead one left its lock."""
    if patient.stack is None:
        return Check("lock", State.UNKNOWN, _WAITS)
    try:
        found = locking.locks(locking.backend(patient.root), patient.stack.name)
    except StackError as error:
        return Check("lock", State.UNKNOWN, str(error))
    if found is None:
        return Check("lock", State.UNKNOWN, "this backend shows no locks; a run that meets one says so")
    left = [each for each in found if each.dead]
    if left:
        said = f"left by {'; '.join(f'{each.who} at {each.since}' for each in left)}, which is gone"
        return Check("lock", State.PROBLEM, said, "pulumi cancel --yes, then go on with `pulumi up`")
    if found:
        said = f"held by {'; '.join(f'{each.who} since {each.since}' for each in found)}"
        do = "wait; if that run was killed, `pulumi cancel --yes`"
        return Check("lock", State.WARNING, said, do)
    return Check("lock", State.OK, "none")
