"""Lists come in pages, in the order that was asked for; versions of the API and quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.fixture
def widgets(arm: Arm, workspace: Workspace) -> str:
    """A collection of five."""
    collection = f"{workspace.group}/providers/Microsoft.Contoso/widgets"
    for number in range(5):
        arm.ok("PUT", f"{collection}/w{number}", {"location": "eastus"})
    return collection


def test_pages_follow_each_other(arm: Arm, widgets: str):
    pages = [arm.ok("GET", widgets, params={"count": "2"})]
    while following := pages[-1]["nextLink"]:
        answer = arm.http.get(following)
        assert answer.ok, answer.text
        pages.append(answer.json())
    assert [[one["name"] for one in page["value"]] for page in pages] == [["w0", "w1"], ["w2", "w3"], ["w4"]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"$top": "2"}, ["w0", "w1"]),
        ({"$skip": "3"}, ["w3", "w4"]),
        ({"$top": "1", "orderBy": "CreatedAtDesc"}, ["w4"]),
        ({"$top": "2", "$skip": "1", "$orderBy": "createdtime desc"}, ["w3", "w2"]),
        ({"$top": "0"}, []),
        ({"$skip": "9"}, []),
    ],
)
def test_what_is_asked_of_a_list(arm: Arm, widgets: str, asked: dict[str, str], names: list[str]):
    page = arm.ok("GET", widgets, params=asked)
    assert ([one["name"] for one in page["value"]], page["nextLink"]) == (names, None)


def test_the_last_changed_first(arm: Arm, widgets: str):
    arm.ok("PUT", f"{widgets}/w1", {"location": "eastus", "tags": {"a": "b"}})
    page = arm.ok("GET", widgets, params={"orderBy": "UpdatedAtDesc"})
    assert page["value"][0]["name"] == "w1"


@pytest.mark.parametrize("asked", [{"$top": "-1"}, {"$skip": "x"}, {"count": "²"}, {"$top": "9" * 30}])
def test_what_no_list_can_do(arm: Arm, widgets: str, asked: dict[str, str]):
    answer = arm.ask("GET", widgets, params=asked)
    assert answer.status_code == 400
    assert "whole number" in answer.json()["error"]["message"]


@pytest.mark.parametrize("version", ["soon", "2025-12", "2025-12-01;x", "v1.0"])
def test_an_api_version_is_a_date(arm: Arm, version: str):
    answer = arm.ask("GET", arm.subscription, params={"api-version": version})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidApiVersionParameter")


@pytest.mark.parametrize("version", ["2016-06-01", "2023-08-01-preview", "2021-10-01-dataplanepreview"])
def test_each_client_has_its_own_api_version(arm: Arm, version: str):
    assert arm.ok("GET", arm.subscription, params={"api-version": version})["state"] == "Enabled"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"properties": "x"}, "properties is 'x'; an object is needed"),
        ({"tags": ["x"]}, "tags is \"['x']\"; an object is needed"),
        ({"location": 5}, "location is '5'; a string is needed"),
        ({"properties": {"a": [float("inf")]}}, "is no number"),
    ],
)
def test_values_of_another_kind_are_refused(arm: Arm, widgets: str, body: dict[str, object], says: str):
    import json  # noqa: PLC0415 - requests' own refuses infinity

    answer = arm.http.put(
        arm.settings.base_url + f"{widgets}/w0", data=json.dumps(body), params={"api-version": "2025-12-01"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")
    assert says in answer.json()["error"]["message"]


def test_quotas(tmp_path: Path):
    with in_process(tmp_path, NotingServing(), most_endpoints=1, most_instances=3) as arm:
        workspace = make_workspace(arm)
        name = unique("ep-")
        workspace.endpoint(name)
        second = arm.ask(
            "PUT",
            f"{workspace.id}/onlineEndpoints/{unique('ep-')}",
            {"location": "eastus", "identity": {"type": "SystemAssigned"}, "properties": {"authMode": "Key"}},
        )
        assert (second.status_code, second.json()["error"]["code"]) == (400, "QuotaExceeded")

        assert workspace.deployment(name, "blue", capacity=2)["status"] == "Succeeded"
        ended = workspace.deployment(name, "green", capacity=2)
        assert (ended["status"], ended["error"]["code"]) == ("Failed", "OutOfQuota")
        assert "2 of the quota of 3 are used" in ended["error"]["message"]
        assert workspace.deployment(name, "green", capacity=1)["status"] == "Succeeded"
        assert workspace.deployment(name, "blue", capacity=3)["error"]["code"] == "OutOfQuota"
        assert workspace.deployment(name, "blue", capacity=1)["status"] == "Succeeded"
