"""Text that isn't UTF-8, and numbers too large: taken or refused, and metrics and logs go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.logged import Logged


@pytest.mark.parametrize("header", ["User-Agent", "x-ms-client-request-id"])
def test_a_header_that_isnt_utf8(logged: Logged, header: str):
    logged.send()
    arm, name = logged.arm, logged.endpoint.rsplit("/", 1)[1]
    headers: dict[str, Any] = {header: b"caf\xe9", "Authorization": "Bearer nobody's"}
    answer = arm.http.post(
        f"{arm.settings.base_url}/endpoints/{name}.eastus/score", data="{}", headers=headers, timeout=60
    )
    assert answer.status_code == 401
    logged.row()
    logged.later()
    column = {"User-Agent": "UserAgent"}.get(header, "XMSClientRequestId")
    found = logged.rows(f"AmlOnlineEndpointTrafficLog | project ResponseCode, {column} | order by {column}")
    assert found == [[401, "caf?"], [200, ""]]


def test_a_key_or_secret_that_isnt_utf8_is_a_wrong_one(logged: Logged):
    arm, name = logged.arm, logged.endpoint.rsplit("/", 1)[1]
    headers: dict[str, Any] = {"Authorization": b"Bearer caf\xe9", "X-IDENTITY-HEADER": b"caf\xe9"}
    for method, path in (("POST", f"/endpoints/{name}.eastus/score"), ("GET", "/msi/token?resource=x")):
        answer = arm.http.request(method, arm.settings.base_url + path, headers=headers, timeout=60)
        assert answer.status_code == 401, f"{path}: {answer.text}"


def test_a_trace_with_half_a_character(logged: Logged):
    arm = logged.arm
    path = f"{logged.workspace.group}/providers/Microsoft.Insights/components/{unique('appi-')}"
    properties = {"Application_Type": "web", "WorkspaceResourceId": logged.logs}
    made = arm.ok("PUT", path, {"location": "eastus", "kind": "web", "properties": properties})
    said = {"message": "half \ud83d", "properties": {"text": "\ud83d"}}
    item = {
        "iKey": made["properties"]["InstrumentationKey"],
        "time": "0001-01-01T00:00:00+14:00",
        "data": {"baseType": "MessageData", "baseData": said},
    }
    answer = arm.http.post(f"{arm.settings.base_url}/v2.1/track", json=[item], timeout=60)
    assert answer.json()["itemsAccepted"] == 1
    logged.later()
    assert logged.rows("AppTraces | project Message, tostring(Properties.text)") == [["half ?", "?"]]


def test_a_number_too_large_is_refused(arm: Arm):
    row = {"EndpointId": "/e", "EndpointName": "e", "DeploymentName": "blue", "ResponseCode": 3_000_000_000}
    with pytest.raises(AssertionError, match=r"400 .*ResponseCode is 3000000000; .* to 2147483647"):
        arm.control("POST", "rows", {"rows": [row]})
