"""`kill -9` while many write: whatever was acknowledged is there at the next start."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import requests

from localazure.running import running
from tests.localazure.local import API, Arm, daemon, localazure
from tests.localazure.resources import make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILLS = 1
WRITERS = 3
ACKNOWLEDGED = 30


def writing(
    arm: Arm, path_of: Callable[[str], str], body: Callable[[str], Any], acknowledged: dict[str, str]
) -> None:
    """Write under new names, now and then again, and delete every third, until nobody answers."""
    http = requests.Session()
    http.trust_env = False
    http.verify, http.headers = arm.http.verify, arm.http.headers
    base, last = arm.settings.base_url, ""
    try:
        for turn in itertools.count():
            path = last if last and turn % 5 == 4 else path_of(f"{turn % 7}-{time.monotonic_ns()}")
            content = f"turn {turn} of {path} " * 50
            before = acknowledged.pop(path, None)  # until it is answered, either may be true
            if http.put(base + path, params=API, timeout=5, **body(content)).ok:
                acknowledged[path] = content
            elif before is not None:
                acknowledged[path] = before
            if last and turn % 3 == 0:
                acknowledged.pop(last, None)
                if http.delete(base + last, params=API, timeout=5).ok:
                    acknowledged[last] = ""
            last = path
    except requests.RequestException:
        return  # the last one may or may not have been done: nobody said so


def as_resource(content: str) -> dict[str, Any]:
    return {"json": {"properties": {"content": content}}}


def as_blob(content: str) -> dict[str, Any]:
    return {"data": content.encode(), "headers": {"x-ms-blob-type": "BlockBlob"}}


def kept_resource(arm: Arm, path: str) -> str:
    answer = arm.ask("GET", path)
    return answer.json()["properties"]["content"] if answer.ok else ""


def kept_blob(arm: Arm, path: str) -> str:
    answer = arm.http.get(arm.settings.base_url + path, timeout=10)
    return answer.text if answer.ok else ""


def test_no_acknowledged_write_is_lost(tmp_path: Path):
    resources: dict[str, str] = {}
    blobs: dict[str, str] = {}
    with daemon(tmp_path) as arm:
        workspace = make_workspace(arm)
        container = f"/blob/{workspace.account}/kept"
        made = arm.http.put(f"{arm.settings.base_url}{container}", params={"restype": "container"})
        assert made.ok, made.text
        widgets = f"{workspace.group}/providers/Microsoft.Contoso/widgets"
        for kill in range(1, KILLS + 1):
            writers = [
                threading.Thread(
                    target=writing,
                    args=(arm, lambda name, place=place, n=n: f"{place}/{n}-{name}", body, acknowledged),
                )
                for place, body, acknowledged in (
                    (widgets, as_resource, resources),
                    (container, as_blob, blobs),
                )
                for n in range(WRITERS)
            ]
            for each in writers:
                each.start()
            until = time.monotonic() + 30
            enough = ACKNOWLEDGED * kill + WRITERS  # each may be in the middle of one
            while min(len(resources), len(blobs)) < enough and time.monotonic() < until:
                time.sleep(0.01)
            found = running(tmp_path)
            assert found is not None
            os.kill(found.pid, signal.SIGKILL)
            for each in writers:
                each.join()
            (tmp_path / "blobs" / "files" / f"cut-short-{kill}").write_bytes(b"x")
            assert localazure(tmp_path, "up").returncode == 0

        stored = sqlite3.connect(tmp_path / "blobs" / "index.sqlite").execute("SELECT file FROM blobs")
        files = [path.name for path in (tmp_path / "blobs" / "files").iterdir()]
        assert sorted(files) == sorted(file for (file,) in stored)
        for acknowledged, kept in ((resources, kept_resource), (blobs, kept_blob)):
            assert len(acknowledged) >= ACKNOWLEDGED * KILLS
            lost = {path for path, content in acknowledged.items() if kept(arm, path) != content}
            assert not lost, (
                f"{len(lost)} of {len(acknowledged)} acknowledged writes are gone: {sorted(lost)[:3]}"
            )
