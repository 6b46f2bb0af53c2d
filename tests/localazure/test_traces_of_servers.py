"""What a real model server sends to Application Insights once its deployment says so."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from azure.monitor.query import LogsQueryResult

from tests.localazure.logged import client
from tests.localazure.resources import make_workspace, unique
from tests.localazure.test_serves import CONDA, upload

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

SCORE = """\
def init():
    print("ready to score")

def run(data):
    print("scored by me")
    return {}
"""


def deployed(workspace: Workspace, endpoint: str, name: str, **more: Any) -> None:
    ended = workspace.deployment(
        endpoint,
        name,
        environmentId=f"{workspace.id}/environments/e/versions/2",
        codeConfiguration={"codeId": f"{workspace.id}/codes/c/versions/1", "scoringScript": "score.py"},
        **more,
    )
    assert ended["status"] == "Succeeded", ended


def test_app_insights_enabled_sends_what_the_script_prints(azure: Arm):
    workspace, endpoint = make_workspace(azure), unique("ep-")
    uri = upload(workspace, "up/code/score.py", SCORE)
    azure.ok("PUT", f"{workspace.id}/codes/c/versions/1", {"properties": {"codeUri": uri}})
    properties = {"image": "mcr.microsoft.com/azureml/inference", "condaFile": CONDA}
    azure.ok("PUT", f"{workspace.id}/environments/e/versions/2", {"properties": properties})
    workspace.endpoint(endpoint)
    deployed(workspace, endpoint, "watched", appInsightsEnabled=True)
    deployed(workspace, endpoint, "unwatched")
    path = f"{workspace.id}/onlineEndpoints/{endpoint}"
    key = azure.ok("POST", f"{path}/listKeys")["primaryKey"]
    scoring = azure.ok("GET", path)["properties"]["scoringUri"]
    for name in ("watched", "unwatched"):
        headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": name}
        assert azure.http.post(scoring, data=json.dumps({}), headers=headers, timeout=30).status_code == 200

    query = "traces | summarize by cloud_RoleName, message, severityLevel | where message contains 'score'"
    insights = f"{workspace.group}/providers/Microsoft.Insights/components/appi"
    wanted = {("watched", text, 1) for text in ("ready to score", "scored by me")}
    until, found = time.monotonic() + 60, set[tuple[Any, ...]]()
    while found != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.5)  # the exporter sends every five seconds
        azure.control("POST", "clock", {"advance": 61})
        answer = client(azure).query_resource(insights, query, timespan=None)
        assert isinstance(answer, LogsQueryResult)
        found = {tuple(row) for row in answer.tables[0].rows}
    assert (azure.settings.home / "temporary" / "Microsoft").is_dir()
