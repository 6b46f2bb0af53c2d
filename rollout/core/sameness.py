"""Whether a deployment that somebody else made is what config's release would deploy: key by key."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from rollout.core import times
from rollout.core.assets import VersionId
from rollout.core.bodies import deployment_body
from rollout.core.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN = ("model", "environmentId", "codeConfiguration")
_KEYS = {
    "model": "model",
    "environmentId": "environment",
    "instanceType": "instanceType",
    "codeConfiguration.scoringScript": "scoringScript",
    "egressPublicNetworkAccess": "settings.egress",
}
"""Config's name for a property of a deployment, where it isn't `settings.` and ARM's own."""
_SETTINGS = (
    "requestSettings",
    "livenessProbe",
    "readinessProbe",
    "environmentVariables",
    "modelMountPath",
    "dataCollector",
)
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


def content(inputs: Mapping[str, Any]) -> str | None:
    """Return the digest of what a deployment is made of, from its ARM body; None where it names no model.

    That is its model, environment and code: it stays the same however the deployment is sized or tuned.
    """
    properties = cast("Mapping[str, Any]", inputs.get("properties") or {})
    if not properties.get("model"):
        return None
    own = {key: properties.get(key) for key in _OWN}
    text = json.dumps(own, sort_keys=True, separators=(",", ":"), default=str).casefold()
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def differences(release: Release, inputs: Mapping[str, Any], workspace_id: str) -> tuple[str, ...]:
    """Return where a deployment's ARM body isn't this release's, but for the code itself: both values each.

    What the deployment doesn't say has Azure's default.
    """
    asked = _asked(release, workspace_id)
    default = _asked(Release(release.model, release.instance_type), workspace_id)
    live = _flat(_relevant(cast("Mapping[str, Any]", inputs.get("properties") or {})))
    found: list[str] = []
    for key in sorted({*asked, *live} - {"codeConfiguration.codeId"}):
        there = live.get(key, default.get(key))
        if not _same(asked.get(key), there):
            found.append(f"rollout:{_name(key)} is {_show(asked.get(key))}, live {_show(there)}")
    return tuple(found)


def code_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 that Azure's own clients give a folder of code, `hash_sha256` of its asset.

    By the rule of `azure-ai-ml` (hash version 202208): the count of the files; of each, in the order of their
    paths in lower case, the path between `#` and its size; then all their contents.
    """
    ordered = sorted(files, key=str.lower)
    tree = hashlib.sha256(str(len(ordered)).encode())
    for path in ordered:
        tree.update(f"#{path}#{len(files[path])}".encode())
    for path in ordered:
        tree.update(files[path])
    return tree.hexdigest()


def _asked(release: Release, workspace_id: str) -> dict[str, Any]:
    body = deployment_body(release, workspace_id=workspace_id, code_id=None, location="", instances=1, at="")[
        "properties"
    ]
    if release.scoring_script is not None:
        body["codeConfiguration"] = {"scoringScript": release.scoring_script}
    return _flat(_relevant(body))


def _relevant(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: properties[key] for key in (*_own_keys(), *_SETTINGS) if properties.get(key) is not None}


def _own_keys() -> tuple[str, ...]:
    return (*_OWN, "instanceType", "egressPublicNetworkAccess")


def _flat(value: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, each in value.items():
        if isinstance(each, dict):
            flat |= _flat(cast("dict[str, Any]", each), f"{path}{key}.")
        elif each is not None:
            flat[f"{path}{key}"] = each
    return flat


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    first, second = _duration(one), _duration(other)
    if first is not None and second is not None:
        return first == second
    return str(one).casefold() == str(other).casefold()


def _duration(value: Any) -> timedelta | None:
    found = _ISO.fullmatch(value) if isinstance(value, str) and len(value) > 1 else None
    if found is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _name(key: str) -> str:
    return _KEYS.get(key, f"settings.{key}")


def _show(value: Any) -> str:
    if value is None:
        return "not set"
    if (duration := _duration(value)) is not None:
        return times.show_duration(duration)
    asset = VersionId.parse(str(value)) if str(value).startswith("/") else None
    return f"azureml:{asset.name}:{asset.version}" if asset is not None else str(value)
