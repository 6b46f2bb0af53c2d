"""Declare: from the step to the graph of resources, workspace first and record last."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from rollout.azure.errors import AzureFault, Missing
from rollout.azure.sharing import in_registry
from rollout.core import history, times
from rollout.core.bodies import deployment_body, endpoint_body
from rollout.core.config import ConfigError, Problem
from rollout.core.probe_inputs import requests_of
from rollout.core.step import Form, StepKind
from rollout.core.traffic import Routing
from rollout.stack import (
    alerts,
    autoscale,
    configuration,
    kept,
    log_setting,
    machine,
    record,
    seal,
    tags,
    upload,
)
from rollout.stack.assets import Assets, NewCode, served_by
from rollout.stack.endpoint import Endpoint, EndpointArgs
from rollout.stack.live import LiveAzure
from rollout.stack.telling import Telling
from rollout.stack.workspace import Workspace, WorkspaceArgs

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.azure.releases import Wanted
    from rollout.azure.workspace import LiveWorkspace
    from rollout.core.assets import AssetRef
    from rollout.core.config import Settings
    from rollout.core.gates.judgement import Judgement
    from rollout.core.place import Place
    from rollout.core.step import Step
    from rollout.stack.remembered import Remembered

_RUNNERS = ("GITHUB_ACTOR", "BUILD_REQUESTEDFOR", "GITLAB_USER_LOGIN")
"""Where pipelines say who started them."""


@dataclass(frozen=True)
class Ground:
    """What every part of the graph stands on."""

    settings: Settings
    place: Place
    arm: Arm
    sight: Sight
    held: Remembered
    """What the stack's state has."""
    root: Path
    """The project's folder."""
    whole: bool = True
    """Whether config could be read: else only what an abort needs is declared, and all else left to the next
    run. An abort ends red, and so nothing is deleted by it."""


def workspace(ground: Ground) -> Workspace | None:
    """Declare the workspace where the stack owns it. Raises `Missing` where it must be there and isn't."""
    asked, sight = ground.settings.workspace, ground.sight
    if not asked.create:
        if sight.workspace is None:
            raise Missing(
                f"the workspace {asked.name} in {asked.resource_group}",
                "it isn't there",
                "Create it, or set rollout:createWorkspace to true.",
            )
        return None
    location = sight.workspace.location if sight.workspace else configuration.location()
    if location is None:
        raise Missing(
            "azure-native:location", "it isn't set", "pulumi config set azure-native:location eastus"
        )
    args = WorkspaceArgs(ground.place, ground.held, location, sight.group_exists, sight.workspace)
    return Workspace("workspace", args)


def rollout(
    ground: Ground, step: Step, wanted: Wanted | None, stack: tags.Stack, judgement: Judgement | None = None
) -> None:
    """Declare workspace, assets, endpoint, deployments, record and what stands beside it as the step wants.

    Whatever can still be missing is looked for before the first of them is declared. Of an endpoint that
    was never this stack's, nothing is.
    """
    held = ground.held
    if step.as_found and not held.has_endpoint:
        workspace(ground)
        return
    place, sight, settings = ground.place, ground.sight, ground.settings
    log_setting.check(ground, step)
    live = LiveAzure(ground.arm, place, settings.probe, _probe_inputs(ground) if step.probe else ())
    location = _location(sight)
    fresh: dict[str, Any] = {}
    new_code = None
    if wanted is not None and step.kind is StepKind.START:
        _assets_exist(ground, wanted)
        new_code, code_id = _code(ground, wanted)
        fresh = deployment_body(
            wanted.release,
            workspace_id=place.workspace_id,
            code_id=code_id,
            location=location,
            instances=autoscale.instances(ground, step),
            at=times.show_instant(sight.now),
        )
    frozen = {name: each.inputs for name, each in sight.deployments.items()}
    forms = kept.forms(step, sight, held)
    gone = {
        name: held.deployments[name] for name in held.protected if name not in frozen and name not in forms
    }
    served = {slot: served_by(fresh if form is Form.FRESH else frozen[slot]) for slot, form in forms.items()}
    served |= {slot: served_by(inputs) for slot, inputs in gone.items()}
    below = workspace(ground)
    after_workspace = pulumi.ResourceOptions(depends_on=[below] if below else [])
    served_ids = [each for ids in served.values() for each in ids]
    assets = Assets("assets", place, served_ids, after_workspace, new_code=new_code, held=held)
    logs_id = log_setting.destination(ground, below)
    endpoint = Endpoint(
        "endpoint",
        EndpointArgs(
            place=place,
            held=held,
            step=step,
            inputs=sight.endpoint.inputs if sight.endpoint else endpoint_body(location, settings.endpoint),
            exists=sight.endpoint is not None,
            live=sight.endpoint.core.routing if sight.endpoint else Routing(),
            live_inputs=frozen,
            fresh_inputs=fresh,
            read_routing=live.routing,
            clear_slot=live.clear,
            forms=forms,
            protected=held.protected if step.as_found else frozenset({step.record.prod or ""}),
            gone=gone,
            assets={
                slot: [assets.by_id[each] for each in ids if each in assets.by_id]
                for slot, ids in served.items()
            },
        ),
        after_workspace,
    )
    publisher = Telling(stack, step, live, sight.now, settings.notify, place.endpoint_id)
    before = sight.endpoint.core.routing if sight.endpoint else Routing()
    entry = history.transition(step, sight.now, before, _runner(), judgement)
    told = history.grown(held.transitions, entry) if step.kind.publishes else ()
    published = record.declare(step, sight.now, publisher, endpoint.resources, told)
    if ground.whole:
        beside = log_setting.declare(ground, step, endpoint, logs_id, published)
        beside += alerts.declare(ground, step, location, logs_id, published)
        beside += autoscale.declare(ground, step, forms, location, published)
        seal.declare([published, *beside])


