"""`check`, `approve` and `status` on a stack whose rollout is under way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollout.core.approval import Approval
from tests.cli import climbing
from tests.report.drawn import embedded, parsed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.climbing import Climbing


def examined(stack: Climbing, capsys: pytest.CaptureFixture[str]) -> None:
    """See what the doctor says of it."""
    code, out, _ = stack.run(capsys, "doctor", "--json")
    seen = json.loads(out)
    states = {each["name"]: (each["state"], each["said"]) for each in seen["checks"]}
    assert [name for name, (state, _) in states.items() if state == "problem"] == []
    assert states["evidence"][0] == "ok"
    assert 49 < seen["traffic"]["perMinute"] < 52, states["traffic"]
    assert states["ladder"][0] == "warning"
    assert "10 % after about" in states["ladder"][1]
    assert (code, seen["ladder"]["stages"][-1]["traffic"]) == (3, 100)
    assert "  - {traffic: 100, bake: 30m}" in stack.run(capsys, "doctor")[1]


def test_a_stage_in_doubt_until_its_candidate_fails(
    stack: Climbing, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    def check(*words: str) -> tuple[int, Any]:
        code, out, err = stack.run(capsys, "check", "--json", *words)
        assert out, err
        return code, json.loads(out)

    def refused(*words: str) -> str:
        code, out, err = stack.run(capsys, "approve", *words)
        assert (code, out) == (2, "")
        return err

    code, found = check()
    assert (code, found["gates"]) == (3, [])
    assert "nothing is judged now; the next `pulumi up` would start" in found["reason"]
    assert "no rollout is in progress" in refused()

    _, out, _ = stack.run(capsys, "status", "--json")
    climbing.begun(stack, json.loads(out)["wanted"])
    code, found = check()
    assert (code, found["gates"][0]["noData"]) == (3, True)
    assert "nobody can accept that" in refused()

    stack.answered("blue", 90, failed=1)
    stack.answered("green", 10)
    examined(stack, capsys)
    code, found = check("--report", str(tmp_path / "report"), "--markdown", str(tmp_path / "summary.md"))
    (gate,) = found["gates"]
    assert (code, gate["verdict"], gate["kind"], found["tier"]) == (3, "Inconclusive", "comparison", "logs")
    assert (gate["requests"], gate["events"]) == (
        {"candidate": 300, "prod": 2700},
        {"candidate": 0, "prod": 30},
    )
    assert gate["margin"]["allowed"] == 1.0 < gate["margin"]["certified"] < 1.2
    assert {line["name"]: len(line["points"]) for line in gate["lines"]} == {"candidate": 30, "prod": 30}
    assert (found["stage"]["traffic"], found["deployment"], found["prod"]) == (10, "green", "blue")
    assert embedded(parsed((tmp_path / "report" / "report.html").read_text())) == found
    assert (tmp_path / "report" / "errors-vs-prod.png").is_file()
    assert "⏳ Inconclusive" in (tmp_path / "summary.md").read_text()

    assert "0.5pp isn't proved" in refused("--margin", "0.5pp")
    assert "green is at 10" in refused("--stage", "50")
    code, out, _ = stack.run(capsys, "approve", "--margin", "1.2pp", "--stage", "10%", "--json")
    said = json.loads(out)
    written = Approval.parse(stack.tags()["ROLLOUT_APPROVED"])
    assert code == 0
    assert written is not None
    assert (written.release, written.stage, written.margin) == (said["release"], "10", 0.012)
    assert written.who == said["by"]
    _, out, _ = stack.run(capsys, "status")
    assert f"accepted: {written.release}@10 margin 1.2pp" in " ".join(out.split())

    stack.answered("green", 11, failed=10)
    code, found = check()
    assert code == 5, found["reason"]
    assert found["gates"][0]["worst"]
    assert "nobody can accept that errors-vs-prod is Failed" in refused()
