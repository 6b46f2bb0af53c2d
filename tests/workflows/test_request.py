"""The requests after an `up`, where they can't be sent: the stack's config may be why the `up` was red."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.project import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.conftest import Command

WRONG: dict[str, Any] = {**CONFIG, "rollout:endpoint": "credit"}
BODIES: dict[str, Any] = {**WRONG, "rollout:probe": {"file": "sample.jsonl"}}


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("no config", "`pulumi config --stack dev` printed no JSON"),
        ({**WRONG, "rollout:gates": []}, "1 problem in the config:"),
        (WRONG, "the probe's file sample.json can't be read: No such file or directory"),
        (BODIES, "the probe's file sample.jsonl has to be 1 to 1000 requests, one a line; it has 0"),
    ],
)
def test_what_keeps_requests_from_being_sent_is_one_annotation(
    command: Command, tmp_path: Path, printed: str | dict[str, Any], said: str
):
    if isinstance(printed, dict):
        values = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in printed.items()
        }
        printed = json.dumps({name: {"value": value} for name, value in values.items()})
    (tmp_path / "diff").write_text(printed)
    (tmp_path / "sample.jsonl").write_text("")
    code, out, _ = command("request", STACK="dev", ARM_SUBSCRIPTION_ID="0")
    assert code == 1
    assert f"::error::dev: nothing can be asked of the endpoint: {said}" in out
    assert "Traceback" not in out
