"""The release that config names, where it says `@latest`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout.azure import releases
from rollout.azure.assess import assess
from rollout.azure.releases import wanted
from rollout.core.config import read
from rollout.core.observed import Endpoint, Observed, Provisioning, Published
from rollout.core.record import Record
from rollout.core.release import CodeError
from tests.config.stack import FULL, as_pulumi_gives_it

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = read(as_pulumi_gives_it(FULL), file="x")
PLACE = SETTINGS.place("s")
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Newest:
    """An ARM in which version 9 of everything is the newest."""

    def list(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return [{"id": "/x/versions/9", "name": "9", "properties": {}}]


SEVEN = "credit-risk:7-1a2b3c4d"
RECORD = Record(prod="blue", candidate="green", release=SEVEN, stage=10)


def sight(model: str | None, release: str | None = SEVEN) -> Any:
    """What is seen while green serves that model as that release; nothing is known of its tags."""
    green = SimpleNamespace(inputs={"properties": {"model": model}}, core=SimpleNamespace(release=release))
    return SimpleNamespace(endpoint=None, deployments={"green": green} if model else {})


def version_of(path: Path, seen: Any, record: Record | None) -> str:
    none = dict.fromkeys(("code", "scoringScript", "environment", "promotesFrom", "promotionOverride"), "")
    config = FULL | none | {"model": "azureml:credit-risk@latest"}
    settings = read(as_pulumi_gives_it(config), file="x")
    found = wanted(settings, cast("Any", Newest()), PLACE, seen, path, record)
    assert (found.release.code, found.release.environment, found.files) == (None, None, {})
    name, _, rest = found.release.id.partition(":")
    assert name == "credit-risk"
    return rest.rpartition("-")[0]


def of(name: str, version: int) -> str:
    return f"{PLACE.workspace_id}/models/{name}/versions/{version}"


@pytest.mark.parametrize(
    ("serving", "version"),
    [
        (of("credit-risk", 7), "7"),
        (of("other", 7), "9"),
        ("azureml://registries/r/models/credit-risk/versions/7-1a2b3c4d", "9"),
    ],
)
def test_latest_stays_what_a_rollout_started_with(tmp_path: Path, serving: str, version: str):
    assert version_of(tmp_path, sight(serving), RECORD) == version


def test_latest_is_the_newest_while_nothing_is_rolled_out(tmp_path: Path):
    assert version_of(tmp_path, sight(of("credit-risk", 7)), None) == "9"
    assert version_of(tmp_path, sight(of("credit-risk", 7)), replace(RECORD, candidate=None)) == "9"


def test_latest_stays_what_the_record_says_until_the_candidate_is_live(tmp_path: Path):
    """A start that died between its two PUTs, in an empty slot or in one that holds an earlier release."""
    assert version_of(tmp_path, sight(None), RECORD) == "7"
    assert version_of(tmp_path, sight(of("credit-risk", 6), "credit-risk:6-0a0b0c0d"), RECORD) == "7"
    assert version_of(tmp_path, sight(None), replace(RECORD, release="other:7-1a2b3c4d")) == "9"
    assert (
        version_of(tmp_path, sight(None), replace(RECORD, release="credit-risk:2026-11-21-1a2b3c4d"))
        == "2026-11-21"
    )
    assert version_of(tmp_path, sight(None), replace(RECORD, release=None)) == "9"


def test_a_lost_tag_ends_no_rollout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The stack tags say who the candidate is: without it, `@latest` would be another release."""
    whole = RECORD.tags()
    left = {name: text for name, text in whole.items() if name != "CANDIDATE_DEPLOYMENT"}
    endpoint = Endpoint(Provisioning.SUCCEEDED, {"blue": 90, "green": 10}, left)
    seen = Observed(NOW, endpoint, {}, Published(record=whole))
    given: list[Record | None] = []

    def asked(*arguments: Any) -> None:
        given.append(arguments[-1])
        raise CodeError("enough")

    monkeypatch.setattr(releases, "wanted", asked)
    sight = cast("Any", SimpleNamespace(observed=lambda _: seen))
    with pytest.raises(CodeError):
        assess(SETTINGS, cast("Any", None), PLACE, sight=sight, published=seen.published, root=tmp_path)
    assert given == [RECORD]
