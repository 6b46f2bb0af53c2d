from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localazure.serving.spec import ProvisioningError
from tests.localazure.resources import ENDPOINT, make_workspace, unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.fixture
def endpoint(workspace: Workspace):
    """An endpoint with two deployments, blue at 100."""
    name = unique("ep-")
    workspace.endpoint(name)
    for slot in ("blue", "green"):
        assert workspace.deployment(name, slot)["status"] == "Succeeded"
    workspace.endpoint(name, {"blue": 100})
    return f"{workspace.id}/onlineEndpoints/{name}"


def refusal(arm: Arm, method: str, path: str, body: Any = None, status: int = 400):
    answer = arm.ask(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def with_properties(**properties: Any):
    return ENDPOINT | {"properties": {"authMode": "Key"} | properties}


def test_a_put_answers_at_once_with_the_body_and_what_the_server_adds(arm: Arm, workspace: Workspace):
    answer = arm.ask("PUT", f"{workspace.id}/onlineEndpoints/{unique('ep-')}", ENDPOINT)

    assert answer.status_code == 201
    body = answer.json()
    assert body["properties"]["provisioningState"] == "Creating"
    assert body["properties"]["scoringUri"].startswith(f"{arm.settings.base_url}/endpoints/ep-")
    assert (
        body["properties"]["properties"]["AzureAsyncOperationUri"] == answer.headers["Azure-AsyncOperation"]
    )
    assert body["identity"]["principalId"]
    assert body["systemData"]["createdAt"] == body["systemData"]["lastModifiedAt"]


def test_traffic_reaches_the_router_and_comes_back_as_it_was_put(arm: Arm, endpoint: str):
    arm.done("PUT", endpoint, with_properties(traffic={"green": 10, "blue": 90}))

    shown = arm.ok("GET", endpoint)["properties"]
    assert list(shown["traffic"].items()) == [("green", 10), ("blue", 90)]
    assert shown["provisioningState"] == "Succeeded"
    assert arm.serving.routes[endpoint.rsplit("/", 1)[1]].traffic == {"green": 10, "blue": 90}


def test_a_put_without_traffic_takes_the_traffic_away(arm: Arm, endpoint: str):
    arm.done("PUT", endpoint, ENDPOINT)

    assert arm.ok("GET", endpoint)["properties"]["traffic"] == {}
    assert arm.serving.routes[endpoint.rsplit("/", 1)[1]].traffic == {}


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"traffic": {"blue": 90}}, "sum to 0 or 100, not 90"),
        ({"traffic": {"blue": 90, "red": 10}}, "no deployment 'red'"),
        ({"traffic": {"blue": 90, "red": 0, "green": 10}}, "no deployment 'red'"),
        ({"traffic": {"blue": 50.5, "green": 49.5}}, "integers from 0 to 100"),
        ({"traffic": {"blue": 100}, "mirrorTraffic": {"green": 51}}, "51, the limit 50"),
        ({"traffic": {"blue": 100}, "mirrorTraffic": {"blue": 10}}, "100 % live traffic"),
        ({"traffic": {}, "mirrorTraffic": {"blue": 10, "green": 10}}, "one deployment only"),
        ({"authMode": "None"}, "authMode 'None'"),
    ],
)
def test_what_azure_refuses_of_an_endpoint_changes_nothing(
    arm: Arm, endpoint: str, properties: dict[str, Any], words: str
):
    before = arm.ok("GET", endpoint)

    assert words in refusal(arm, "PUT", endpoint, with_properties(**properties))
    assert arm.ok("GET", endpoint) == before


def test_a_put_without_identity_is_refused(arm: Arm, endpoint: str):
    body = {"location": "eastus", "properties": {"authMode": "Key"}}
    assert "identity" in refusal(arm, "PUT", endpoint, body)


@pytest.mark.parametrize("name", ["ab", "1abc", "a--b", "abc-", "a" * 33, "a_b"])
def test_names_that_azure_refuses(arm: Arm, workspace: Workspace, name: str):
    assert "is no name for" in refusal(arm, "PUT", f"{workspace.id}/onlineEndpoints/{name}", ENDPOINT)


def test_a_name_is_unique_in_the_region(arm: Arm, endpoint: str):
    other = make_workspace(arm)
    path = f"{other.id}/onlineEndpoints/{endpoint.rsplit('/', 1)[1]}"
    assert "already exists an endpoint" in refusal(arm, "PUT", path, ENDPOINT)


