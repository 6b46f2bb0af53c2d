"""No route of the application answers anybody without a good token, and nothing listens beyond loopback."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import jwt
import pytest

from localazure.identity import Tokens
from localazure.server import Server
from localazure.settings import Settings
from tests.localazure.local import NotingServing
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

OPEN = {
    "/{tenant}/v2.0/.well-known/openid-configuration",
    "/{tenant}/.well-known/openid-configuration",
    "/{tenant}/oauth2/v2.0/token",
    "/msi/token",
    "/metadata/identity/oauth2/token",
    "/metadata/endpoints",
    "/{slash}v2.1/track",
    "/{slash}v2/track",
}
"""What gives tokens out, and tells where: it asks for a secret of its own, or has none to tell.

Application Insights knows who sends by the instrumentation key in what is sent.
"""
MORE = (
    "/subscriptions/x/resourceGroups/g/providers/Microsoft.Insights/metricAlerts/a",
    "/subscriptions/x/providers/Microsoft.AlertsManagement/alerts",
    "/SUBSCRIPTIONS/x",
    "/v1/subscriptions/x/query",
    "/mferp/managementfrontend/subscriptions/x/resourceGroups/g/providers/N/registries/r/models/m/versions/1",
    "/nothing/there",
    "/.well-known",
    "//subscriptions/x",
    "/endpoints/x",
    "/blobs",
)
# Paths of open routes with another method, which ARM takes for one of its own.
OTHER_METHODS = (
    "/providers/oauth2/v2.0/token",
    "/subscriptions/oauth2/v2.0/token",
    "/providers/v2.0/.well-known/openid-configuration",
    "/providers/.well-known/openid-configuration",
    "/msi/token",
    "/metadata/endpoints",
    "/metadata/x",
    "/v2.1/track",
)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Method and pattern of each route of the application."""
    home = tmp_path_factory.mktemp("routes")

    async def made() -> list[tuple[str, str]]:
        server = Server.make(Settings(home, 1), serving=lambda _azure: NotingServing())  # type: ignore[arg-type,return-value]
        found = [
            (route.method, route.resource.canonical)
            for route in server.app.router.routes()
            if route.resource is not None
        ]
        await server.stop()
        return found

    return asyncio.run(made())


def shown(arm: Arm, tmp_path: Path) -> dict[str, str | bytes | None]:
    """What somebody without a good token may show."""
    now = int(time.time())
    ours = jwt.decode(arm.token(), options={"verify_signature": False})
    foreign = Tokens(Settings(tmp_path, 1)).issue("https://management.azure.com")
    return {
        "none": None,
        "no scheme": arm.token(),
        "basic": "Basic eDp4",
        "garbage": "Bearer x.y.z",
        "not UTF-8": b"Bearer caf\xe9",
        "unsigned": "Bearer " + jwt.encode(ours, "", algorithm="none"),
        "another's": f"Bearer {foreign}",
        "expired": "Bearer " + Tokens(arm.settings).issue("https://management.azure.com", lifetime=-60),
        "guessed": "Bearer " + jwt.encode(ours | {"exp": now + 9999}, "s" * 64, algorithm="HS256"),
    }


def test_every_route_wants_a_good_token(
    arm: Arm, workspace: Workspace, routes: list[tuple[str, str]], tmp_path: Path
):
    endpoint = unique("ep-")
    workspace.endpoint(endpoint)
    known = {"endpoint": endpoint, "location": "eastus", "account": workspace.account, "slash": "/"}
    known |= {"root": "subscriptions", "rid": workspace.id[1:], "providers": "providers"}
    known |= {"insights": "Microsoft.Insights", "metrics": "metrics", "definitions": "metricDefinitions"}
    known |= {"batch": "metrics:getBatch"}
    walked = {
        (method, re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "x"), pattern))
        for method, pattern in routes
        if pattern not in OPEN
    }
    asked = sorted(
        walked | {("GET", each) for each in MORE} | {("PUT", each) for each in MORE + OTHER_METHODS}
    )
    assert len(asked) > 40
    for wrong, authorization in shown(arm, tmp_path).items():
        for method, path in asked:
            answer = arm.http.request(
                "POST" if method == "*" else method,
                arm.settings.base_url + path,
                params={"api-version": "2025-12-01"},
                headers=cast("dict[str, str]", {"Authorization": authorization}),  # None: not sent at all
                timeout=30,
            )
            if path.startswith("/blob"):
                assert answer.status_code in {401, 403}, f"{wrong}: {method} {path}: {answer.status_code}"
            else:
                assert answer.status_code == 401, f"{wrong}: {method} {path}: {answer.status_code}"


def test_a_token_of_the_control_paths_is_none_of_azures(arm: Arm):
    control = (arm.settings.home / "control.token").read_text().strip()
    answer = arm.ask("GET", arm.subscription, headers={"Authorization": f"Bearer {control}"})
    assert answer.status_code == 401


def test_it_listens_on_loopback_alone(arm: Arm):
    found = [
        fields[1].split(":")[0]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        if (fields := line.split())[3] == "0A" and int(fields[1].split(":")[1], 16) == arm.settings.port
    ]
    assert found == ["0100007F"]
