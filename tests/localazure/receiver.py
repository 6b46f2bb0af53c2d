"""A webhook on loopback that notes what it is sent."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Receiver:
    """What was sent: the bodies, their text and their headers."""

    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The statuses of the next answers; then 200."""

    def wait(self, count: int = 1, seconds: float = 60) -> list[Any]:
        """Return the bodies once there are so many."""
        until = time.monotonic() + seconds
        while len(self.bodies) < count:
            assert time.monotonic() < until, f"{len(self.bodies)} of {count} came: {self.bodies}"
            time.sleep(0.02)
        return self.bodies


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for as long as the block runs."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.raw.append(body)
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            seen.bodies.append(json.loads(body))
            self.send_response(seen.answers.pop(0) if seen.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
