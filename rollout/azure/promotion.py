"""What is Healthy at another endpoint, and what a release is made of: read for promotion from it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids
from rollout.azure.endpoint import read_deployments, read_endpoint
from rollout.azure.errors import Missing
from rollout.azure.sharing import shared_ref
from rollout.azure.workspace import read_asset, read_workspace
from rollout.core.assets import AssetKind, AssetRef, VersionId
from rollout.core.intended import asked
from rollout.core.intent import Verb
from rollout.core.known import known
from rollout.core.moves import Scene
from rollout.core.observed import Provisioning
from rollout.core.promotion import (
    Artifact,
    NotPromotedError,
    Part,
    Proof,
    held,
    let_through,
    needs_proof,
    not_started,
    unproved,
)
from rollout.core.record import Record, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveDeployment
    from rollout.core.config import Settings
    from rollout.core.observed import Observed
    from rollout.core.place import Place
    from rollout.core.release import Release
    from rollout.core.step import Step
    from rollout.core.traffic import Routing

_UPLOADED = re.compile(r"/paths/LocalUpload/([0-9a-f]{32,64})/", re.IGNORECASE)
"""Azure ML's clients upload a model under the hash of its content."""
_MADE_OF = ("image", "condaFile", "build", "osType", "inferenceConfig")
"""What tells one environment from another."""


@dataclass(frozen=True)
class Serving:
    """What a deployment of an endpoint is made of, as config would name it there."""

    deployment: str
    release: str | None
    model: AssetRef
    environment: AssetRef | None
    code: str | None
    script: str | None


@dataclass(frozen=True)
class Lower:
    """An endpoint that releases are promoted from."""

    workspace_id: str
    endpoint: str
    record: Record
    routing: Routing
    serving: tuple[Serving, ...]
    """Prod, then old prod, where they are sound."""
    lacking: str


def workspace_of(endpoint_id: str) -> str:
    """Return the ARM id of the workspace that an endpoint's id is below."""
    return re.split("/onlineEndpoints/", endpoint_id, maxsplit=1, flags=re.IGNORECASE)[0]


def read_lower(arm: Arm, endpoint_id: str) -> Lower:
    """Return what serves at an endpoint and was Healthy. Raises `ReadError`, also where there is none."""
    name = ids.name_of(endpoint_id)
    live, _ = read_endpoint(arm, endpoint_id)
    if live is None:
        raise Missing(
            f"the endpoint {name}",
            "it isn't there, and releases are promoted from it",
            f"Its id: {endpoint_id}",
        )
    try:
        record = Record.from_tags(live.core.tags) or Record()
    except RecordError as error:
        return Lower(workspace_of(endpoint_id), name, Record(), live.core.routing, (), str(error))
    there = read_deployments(arm, endpoint_id)
    roles = ((record.prod, record.prod_release), (record.old_prod, record.old_prod_release))
    found = [_serving(there[slot], release) for slot, release in roles if slot in there]
    sound = [each for each in found if each is not None and each.release not in record.failed]
    lacking = "" if sound else _lacking(record, there)
    return Lower(workspace_of(endpoint_id), name, record, live.core.routing, tuple(sound), lacking)


def proof_of(arm: Arm, lower: Lower, wanted: Release) -> Proof:
    """Return what is proved there, by the names that the wanted parts may have. Raises `ReadError`."""
    registries = {ref.registry for ref in (wanted.model, wanted.environment) if ref and ref.registry}
    artifacts = tuple(
        Artifact(
            _part(arm, lower.workspace_id, each.model, registries),
            _part(arm, lower.workspace_id, each.environment, registries) if each.environment else None,
            each.code,
            each.script,
        )
        for each in lower.serving
    )
    return Proof(lower.endpoint, artifacts, lower.lacking)


def artifact_of(arm: Arm, place: Place, release: Release) -> Artifact:
    """Return what a release is made of. Raises `ReadError`, also for what isn't registered."""
    environment = release.environment
    return Artifact(
        _part(arm, place.workspace_id, release.model, set()),
        _part(arm, place.workspace_id, environment, set()) if environment else None,
        ids.name_of(place.code_id(release.code).rpartition("/versions/")[0]) if release.code else None,
        release.scoring_script if release.code else None,
    )


