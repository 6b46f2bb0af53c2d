"""The OpenAPI description under `docs/` is what local Azure serves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.openapi import described, written

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

FILE = Path(__file__).parents[2] / "docs" / "local-azure.openapi.json"


def test_the_file_is_the_one_that_the_command_writes():
    assert FILE.read_text() == written(), f"run: python -m localazure.openapi > docs/{FILE.name}"


def test_every_operation_is_one_that_is_known(arm: Arm, workspace: Workspace):
    """An operation that nobody serves is answered 405, 501, or 404 with `local Azure has no`."""
    group = workspace.group.rsplit("/", 1)[1]
    values = {"subscriptionId": arm.settings.subscription, "resourceGroupName": group}
    values["scope"] = workspace.id[1:]
    asked = 0
    for path, item in described()["paths"].items():
        for method in set(item) - {"parameters"}:
            where = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], "nobody"), path)
            if where == workspace.group and method == "delete":
                continue
            answer = arm.ask(method, where, {} if method in {"put", "patch", "post"} else None)
            assert answer.status_code not in {405, 500, 501}, f"{method} {where}: {answer.text}"
            assert "local Azure has no" not in answer.text, f"{method} {where}: {answer.text}"
            assert "covers what a rollout uses" not in answer.text, f"{method} {where}: {answer.text}"
            asked += 1
    assert asked > 150
