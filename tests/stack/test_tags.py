from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rollout.core.verdict import Verdict
from rollout.stack import pulumi_cli, tags

if TYPE_CHECKING:
    from pathlib import Path

FAKE = """#!{python}
import json, pathlib, sys
file = pathlib.Path({file!r})
tags = json.loads(file.read_text())
words = [word for word in sys.argv[1:] if word not in ("--json", "--non-interactive", "--")]
verb, rest = words[2], words[5:]
if {broken!r}:
    print("error: could not reach the backend", file=sys.stderr)
    sys.exit(255)
writing = file.with_name("writing")
left = int(writing.read_text()) if writing.exists() else 0
if left:
    writing.write_text(str(left - 1))
    print("error: failed to load checkpoint: EOF", file=sys.stderr)
    sys.exit(255)
if verb == "ls":
    print(json.dumps(tags))
elif verb == "set":
    tags[rest[0]] = rest[1]
else:
    del tags[rest[0]]
file.write_text(json.dumps(tags))
with pathlib.Path({log!r}).open("a") as log:
    print(verb, *rest[:1], file=log)
"""


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the CLI, keeping tags in a file."""
    return _backend(tmp_path, monkeypatch, broken=False)


def _backend(folder: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> Path:
    file = folder / "tags.json"
    file.write_text("{}")
    pulumi = folder / "bin" / "pulumi"
    pulumi.parent.mkdir()
    log = str(folder / "log")
    pulumi.write_text(FAKE.format(python=sys.executable, file=str(file), log=log, broken=broken))
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(pulumi.parent))
    return file


def test_what_is_written_is_read(backend: Path) -> None:
    backend.write_text(json.dumps({"OLD": "gone", "KEPT": "as it is"}))
    stack = tags.Stack("dev", {"OLD": "gone"})
    wanted = {"ROLLOUT_SINCE": "now", "PROD_DEPLOYMENT": "blue", "A": "1", "OLD": None, "NEVER": None}
    tags.write(stack, wanted)
    assert tags.PendingTags("dev").result() == {
        "ROLLOUT_SINCE": "now",
        "PROD_DEPLOYMENT": "blue",
        "A": "1",
        "KEPT": "as it is",
    }
    written = (backend.parent / "log").read_text().splitlines()
    assert written == ["set A", "rm OLD", "set PROD_DEPLOYMENT", "set ROLLOUT_SINCE", "ls"]


def test_a_tag_that_says_it_already_is_not_written(backend: Path) -> None:
    tags.write(tags.Stack("dev", {"A": "1"}), {"A": "1"})
    assert backend.read_text() == "{}"


def test_a_long_reason_is_cut_to_what_a_tag_takes(backend: Path) -> None:
    tags.write(tags.Stack("dev", {}), {"A": "x" * 400})
    assert json.loads(backend.read_text())["A"] == "x" * 256


def test_a_state_that_is_being_written_is_met_again(backend: Path) -> None:
    writing = backend.with_name("writing")
    writing.write_text("2")
    tags.write(tags.Stack("dev", {}), {"A": "1"})
    assert writing.read_text() == "0"
    writing.write_text("2")
    assert tags.PendingTags("dev").result() == {"A": "1"}
    assert writing.read_text() == "0"


def test_a_state_that_stays_half_written_is_told(backend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_cli, "_AGAIN", (0.0, 0.0))
    backend.with_name("writing").write_text("9")
    with pytest.raises(tags.TagError, match=r"tags of stack dev can't be read: failed to load checkpoint"):
        tags.PendingTags("dev").result()
    with pytest.raises(tags.TagError, match="stack tag A wasn't written: failed to load checkpoint"):
        tags.write(tags.Stack("dev", {}), {"A": "1"})


def test_unreadable_is_not_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _backend(tmp_path, monkeypatch, broken=True)
    with pytest.raises(tags.TagError, match="dev can't be read: could not reach the backend"):
        tags.PendingTags("dev").result()
    with pytest.raises(tags.TagError, match="stack tag A wasn't written: could not reach the backend"):
        tags.write(tags.Stack("dev", {}), {"A": "1"})


def test_a_folder_that_isnt_there(backend: Path) -> None:
    gone = str(backend.with_name("gone"))
    with pytest.raises(tags.TagError, match="gone isn't there: name the project's folder with --cwd"):
        tags.PendingTags("dev", gone)


def test_parsing_the_published_record() -> None:
    published = tags.parse(
        {
            "PROD_DEPLOYMENT": "blue",
            "ROLLOUT_PHASE": "Progressing",
            "ROLLOUT_PROBE": "Successful m:2-deadbeef 2026-11-21T10:00:00Z",
            "ROLLOUT_REPAIRED": "2026-11-21T10:01:00Z",
            "ROLLOUT_SETTLED": "not an instant",
            "SOMEBODY_ELSES": "tag",
        }
    )
    assert published.record == {"PROD_DEPLOYMENT": "blue"}
    assert published.phase == "Progressing"
    assert published.probe is not None
    assert (published.probe.verdict, published.probe.release) == (Verdict.SUCCESSFUL, "m:2-deadbeef")
    assert published.repaired == datetime(2026, 11, 21, 10, 1, tzinfo=UTC)
    assert published.settled is None


def test_parsing_what_a_person_accepted() -> None:
    said = "m:2-deadbeef@10 margin 2.1pp by ada at 2026-11-21T10:00:00Z"
    published = tags.parse({"ROLLOUT_APPROVED": said})
    assert published.approved is not None
    assert published.approved.show() == said
    assert published.misread is None
    assert tags.parse({"ROLLOUT_APPROVED": "go on"}).misread == "go on"
    assert tags.parse({}).misread is None
