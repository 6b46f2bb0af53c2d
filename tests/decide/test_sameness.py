"""Whether what serves is what config would deploy: property by property, as ARM writes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.ml._utils._asset_utils import get_content_hash

from rollout.core.assets import AssetKind, AssetRef
from rollout.core.bodies import deployment_body
from rollout.core.release import Release, read_tree
from rollout.core.sameness import code_hash, content, differences
from rollout.core.serving import RequestSettings, ServingSettings

if TYPE_CHECKING:
    from pathlib import Path

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
RELEASE = Release(
    model=AssetRef(AssetKind.MODEL, "credit-risk", "7"),
    instance_type="Standard_DS3_v2",
    code="c0de" * 16,
    scoring_script="score.py",
    environment=AssetRef(AssetKind.ENVIRONMENT, "serving", "3"),
    settings=ServingSettings(requests=RequestSettings(timedelta(seconds=10))),
)


def live(release: Release = RELEASE, **changes: Any) -> dict[str, Any]:
    """Return the ARM body of a deployment of a release, with some of its properties changed."""
    body = deployment_body(
        release, workspace_id=WORKSPACE, code_id="/codes/x/versions/1", location="l", instances=3, at="t"
    )
    body["properties"] |= changes
    return body


def test_what_config_would_deploy_is_the_same_however_it_is_spelled() -> None:
    assert differences(RELEASE, live(), WORKSPACE) == ()
    upper = live(model=f"{WORKSPACE.upper()}/models/credit-risk/versions/7")
    assert differences(RELEASE, upper, WORKSPACE) == ()
    minute = {"requestTimeout": "PT0M10S", "maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S"}
    assert differences(RELEASE, live(requestSettings=minute), WORKSPACE) == ()


def test_what_the_deployment_doesnt_say_has_azures_default() -> None:
    bare = live(livenessProbe=None, readinessProbe=None, environmentVariables=None)
    bare["properties"].pop("egressPublicNetworkAccess")
    assert differences(RELEASE, bare, WORKSPACE) == ()
    (said,) = differences(RELEASE, live(requestSettings=None), WORKSPACE)
    assert said == "rollout:settings.requestSettings.requestTimeout is 10s, live 5s"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"model": f"{WORKSPACE}/models/credit-risk/versions/6"},
            "rollout:model is azureml:credit-risk:7, live azureml:credit-risk:6",
        ),
        (
            {"model": "azureml://registries/r/models/credit-risk/versions/7"},
            "rollout:model is azureml:credit-risk:7, live azureml://registries/r/models/credit-risk/versions/7",
        ),
        ({"environmentId": None}, "rollout:environment is azureml:serving:3, live not set"),
        (
            {"instanceType": "Standard_F4s_v2"},
            "rollout:instanceType is Standard_DS3_v2, live Standard_F4s_v2",
        ),
        (
            {"codeConfiguration": {"codeId": "/codes/y/versions/1", "scoringScript": "main.py"}},
            "rollout:scoringScript is score.py, live main.py",
        ),
        ({"environmentVariables": {"A": "1"}}, "rollout:settings.environmentVariables.A is not set, live 1"),
        ({"modelMountPath": "/var/models"}, "rollout:settings.modelMountPath is not set, live /var/models"),
        ({"egressPublicNetworkAccess": "Disabled"}, "rollout:settings.egress is Enabled, live Disabled"),
        (
            {"livenessProbe": {"initialDelay": "PT30S"}},
            "rollout:settings.livenessProbe.initialDelay is 10s, live 30s",
        ),
    ],
)
def test_what_differs_is_named_as_config_names_it(changes: dict[str, Any], said: str) -> None:
    assert differences(RELEASE, live(**changes), WORKSPACE) == (said,)


def test_a_deployment_is_known_by_model_environment_and_code_alone() -> None:
    known = content(live())
    assert known is not None
    assert content(live(instanceType="x", requestSettings=None, description="y")) == known
    assert content(live(replace(RELEASE, model=AssetRef(AssetKind.MODEL, "credit-risk", "8")))) != known
    assert content(live(environmentId="other")) != known
    assert content(live(codeConfiguration=None)) != known
    assert content(live(model=None)) is None


def test_the_hash_of_code_is_the_one_that_azures_client_writes(tmp_path: Path) -> None:
    (tmp_path / "Pre").mkdir()
    for name in ("score.py", "Alpha.py", "beta.txt", "Pre/process.py"):
        (tmp_path / name).write_text(f"# {name}\n")
    assert code_hash(read_tree(tmp_path)) == get_content_hash(tmp_path)
