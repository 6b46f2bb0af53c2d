"""Which Log Analytics workspace gets the traffic log of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.errors import Forbidden, Unintelligible
from rollout.azure.logs import LogWorkspace
from rollout.azure.traffic_log import CATEGORIES, LogSettings, read_log_settings
from tests.azure.conftest import ENDPOINT
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

TRAFFIC = {"category": "AmlOnlineEndpointTrafficLog", "enabled": True}
CONSOLE = {"category": "AmlOnlineEndpointConsoleLog", "enabled": True}
EVENT = {"category": "AmlOnlineEndpointEventLog", "enabled": True}
ALL = {"categoryGroup": "allLogs", "enabled": True}


def workspace(name: str) -> str:
    return (
        f"/subscriptions/sub-2/resourceGroups/rg-2/providers/Microsoft.OperationalInsights/workspaces/{name}"
    )


def setting(name: str, *logs: dict[str, Any], to: str | None = "log") -> dict[str, Any]:
    target = {"workspaceId": workspace(to)} if to else {"storageAccountId": "/subscriptions/x"}
    return {"name": name, "properties": {"logs": list(logs), **target}}


def read(fake: FakeAzure, arm: Arm, *settings: dict[str, Any]) -> LogSettings:
    fake.on("GET", "/diagnosticSettings", Says(200, {"value": list(settings)}))
    return read_log_settings(arm, ENDPOINT)


def there(fake: FakeAzure, name: str) -> LogWorkspace:
    fake.on("GET", f"/workspaces/{name}\\?", Says(200, {"properties": {"customerId": f"id-of-{name}"}}))
    return LogWorkspace(f"id-of-{name}", workspace(name))


def test_one_list_and_one_workspace_are_read(fake: FakeAzure, arm: Arm):
    log = there(fake, "log")
    assert read(fake, arm, setting("rollout", TRAFFIC)) == LogSettings(ours=True, workspace=log)
    assert fake.paths() == [
        f"{ENDPOINT}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview",
        f"{workspace('log')}?api-version=2023-09-01",
    ]


@pytest.mark.parametrize("log", [TRAFFIC, ALL, {**TRAFFIC, "categoryGroup": None}])
def test_the_category_or_the_group_of_all_sends_it(fake: FakeAzure, arm: Arm, log: dict[str, Any]):
    found = read(fake, arm, setting("theirs", CONSOLE, log))
    assert (found.ours, found.workspace) == (False, None)
    found = there(fake, "log")
    assert read(fake, arm, setting("theirs", CONSOLE, log)).workspace == found


@pytest.mark.parametrize(
    "given",
    [
        setting("rollout", CONSOLE),
        setting("rollout", {**TRAFFIC, "enabled": False}),
        setting("rollout", {"categoryGroup": "audit", "enabled": True}),
        setting("rollout", TRAFFIC, to=None),
        {"name": "rollout", "properties": {"workspaceId": workspace("log"), "logs": None}},
        {"name": "rollout", "properties": None},
    ],
)
def test_a_setting_that_sends_it_to_no_workspace(fake: FakeAzure, arm: Arm, given: dict[str, Any]):
    there(fake, "log")
    assert read(fake, arm, given) == LogSettings(ours=True)
    assert len(fake.paths()) == 1


def test_ours_goes_first_and_a_workspace_that_is_gone_gets_nothing(fake: FakeAzure, arm: Arm):
    theirs = there(fake, "theirs")
    both = setting("a", ALL, to="theirs"), setting("Rollout", TRAFFIC, to="ours")
    others = {workspace("theirs").lower(): frozenset(CATEGORIES)}
    assert read(fake, arm, *both) == LogSettings(ours=True, workspace=theirs, others=others)
    ours = there(fake, "ours")
    assert read(fake, arm, *both) == LogSettings(ours=True, workspace=ours, others=others)


def test_what_others_send_to_a_workspace_is_told_together(fake: FakeAzure, arm: Arm):
    off = {**TRAFFIC, "enabled": False}
    elsewhere = setting("d", TRAFFIC, to="other")
    given = setting("a", CONSOLE, off), setting("b", EVENT, to="LOG"), setting("rollout", TRAFFIC), elsewhere
    assert read(fake, arm, *given).others == {
        workspace("log").lower(): {"AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog"},
        workspace("other").lower(): {"AmlOnlineEndpointTrafficLog"},
    }


def test_no_endpoint_has_no_settings(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/diagnosticSettings", Says(404, {"error": {"code": "ResourceNotFound", "message": "x"}}))
    assert read_log_settings(arm, ENDPOINT) == LogSettings()


def test_what_can_t_be_read_is_not_absent(fake: FakeAzure, arm: Arm):
    denied = Says(403, {"error": {"code": "AuthorizationFailed", "message": "No"}})
    fake.on("GET", "/workspaces/log\\?", denied)
    found = read(fake, arm, setting("rollout", TRAFFIC)).workspace
    assert isinstance(found, Forbidden)
    assert "the Log Analytics workspace log can't be read: 403" in str(found)
    fake.on("GET", "/workspaces/log\\?", Says(200, {"properties": {}}))
    found = read(fake, arm, setting("rollout", TRAFFIC)).workspace
    assert isinstance(found, Unintelligible)
    assert "its customerId is None" in str(found)
    odd = {"name": "x", "properties": {"logs": [ALL], "workspaceId": "not an id"}}
    assert isinstance(read(fake, arm, odd).workspace, Unintelligible)
    fake.on("GET", "/diagnosticSettings", Says(200, {"settings": []}))
    settings = read_log_settings(arm, ENDPOINT)
    assert "the diagnostic settings of credit can't be read: the answer is no" in str(settings.workspace)
    fake.on("GET", "/diagnosticSettings", denied)
    settings = read_log_settings(arm, ENDPOINT)
    assert settings.ours is None
    assert isinstance(settings.workspace, Forbidden)
    assert "the diagnostic settings of credit can't be read: 403" in str(settings.workspace)
