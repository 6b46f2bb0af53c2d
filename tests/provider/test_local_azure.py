"""Each resource type of the table against the local Azure: written, refreshed, imported, updated, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi.runtime.proto import provider_pb2 as messages

from localazure.provider.types import TYPES
from tests.provider.programs import programs

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.provider.engine import Engine

LOST = {"properties.traffic", "properties.accountName", "resourceUri", "keyVault", "applicationInsights"}
"""What an import doesn't know: an empty map, the name behind the local Azure's own blob address, and the case
of ids, which Azure Monitor and Azure ML answer in their own."""

GONE = {messages.PropertyDiff.DELETE, messages.PropertyDiff.DELETE_REPLACE}
"""Live values that the program doesn't set: ARM's defaults."""


def test_every_type_lives(azure: Arm, local: Engine) -> None:
    written = programs(azure.settings.subscription)
    assert {f"azure-native:{kind}" for kind in written} == set(TYPES)
    ids: dict[str, str] = {}
    for kind, program in written.items():
        checked, failures = local.check(kind, program)
        assert failures == [], kind
        ids[kind], outputs = local.create(kind, checked)
        refreshed = local.read(kind, ids[kind], checked, outputs)[2]
        assert refreshed == checked, f"{kind}: a refresh changes the inputs"

        imported = local.read(kind, ids[kind])[2]
        changes = local.diff(kind, imported, checked).detailedDiff.items()
        unknown = {path for path, change in changes if change.kind not in GONE}
        assert unknown <= LOST, f"{kind}: an import doesn't know {unknown}"

        news = {
            **checked,
            **({"tags": {"changed": "yes"}} if "tags" in TYPES[f"azure-native:{kind}"].inputs else {}),
        }
        updated = local.update(kind, ids[kind], outputs, news)
        assert updated.get("tags") == news.get("tags"), kind

    for kind, resource_id in reversed(ids.items()):
        local.delete(kind, resource_id)
        assert local.read(kind, resource_id, {}, {})[0] == "", kind