def _runner() -> str:
    """Return who runs this: the person that a pipeline runs for, or the user of the machine."""
    said = next((os.environ[name] for name in _RUNNERS if os.environ.get(name)), "")
    return said or machine.user()


def _probe_inputs(ground: Ground) -> tuple[bytes, ...]:
    """Return the requests that probes send. Raises `ConfigError` where their file can't be read."""
    asked = ground.settings.probe.file
    try:
        return requests_of(asked, (ground.root / asked).read_bytes())
    except OSError as error:
        allowed = f"a file of the project with a request body ({error.strerror})"
    except ValueError as error:
        allowed = str(error)
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    raise ConfigError([Problem(file, "rollout:probe.file", asked, allowed)])


def _location(sight: Sight) -> str:
    if sight.endpoint is not None:
        return sight.endpoint.location
    return _present_workspace(sight).location


def _present_workspace(sight: Sight) -> LiveWorkspace:
    if sight.workspace is None:
        raise Missing("the workspace", "it isn't there", "Run `pulumi up` again once it is.")
    return sight.workspace


def _code(ground: Ground, wanted: Wanted) -> tuple[NewCode | None, str | None]:
    """Return the scoring code that has to be uploaded, if any, and the ARM id of its version."""
    digest = wanted.release.code
    if digest is None:
        return None, None
    code_id = ground.place.code_id(digest)
    if ground.arm.get(code_id).body is not None:
        return None, code_id
    workspace = _present_workspace(ground.sight)
    return upload.new_code(ground.arm, workspace, code_id, digest, wanted.files), code_id


def _assets_exist(ground: Ground, wanted: Wanted) -> None:
    """Raise `Missing` for a model or environment that isn't registered: before anything is declared."""
    for ref in (wanted.release.model, wanted.release.environment):
        if ref is None:
            continue
        if ref.registry is not None:
            _in_registry(ground.arm, ref)
            continue
        if ground.arm.get(ref.arm_id(ground.place.workspace_id)).body is None:
            kind = ref.kind.removesuffix("s")
            raise Missing(
                f"{kind} {ref}",
                f"it isn't registered in the workspace {ground.place.workspace}",
                f"Register it there, or name another with `pulumi config set rollout:{kind} ...`.",
            )


def _in_registry(arm: Arm, ref: AssetRef) -> None:
    """Raise `Missing` for a version that its registry doesn't have.

    A registry that can't be read is a warning: whoever creates the deployment may read what the run may not.
    """
    try:
        there = in_registry(arm, ref)
    except AzureFault as error:
        pulumi.log.warn(f"{error} The start goes on: Azure looks for it, too.")
        return
    if not there:
        kind = ref.kind.removesuffix("s")
        raise Missing(
            f"{kind} {ref}",
            f"the registry {ref.registry} doesn't have it",
            f"Share it there, or name another with `pulumi config set rollout:{kind} ...`.",
        )