def proved(
    step: Step, settings: Settings, arm: Arm, place: Place, *, seen: Observed, wanted: Release
) -> Step:
    """Return the step, or the hold in its place where it would start what isn't proved.

    Reads only where a rollout is about to begin. Raises `ReadError`, and `NotPromotedError` for what would be
    the endpoint's first release.
    """
    promotes = settings.promotes
    plan, record = settings.plan(wanted.id), known(seen) or Record()
    retried = asked(Verb.RETRY, plan, seen, record) is not None
    if promotes is None or not needs_proof(step, wanted.id, record, retried=retried):
        return step
    override = promotes.override
    if override is not None and override.model == str(settings.deployment.model):
        return let_through(step, override, ids.name_of(promotes.endpoint_id))
    why = lacking_proof(arm, place, promotes.endpoint_id, wanted)
    if why is None:
        return step
    if seen.endpoint is None:
        raise NotPromotedError(not_started(wanted.id, why))
    return held(Scene(plan, seen, seen.endpoint, record), step, why)


def lacking_proof(arm: Arm, place: Place, endpoint_id: str, wanted: Release) -> str | None:
    """Return why a release isn't proved at an endpoint, or None where it was Healthy. Raises `ReadError`."""
    return unproved(artifact_of(arm, place, wanted), proof_of(arm, read_lower(arm, endpoint_id), wanted))


def same_content(arm: Arm, ref: AssetRef, workspace_id: str, other_id: str) -> bool:
    """Return whether another workspace has the same version with the same content. Raises `ReadError`."""
    if read_asset(arm, other_id, ref) is None:
        return False
    return _part(arm, workspace_id, ref, set()).same(_part(arm, other_id, ref, set()))


def _part(arm: Arm, workspace_id: str, ref: AssetRef, registries: set[str]) -> Part:
    if ref.registry is not None:
        return Part(str(ref), frozenset({str(ref)}))
    asset = read_asset(arm, workspace_id, ref)
    if asset is None:
        raise Missing(str(ref), f"it isn't registered in the workspace {ids.name_of(workspace_id)}")
    names = {ref.arm_id(workspace_id).lower()}
    if content := _content(ref.kind, asset.properties):
        names.add(content)
    if registries:
        workspace = read_workspace(arm, workspace_id)
        if workspace is not None and workspace.guid is not None:
            names |= {str(shared_ref(workspace, asset, ref, each)) for each in registries}
    return Part(str(ref), frozenset(names))


def _content(kind: AssetKind, properties: Mapping[str, Any]) -> str | None:
    """Return a name that says what is in an asset, the same in every workspace; None where nothing tells."""
    if kind is AssetKind.MODEL:
        uploaded = _UPLOADED.search(str(properties.get("modelUri") or ""))
        kinds = f"{properties.get('modelType')}".lower()
        return f"model {kinds} {uploaded[1].lower()}" if uploaded else None
    made_of = {key: properties[key] for key in _MADE_OF if properties.get(key)}
    if not made_of.get("image") or made_of.get("build"):
        return None
    text = json.dumps(made_of, sort_keys=True)
    return f"environment {hashlib.sha256(text.encode()).hexdigest()}"


def _serving(live: LiveDeployment, release: str | None) -> Serving | None:
    """Return what a deployment is made of, or None where it isn't sound or isn't the release it should be."""
    if live.core.state is not Provisioning.SUCCEEDED:
        return None
    if release is not None and live.core.release not in (release, None):
        return None
    properties = cast("dict[str, Any]", live.inputs["properties"])
    model = _ref(str(properties.get("model") or ""), AssetKind.MODEL)
    if model is None:
        return None
    code = cast("dict[str, Any]", properties.get("codeConfiguration") or {})
    code_id = VersionId.parse(str(code.get("codeId") or ""))
    return Serving(
        live.name,
        live.core.release or release,
        model,
        _ref(str(properties.get("environmentId") or ""), AssetKind.ENVIRONMENT),
        code_id.name if code_id else None,
        str(code["scoringScript"]) if code.get("scoringScript") else None,
    )


def _ref(text: str, kind: AssetKind) -> AssetRef | None:
    if text.startswith("azureml://registries/"):
        try:
            return AssetRef.parse(text, kind)
        except ValueError:
            return None
    found = VersionId.parse(text)
    return AssetRef(kind, found.name, found.version) if found and found.kind == kind else None


def _lacking(record: Record, there: Mapping[str, LiveDeployment]) -> str:
    if record.prod is None:
        return "no release has become prod there" if there else "it has no deployment"
    if record.prod_release in record.failed:
        return f"{record.prod_release} failed there"
    live = there.get(record.prod)
    if live is None:
        return f"its prod, {record.prod}, is gone"
    return f"its prod, {record.prod}, is {live.core.state} with {live.core.release or 'no release'}"
