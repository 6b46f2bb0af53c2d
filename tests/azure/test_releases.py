"""The release that config names, where it says `@latest`."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout.azure.releases import wanted
from rollout.core.config import read
from rollout.core.record import Record
from tests.config.stack import FULL, as_pulumi_gives_it

if TYPE_CHECKING:
    from pathlib import Path

PLACE = read(as_pulumi_gives_it(FULL), file="x").place("s")


class Newest:
    """An ARM in which version 9 of everything is the newest."""

    def list(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return [{"id": "/x/versions/9", "name": "9", "properties": {}}]


def sight(model: str | None) -> Any:
    """What is seen while a candidate serves that model."""
    record = replace(Record(), candidate="green")
    candidate = SimpleNamespace(inputs={"properties": {"model": model}})
    return SimpleNamespace(
        endpoint=SimpleNamespace(core=SimpleNamespace(tags=record.tags())),
        deployments={"green": candidate} if model else {},
    )


@pytest.mark.parametrize(
    ("serving", "version"),
    [
        (None, "9"),
        (f"{PLACE.workspace_id}/models/credit-risk/versions/7", "7"),
        (f"{PLACE.workspace_id}/models/other/versions/7", "9"),
        ("azureml://registries/r/models/credit-risk/versions/7-1a2b3c4d", "9"),
    ],
)
def test_latest_stays_what_a_rollout_started_with(tmp_path: Path, serving: str | None, version: str):
    none = dict.fromkeys(("code", "scoringScript", "environment", "promotesFrom", "promotionOverride"), "")
    config = FULL | none | {"model": "azureml:credit-risk@latest"}
    settings = read(as_pulumi_gives_it(config), file="x")

    found = wanted(settings, cast("Any", Newest()), PLACE, sight(serving), tmp_path)

    assert found.release.id.startswith(f"credit-risk:{version}-")
    assert (found.release.code, found.release.environment, found.files) == (None, None, {})
