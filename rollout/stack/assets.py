"""The models, environments and code that deployments are made of, as versions that outlive the stack.

A serving prod needs its assets at its next restart, so the engine forgets them and never deletes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from rollout.core.assets import VersionId
from rollout.stack import hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rollout.core.place import Place
    from rollout.stack.remembered import Remembered

_TYPES = {"models": "ModelVersion", "environments": "EnvironmentVersion", "codes": "CodeVersion"}


@dataclass(frozen=True)
class NewCode:
    """Scoring code that the workspace doesn't hold yet."""

    id: str
    uri: pulumi.Input[str]
    """Where in the workspace's storage it is uploaded to."""
    upload: Callable[[], None]


def served_by(inputs: Mapping[str, Any]) -> list[str]:
    """Return the ids of the assets in a deployment's writable body."""
    properties = cast("Mapping[str, Any]", inputs["properties"])
    code = cast("Mapping[str, Any]", properties.get("codeConfiguration") or {})
    known = (properties.get("model"), properties.get("environmentId"), code.get("codeId"))
    return [str(each) for each in known if each]


class Assets(pulumi.ComponentResource):
    """Every asset version of this workspace that a declared deployment serves."""

    by_id: dict[str, pulumi.Resource]

    def __init__(
        self,
        name: str,
        place: Place,
        ids: Iterable[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        new_code: NewCode | None,
        held: Remembered,
    ) -> None:
        super().__init__("rollout:stack:Assets", name, None, opts)
        self.by_id = {}
        for each in sorted(set(ids)):
            asset = VersionId.parse(each)
            if asset is None or not each.lower().startswith(place.workspace_id.lower()):
                continue
            code = new_code if new_code is not None and new_code.id == each else None
            self.by_id[each] = self._declare(place, each, asset, code, held)
        self.register_outputs({})

    def _declare(
        self, place: Place, each: str, asset: VersionId, code: NewCode | None, held: Remembered
    ) -> pulumi.Resource:
        title = f"{asset.kind.removesuffix('s')} {asset.name}:{asset.version}"
        declared: Any = getattr(ml, _TYPES[asset.kind])
        return declared(
            title,
            resource_group_name=place.resource_group,
            workspace_name=place.workspace,
            name=asset.name,
            version=asset.version,
            properties={} if code is None else {"codeUri": code.uri, "isAnonymous": False},
            opts=pulumi.ResourceOptions(
                parent=self,
                retain_on_delete=True,
                import_=held.taken_over(declared, title, each) if code is None else None,
                ignore_changes=["properties"],
                hooks=None if code is None else _uploads(title, code),
            ),
        )


def _uploads(title: str, code: NewCode) -> pulumi.ResourceHookBinding:
    def before_create(_: pulumi.ResourceHookArgs) -> None:
        code.upload()

    return pulumi.ResourceHookBinding(before_create=[hooks.hook(f"{title}-upload", before_create)])
