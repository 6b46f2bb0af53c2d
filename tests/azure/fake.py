"""A small HTTPS server that answers what a test scripts and remembers what it was asked."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

NOW = "Sat, 21 Nov 2026 10:00:00 GMT"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Says:
    """One scripted answer. `headers` with None as a value leaves that header out."""

    status: int = 200
    body: Any = None
    headers: dict[str, str | None] = field(default_factory=dict)
    delay: float = 0.0

    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Rule = tuple[str, str, "list[Says] | Callable[[Asked], Says]"]


class FakeAzure:
    """Answers by the first rule whose method and path pattern match; a rule's last answer repeats."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.hang_up = threading.Event()
        self.forget()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one segment: the client's delayed ACK would cost 40 ms

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
                fake.asked.append(asked)
                says = fake.answer_to(asked)
                fake.hang_up.wait(says.delay)
                raw = says.raw()
                headers = {"Date": NOW, "Content-Type": "application/json", **says.headers}
                self.send_response_only(says.status)
                for name, value in headers.items():
                    if value is not None:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(raw)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that hangs up is part of some tests
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def on(self, method: str, pattern: str, *says: Says | Callable[[Asked], Says]) -> None:
        first = says[0]
        answers = first if callable(first) else [s for s in says if isinstance(s, Says)]
        self.rules.insert(0, (method, pattern, answers))

    def answer_to(self, asked: Asked) -> Says:
        for method, pattern, answers in self.rules:
            if method == asked.method and re.search(pattern, asked.path):
                if callable(answers):
                    return answers(asked)
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return Says(404, {"error": {"code": "ResourceNotFound", "message": f"no {asked.path}"}})

    def paths(self, method: str = "GET") -> list[str]:
        return [asked.path for asked in self.asked if asked.method == method]

    def forget(self) -> None:
        """Begin anew; whoever still waits for a delayed answer gets it now."""
        self.hang_up.set()
        self.hang_up = threading.Event()
        self.asked: list[Asked] = []
        self.rules: list[Rule] = []

    def stop(self) -> None:
        self.hang_up.set()
        self.server.shutdown()
        self.server.server_close()
