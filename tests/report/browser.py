"""A headless Chromium, driven over its debugging pipe with nothing but the standard library."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0
_READS, _WRITES = 3, 4
"""The descriptors on which a browser takes commands and answers."""


def found() -> str | None:
    """Return the path of a browser, or None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Browser:
    """One page of it, and every event since it was opened."""

    commands: int
    answers: int
    events: list[dict[str, Any]] = field(default_factory=list)
    session: str | None = None
    _asked: int = 0
    _left: bytes = b""

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == message["id"]:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def value(self, script: str) -> Any:
        """Return what a script in the page comes to."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"]["value"]

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._left:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser doesn't answer"
            piece = os.read(self.answers, 1 << 16)
            assert piece, "the browser is gone"
            self._left += piece
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


@contextmanager
def opened(path: str, page: Path, profile: Path, scheme: str) -> Iterator[Browser]:
    """Open a file in a browser that prefers `light` or `dark`, with every request noted."""
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
    ]
    # A shell puts the pipe's ends where the browser looks for them.
    script = f'exec "$0" "$@" {_READS}<&{to_browser} {_WRITES}>&{from_browser}'
    running = subprocess.Popen(
        ["bash", "-c", script, path, *options, "about:blank"],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        browser = Browser(commands, answers)
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=target, flatten=True)
        browser.session = attached["sessionId"]
        browser.ask("Network.enable")
        browser.ask("Log.enable")
        browser.ask(
            "Emulation.setDeviceMetricsOverride", width=1000, height=900, deviceScaleFactor=1, mobile=False
        )
        browser.ask(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        browser.ask("Page.navigate", url=page.as_uri())
        browser.value(
            "new Promise(done => document.readyState === 'complete' ? done(1)"
            " : addEventListener('load', () => done(1)))"
        )
        yield browser
    finally:
        running.kill()
        running.wait()
        os.close(commands)
        os.close(answers)
