from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as messages

from localazure.provider.values import UNKNOWN, Secret

if TYPE_CHECKING:
    from tests.provider.engine import Engine

ENDPOINT = "machinelearningservices:OnlineEndpoint"
OLD: dict[str, Any] = {
    "azureApiVersion": "2025-12-01",
    "resourceGroupName": "rg",
    "workspaceName": "ws",
    "endpointName": "credit",
    "location": "eastus",
    "tags": {"A": "1"},
    "properties": {"authMode": "Key", "traffic": {"blue": 100}},
}
ADD, DELETE, UPDATE, UPDATE_REPLACE = (
    messages.PropertyDiff.ADD,
    messages.PropertyDiff.DELETE,
    messages.PropertyDiff.UPDATE,
    messages.PropertyDiff.UPDATE_REPLACE,
)


def kinds(answer: messages.DiffResponse) -> dict[str, int]:
    return {path: change.kind for path, change in answer.detailedDiff.items()}


def test_nothing_changed(unconfigured: Engine) -> None:
    answer = unconfigured.diff(ENDPOINT, OLD, {**OLD, "location": "East US"})

    assert answer.changes == messages.DiffResponse.DIFF_NONE
    assert answer.hasDetailedDiff
    assert kinds(answer) == {}


def test_each_changed_property_is_named(unconfigured: Engine) -> None:
    news = {
        **OLD,
        "tags": {"A": "2", "a.b": "x"},
        "properties": {"authMode": "Key", "traffic": {"blue": 90, "green": 10}, "description": "d"},
    }

    answer = unconfigured.diff(ENDPOINT, OLD, news)

    assert kinds(answer) == {
        "tags.A": UPDATE,
        'tags["a.b"]': ADD,
        "properties.traffic.blue": UPDATE,
        "properties.traffic.green": ADD,
        "properties.description": ADD,
    }
    assert list(answer.diffs) == ["properties", "tags"]
    assert list(answer.replaces) == []
    assert not answer.deleteBeforeReplace


@pytest.mark.parametrize("changed", ["location", "endpointName", "workspaceName", "resourceGroupName"])
def test_path_and_location_replace(unconfigured: Engine, changed: str) -> None:
    answer = unconfigured.diff(ENDPOINT, OLD, {**OLD, changed: "other"})

    assert kinds(answer) == {changed: UPDATE_REPLACE}
    assert list(answer.replaces) == [changed]
    assert answer.deleteBeforeReplace


def test_a_random_name_lets_the_replacement_come_first(unconfigured: Engine) -> None:
    old = {"resourceGroupName": "rg1", "location": "eastus", "__createBeforeDelete": True}

    assert not unconfigured.diff("resources:ResourceGroup", old, {**old, "location": "x"}).deleteBeforeReplace


def test_an_environments_image_replaces_and_its_description_does_not(unconfigured: Engine) -> None:
    kind = "machinelearningservices:EnvironmentVersion"
    old = {"name": "e", "version": "1", "properties": {"image": "a", "description": "d"}}

    answer = unconfigured.diff(kind, old, {**old, "properties": {"image": "b", "description": "e"}})

    assert kinds(answer) == {"properties.image": UPDATE_REPLACE, "properties.description": UPDATE}


def test_a_type_that_changes_is_a_change(unconfigured: Engine) -> None:
    news = {**OLD, "properties": {"authMode": True, "traffic": 1}}

    assert kinds(unconfigured.diff(ENDPOINT, OLD, news)) == {
        "properties.authMode": UPDATE,
        "properties.traffic": UPDATE,
    }


def test_unknown_may_change_and_secrets_are_compared_by_value(unconfigured: Engine) -> None:
    news = {**OLD, "tags": Secret({"A": "1"}), "properties": {"authMode": "Key", "traffic": UNKNOWN}}

    assert kinds(unconfigured.diff(ENDPOINT, OLD, news)) == {"properties.traffic": UPDATE}


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        (["properties"], {"tags.A"}),
        (["properties.traffic"], {"tags.A", "properties.authMode"}),
        (["properties.traffic.*", 'tags["A"]'], {"properties.authMode"}),
        (["properties.authMode", "tags"], {"properties.traffic.blue"}),
    ],
)
def test_ignored_paths_do_not_count(unconfigured: Engine, ignored: list[str], left: set[str]) -> None:
    news = {**OLD, "tags": {}, "properties": {"authMode": "AADToken", "traffic": {"blue": 50}}}

    assert set(kinds(unconfigured.diff(ENDPOINT, OLD, news, ignored))) == left


def test_list_items_are_named_by_index(unconfigured: Engine) -> None:
    kind = "monitor:DiagnosticSetting"
    old = {"logs": [{"enabled": True}, {"enabled": True}]}

    answer = unconfigured.diff(kind, old, {"logs": [{"enabled": False}]})

    assert kinds(answer) == {"logs[0].enabled": UPDATE, "logs[1]": DELETE}


def test_a_state_without_api_version_is_no_change(unconfigured: Engine) -> None:
    old = {key: value for key, value in OLD.items() if key != "azureApiVersion"}

    assert kinds(unconfigured.diff(ENDPOINT, old, OLD)) == {}


def test_an_unknown_type_is_named_with_those_that_are_known(unconfigured: Engine) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        unconfigured.diff("machinelearningservices:OnlineEndpoit", {}, {})

    text = raised.value.details() or ""
    assert "knows no resource type azure-native:machinelearningservices:OnlineEndpoit" in text
    assert "did you mean azure-native:machinelearningservices:OnlineEndpoint?" in text
    assert "azure-native:storage:StorageAccount" in text
