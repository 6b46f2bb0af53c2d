"""The adapters against a local Azure, chosen as a user chooses it: by the environment alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollout.azure import cloud
from rollout.azure.arm import Arm
from rollout.azure.auth import Bearer, bearer
from rollout.azure.code_upload import code_store, upload
from rollout.azure.credential import default_tokens
from rollout.azure.endpoint import read_back, read_deployments, read_endpoint
from rollout.azure.errors import NotReadBack, Throttled, Unauthorised, WriteRefused
from rollout.azure.measuring import Subject, measure
from rollout.azure.probe import probe
from rollout.azure.scoring import Scorer
from rollout.azure.workspace import latest_version, own_datastore, read_asset, read_workspace
from rollout.core.assets import AssetKind, AssetRef
from rollout.core.config import ProbeSettings
from rollout.core.gates.evidence import Answer, Query, Unreadable
from rollout.core.observed import Provisioning
from rollout.core.probe import ScoreAnswer
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import Workspace, make_workspace, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localazure.local import Arm as Local

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield local


@pytest.fixture
def arm(local: Local, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arm]:
    for name, value in local.env.items():
        monkeypatch.setenv(name, value)
    where = cloud.resolve(local.env)
    yield Arm(where, default_tokens(where), local.settings.subscription)
    local.control("DELETE", "faults")


@pytest.fixture
def workspace(local: Local) -> Workspace:
    return make_workspace(local)


@pytest.fixture
def endpoint(workspace: Workspace) -> str:
    """An endpoint with blue at 90 and green at 10."""
    name = unique("credit-")
    workspace.endpoint(name)
    workspace.deployment(name, "blue", environmentVariables={"A": "1"})
    workspace.deployment(name, "green", capacity=2)
    workspace.endpoint(name, {"blue": 90, "green": 10})
    return f"{workspace.id}/onlineEndpoints/{name}"


def test_what_isnt_there(arm: Arm, workspace: Workspace):
    assert read_endpoint(arm, f"{workspace.id}/onlineEndpoints/none")[0] is None
    elsewhere = workspace.id.replace(workspace.group, f"{workspace.group}-none")
    assert read_endpoint(arm, f"{elsewhere}/onlineEndpoints/none")[0] is None
    assert read_workspace(arm, f"{workspace.id}-none") is None


def test_the_endpoint_and_its_deployments(arm: Arm, endpoint: str):
    live, _ = read_endpoint(arm, endpoint)
    assert live is not None
    assert live.core.state is Provisioning.SUCCEEDED
    assert live.core.traffic == {"blue": 90, "green": 10}
    assert live.core.modified is not None
    found = read_deployments(arm, endpoint)
    assert {name: each.core.instances for name, each in found.items()} == {"blue": 1, "green": 2}
    assert found["blue"].inputs["properties"]["environmentVariables"] == {"A": "1"}


def test_putting_the_inputs_changes_nothing(arm: Arm, local: Local, endpoint: str):
    before, _ = read_endpoint(arm, endpoint)
    assert before is not None
    local.done("PUT", endpoint, dict(before.inputs))
    blue = read_deployments(arm, endpoint)["blue"]
    local.done("PUT", blue.id, dict(blue.inputs))
    after, _ = read_endpoint(arm, endpoint)
    assert after is not None
    same = replace(after.core, modified=before.core.modified)
    assert (after.inputs, same) == (before.inputs, before.core)
    assert read_deployments(arm, endpoint)["blue"].inputs == blue.inputs


def test_traffic_is_read_back(arm: Arm, endpoint: str):
    live_from = read_back(arm, endpoint, {"blue": 90, "green": 10, "old": 0})
    live, now = read_endpoint(arm, endpoint)
    assert live is not None
    assert live.core.modified is not None
    assert live.core.modified <= live_from <= max(now, live.core.modified)
    with pytest.raises(NotReadBack, match="set to blue 100 it is blue 90, green 10"):
        read_back(arm, endpoint, {"blue": 100}, timeout=timedelta(0))


def test_a_deployment_with_traffic_isnt_deleted_and_one_without_is(arm: Arm, local: Local, endpoint: str):
    with pytest.raises(WriteRefused):
        arm.delete(f"{endpoint}/deployments/green")
    live, _ = read_endpoint(arm, endpoint)
    assert live is not None
    body = dict(live.inputs)
    body["properties"] = {**body["properties"], "traffic": {"blue": 100}}
    local.done("PUT", endpoint, body)
    arm.delete(f"{endpoint}/deployments/green")
    assert list(read_deployments(arm, endpoint)) == ["blue"]
    arm.delete(f"{endpoint}/deployments/green")


def test_a_failed_deletion_is_told(arm: Arm, local: Local, endpoint: str):
    fault = {"operation": {"path": "/deployments/red", "outcome": "fail", "code": "Oops", "message": "No."}}
    name = endpoint.rpartition("/")[2]
    Workspace(local, "", endpoint.partition("/onlineEndpoints")[0], "").deployment(name, "red")
    local.control("POST", "faults", fault)
    with pytest.raises(WriteRefused, match="Oops: No"):
        arm.delete(f"{endpoint}/deployments/red")


def test_a_passing_fault_passes_and_a_lasting_one_is_told(arm: Arm, local: Local, endpoint: str):
    busy = {"match": {"method": "GET", "path": "onlineEndpoints"}, "status": 429, "retryAfterMs": 50}
    local.control("POST", "faults", {**busy, "times": 2})
    assert read_endpoint(arm, endpoint)[0] is not None
    local.control("POST", "faults", busy)
    with pytest.raises(Throttled):
        read_endpoint(arm, endpoint)


def test_a_token_of_somebody_else_isnt_taken(arm: Arm, endpoint: str):
    class Foreign:
        def token(self, _audience: str) -> str:
            return "eyJhbGciOiJub25lIn0.eyJvaWQiOiJ4In0.x"

    with pytest.raises(Unauthorised):
        read_endpoint(Arm(arm.cloud, Foreign(), arm.subscription), endpoint)


def test_the_workspace_and_its_assets(arm: Arm, local: Local, workspace: Workspace):
    found = read_workspace(arm, workspace.id)
    assert found is not None
    assert found.location == "eastus"
    assert found.storage_id is not None
    assert found.storage_id.endswith(workspace.account)
    assert own_datastore(arm, workspace.id).name == "workspaceblobstore"
    environment = AssetRef.parse("azureml:e:1", AssetKind.ENVIRONMENT)
    assert read_asset(arm, workspace.id, environment) is not None
    assert read_asset(arm, workspace.id, environment.pinned("2")) is None
    local.ok(
        "PUT", f"{workspace.id}/environments/e/versions/0.9", {"properties": {"image": "mcr.microsoft.com/x"}}
    )
    assert latest_version(arm, workspace.id, "environments", "e") == "0.9"


def test_code_is_uploaded_once(arm: Arm, local: Local, workspace: Workspace):
    found = read_workspace(arm, workspace.id)
    assert found is not None
    store = code_store(arm, found)
    files = {"score.py": b"def init(): ...", "lib/__init__.py": b""}
    uri = upload(arm, store, files, "ab" * 32)
    before = len(local.control("GET", "requests")["value"])
    assert upload(arm, store, files, "ab" * 32) == uri
    again = local.control("GET", "requests")["value"][before:]
    assert not [entry for entry in again if entry["method"] == "PUT"]
    code = {"properties": {"codeUri": uri, "isAnonymous": False}}
    assert local.ok("PUT", f"{workspace.id}/codes/c/versions/1", code)["properties"]["codeUri"] == uri


def rows(endpoint: str, **more: object) -> dict[str, object]:
    name = endpoint.rpartition("/")[2]
    return {"EndpointId": endpoint.lower(), "EndpointName": name, "DeploymentName": "green", **more}


def test_metrics_are_measured(arm: Arm, local: Local, endpoint: str):
    _, now = read_endpoint(arm, endpoint)
    start = now.replace(second=0) - 10 * MINUTE
    at = (start + MINUTE).isoformat().replace("+00:00", "Z")
    bad = {"TimeGenerated": at, "ResponseCode": 424, "count": 3, "TotalDurationMs": 10.0}
    good = {"TimeGenerated": at, "ResponseCode": 200, "count": 7, "TotalDurationMs": 20.0}
    local.control("POST", "rows", [rows(endpoint, **bad), rows(endpoint, **good)])
    window = Window(start, start + 3 * MINUTE)
    errors = Query(
        ("RequestsPerMinute",),
        "deployment eq 'green' and statusCodeClass ne '2xx'",
        "Average",
        MINUTE,
        window,
    )
    both = Query(
        ("RequestsPerMinute", "RequestLatency_P90"), "deployment eq 'green'", "Average", MINUTE, window
    )
    unknown = Query(("Requests",), "deployment eq 'green'", "Average", MINUTE, window)
    found = measure([errors, both, unknown], Subject(endpoint, "eastus"), arm.cloud, arm.tokens)

    answer = found[errors]
    assert isinstance(answer, Answer)
    assert [dict(series.dimensions) for series in answer.series] == [
        {"deployment": "green", "statusCodeClass": "4xx"}
    ]
    assert [(point.at, point.value) for point in answer.series[0].points] == [
        (start, None),
        (start + MINUTE, 3.0),
        (start + 2 * MINUTE, None),
    ]
    answer = found[both]
    assert isinstance(answer, Answer)
    assert answer.series[0].points[1].value == 5  # merged: the mean of a sample of 3 and one of 7
    assert [series.metric for series in answer.series] == ["RequestsPerMinute", "RequestLatency_P90"]
    assert isinstance(found[unknown], Unreadable)


@pytest.mark.parametrize("mode", ["Key", "AMLToken", "AADToken"])
def test_scoring_is_authorised_in_each_mode(arm: Arm, workspace: Workspace, mode: str):
    name = unique("auth-")
    workspace.endpoint(name, authMode=mode)
    live, _ = read_endpoint(arm, f"{workspace.id}/onlineEndpoints/{name}")
    assert live is not None
    uri = live.scoring_uri or ""
    with Scorer(uri, bearer(arm, live)) as scorer, Scorer(uri, Bearer("x")) as stranger:
        known = scorer.score(b"{}", "none")
        unknown = stranger.score(b"{}", "none")
    assert isinstance(known, ScoreAnswer)
    assert isinstance(unknown, ScoreAnswer)
    assert (known.status, unknown.status) == (404, 401)


def test_a_deployment_that_isnt_served_is_an_error_of_the_probe(arm: Arm, endpoint: str):
    live, _ = read_endpoint(arm, endpoint)
    assert live is not None
    with Scorer(live.scoring_uri or "", bearer(arm, live)) as scorer:
        verdict, reason = probe(scorer, "none", None, (b"{}",), ProbeSettings("x.json"))
    assert verdict is Verdict.ERROR
    assert "status 404: no such deployment answers there yet" in reason
