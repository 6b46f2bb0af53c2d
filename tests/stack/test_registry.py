"""A release of a registry's assets: looked for before anything is declared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rollout.azure.errors import AzureFault, Forbidden, Missing, WriteRefused
from rollout.core.assets import AssetKind, AssetRef
from rollout.stack import declare

MODEL = AssetRef(AssetKind.MODEL, "credit-risk", "7-1a2b3c4d", "shared")


def look(monkeypatch: pytest.MonkeyPatch, answer: bool | AzureFault) -> list[str]:  # noqa: FBT001
    """Look for a model that the registry answers so about; returns the warnings."""
    warnings: list[str] = []

    def asked(_: object, ref: AssetRef) -> bool:
        assert ref == MODEL
        if isinstance(answer, AzureFault):
            raise answer
        return answer

    monkeypatch.setattr(declare, "in_registry", asked)
    monkeypatch.setattr(declare.pulumi.log, "warn", warnings.append)
    ground: Any = SimpleNamespace(arm=None)
    wanted: Any = SimpleNamespace(release=SimpleNamespace(model=MODEL, environment=None))
    declare._assets_exist(ground, wanted)
    return warnings


def test_one_that_is_there_starts(monkeypatch: pytest.MonkeyPatch):
    assert look(monkeypatch, answer=True) == []


def test_one_that_isnt_there_ends_the_run(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Missing, match="the registry shared doesn't have it"):
        look(monkeypatch, answer=False)


@pytest.mark.parametrize(
    "fault",
    [Forbidden("the registry shared", "403"), WriteRefused("the copy", "an earlier one failed")],
    ids=["no role", "unfinished"],
)
def test_one_that_cant_be_looked_for_is_a_warning(monkeypatch: pytest.MonkeyPatch, fault: AzureFault):
    assert look(monkeypatch, fault) == [f"{fault} The start goes on: Azure looks for it, too."]