def test_patch_takes_tags_and_leaves_traffic(arm: Arm, endpoint: str):
    assert arm.done("PATCH", endpoint, {"tags": {"a": "b"}})["tags"] == {"a": "b"}

    shown = arm.ok("GET", endpoint)
    assert shown["tags"] == {"a": "b"}
    assert shown["properties"]["traffic"] == {"blue": 100}
    assert "PUT the endpoint" in refusal(arm, "PATCH", endpoint, {"properties": {"traffic": {}}})


def test_tags_keep_order_and_casing(arm: Arm, endpoint: str):
    tags = {"Zeta": "1", "alpha": "2", "PROD_DEPLOYMENT": "blue", "zeta2": ""}
    arm.done("PUT", endpoint, with_properties(traffic={"blue": 100}) | {"tags": tags})

    assert list(arm.ok("GET", endpoint)["tags"].items()) == list(tags.items())


def test_a_second_operation_while_one_runs_is_a_conflict(arm: Arm, endpoint: str):
    name = endpoint.rsplit("/", 1)[1]
    arm.control("POST", "faults", {"operation": {"path": name, "outcome": "hang"}})
    assert arm.ask("PUT", endpoint, with_properties(traffic={"blue": 100})).status_code == 200

    assert "already in progress" in refusal(arm, "PUT", endpoint, ENDPOINT, status=409)
    assert "already in progress" in refusal(arm, "DELETE", endpoint, status=409)


def test_a_failed_operation_says_why_and_leaves_the_traffic_that_is_routed(arm: Arm, endpoint: str):
    fault = {"outcome": "fail", "code": "InternalError", "message": "out of luck"}
    arm.control("POST", "faults", {"operation": {"path": endpoint, **fault}, "times": 1})

    ended = arm.done("PUT", endpoint, with_properties(traffic={"green": 100}))

    assert ended["status"] == "Failed"
    assert ended["error"] == {"code": "InternalError", "message": "out of luck"}
    shown = arm.ok("GET", endpoint)["properties"]
    assert shown["provisioningState"] == "Failed"
    assert shown["traffic"] == {"blue": 100} == arm.serving.routes[endpoint.rsplit("/", 1)[1]].traffic


def test_keys_are_listed_and_made_anew(arm: Arm, endpoint: str):
    keys = arm.ok("POST", f"{endpoint}/listKeys")
    # What azure-ai-ml sends: the key that is there.
    body = {"keyType": "Primary", "keyValue": keys["primaryKey"]}
    arm.done("POST", f"{endpoint}/regenerateKeys", body)

    anew = arm.ok("POST", f"{endpoint}/listKeys")
    assert anew["primaryKey"] != keys["primaryKey"]
    assert anew["secondaryKey"] == keys["secondaryKey"]
    assert arm.serving.routes[endpoint.rsplit("/", 1)[1]].primary_key == anew["primaryKey"]
    assert arm.ok("GET", endpoint)["properties"]["traffic"] == {"blue": 100}


def test_a_token_only_for_aml_token_and_not_for_arm(arm: Arm, endpoint: str):
    assert "authMode Key" in refusal(arm, "POST", f"{endpoint}/token")
    arm.done("PUT", endpoint, with_properties(authMode="AMLToken"))

    token = arm.ok("POST", f"{endpoint}/token")

    assert token["expiryTimeUtc"] > token["refreshAfterTimeUtc"]
    headers = {"Authorization": f"Bearer {token['accessToken']}"}
    assert arm.ask("GET", endpoint, headers=headers).status_code == 401


def test_deleting_an_endpoint_deletes_its_deployments(arm: Arm, endpoint: str):
    assert arm.done("DELETE", endpoint)["status"] == "Succeeded"

    assert arm.ask("GET", endpoint).status_code == 404
    assert arm.ask("GET", f"{endpoint}/deployments/blue").status_code == 404
    assert not [key for key in arm.serving.running if key[0] == endpoint.lower()]
    assert endpoint.rsplit("/", 1)[1] not in arm.serving.routes
    assert arm.ask("DELETE", endpoint).status_code == 204


def test_traffic_for_a_deployment_that_never_came_up_is_refused(arm: Arm, workspace: Workspace):
    name = unique("ep-")
    workspace.endpoint(name)
    arm.serving.refuse = ProvisioningError("ImageBuildFailure", "no such package: numpyy")
    workspace.deployment(name, "blue")

    path = f"{workspace.id}/onlineEndpoints/{name}"
    for wanted in ({"traffic": {"blue": 100}}, {"traffic": {"blue": 100}, "mirrorTraffic": {"blue": 0}}):
        assert "isn't provisioned; it can't get 100 %" in refusal(arm, "PUT", path, with_properties(**wanted))
