"""Keys made anew, at the gateway in front of a real model server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.localazure.resources import make_workspace
from tests.localazure.test_serves import deploy

if TYPE_CHECKING:
    from tests.localazure.local import Arm


def test_an_old_key_ends_and_the_new_one_begins(azure: Arm):
    workspace = make_workspace(azure)
    deploy(workspace)
    path = f"{workspace.id}/onlineEndpoints/ep-real"
    uri = azure.ok("GET", path)["properties"]["scoringUri"]

    def status(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return azure.http.post(uri, json={}, headers=headers, timeout=30).status_code

    def keys() -> Any:
        return azure.ok("POST", f"{path}/listKeys")

    try:
        for kind, other in (("Primary", "Secondary"), ("Secondary", "Primary")):
            old = keys()
            assert [status(key) for key in old.values()] == [200, 200]
            ended = azure.done("POST", f"{path}/regenerateKeys", {"keyType": kind})
            assert ended["status"] == "Succeeded"
            name, kept = f"{kind.lower()}Key", f"{other.lower()}Key"
            assert status(old[name]) == 401
            assert status(old[kept]) == 200
            assert status(keys()[name]) == 200
            assert keys()[kept] == old[kept]
    finally:
        azure.done("DELETE", path)
