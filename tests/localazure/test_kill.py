"""`kill -9` while many write: whatever was acknowledged is there at the next start."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import requests

from localazure.running import running
from tests.localazure.local import API, Arm, daemon, localazure

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 1
WRITERS = 3
ACKNOWLEDGED = 30


def writing(arm: Arm, group: str, number: int, acknowledged: dict[str, str]) -> None:
    """Write, change and delete groups and blobs until nobody answers."""
    http = requests.Session()
    http.trust_env = False
    http.verify, http.headers = arm.http.verify, arm.http.headers
    last, base = "", arm.settings.base_url
    try:
        for turn in range(100_000):
            path = f"{group}/providers/Microsoft.Contoso/widgets/{number}-{turn % 7}-{time.monotonic_ns()}"
            body: dict[str, Any] = {"properties": {"turn": turn}}
            if http.put(base + path, json=body, params=API, timeout=5).ok:
                acknowledged[path] = f"{turn}"
            if last and turn % 3 == 0:
                acknowledged.pop(last, None)  # until it is answered, either may be true
                if http.delete(base + last, params=API, timeout=5).ok:
                    acknowledged[last] = ""
            last = path
    except requests.RequestException:
        return  # the last one may or may not have been done: nobody said so


def test_no_acknowledged_write_is_lost(tmp_path: Path):
    acknowledged: dict[str, str] = {}
    with daemon(tmp_path) as arm:
        group = f"{arm.subscription}/resourceGroups/kept"
        arm.ok("PUT", group, {"location": "eastus"})
        for kill in range(1, KILLS + 1):
            writers = [
                threading.Thread(target=writing, args=(arm, group, number, acknowledged))
                for number in range(WRITERS)
            ]
            for each in writers:
                each.start()
            until = time.monotonic() + 30
            while len(acknowledged) < ACKNOWLEDGED * kill and time.monotonic() < until:
                time.sleep(0.01)
            found = running(tmp_path)
            assert found is not None
            os.kill(found.pid, signal.SIGKILL)
            for each in writers:
                each.join()
            assert localazure(tmp_path, "up").returncode == 0

        listed = arm.ok("GET", f"{group}/providers/Microsoft.Contoso/widgets", params={"count": "1000"})
        kept = {one["id"]: str(one["properties"]["turn"]) for one in listed["value"]}
        while listed["nextLink"]:
            listed = arm.http.get(listed["nextLink"]).json()
            kept |= {one["id"]: str(one["properties"]["turn"]) for one in listed["value"]}
    assert len(acknowledged) >= ACKNOWLEDGED * KILLS
    lost = {path for path, turn in acknowledged.items() if kept.get(path, "") != turn}
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged writes are gone"
