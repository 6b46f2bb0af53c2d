from __future__ import annotations

import json
from pathlib import Path

from policies import config

ROOT = Path(__file__).resolve().parents[2]


def test_a_stacks_own_keys_take_the_place_of_the_projects_defaults(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: rollout\nconfig:\n  auth: {default: Key}\n"
        "  gates: {default: [{name: a}]}\n  other:x: {value: 1}\n"
    )
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  rollout:auth: AADToken\n")
    assert config.read(tmp_path, "prod") == {
        "rollout:auth": "AADToken",
        "rollout:gates": json.dumps([{"name": "a"}]),
        "other:x": "1",
    }
    assert config.read(tmp_path, "nosuch")["rollout:auth"] == "Key"


def test_the_shipped_stacks_have_gates_that_judge() -> None:
    for stack in ("dev", "staging", "prod"):
        gates = json.loads(config.read(ROOT, stack)["rollout:gates"])
        assert [gate for gate in gates if not gate.get("dryRun")]
