"""A tiny ARM over HTTPS: it stores what is PUT, runs operations, and does what a test scripted."""

from __future__ import annotations

import json
import re
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Scripted:
    """An answer for the next requests that match, before anything else happens."""

    method: str
    path: str
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class StubArm:
    """Answers metadata, tokens, resources; `scripted` wins over all, `fails` decides how operations end."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.resources: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.scripted: list[Scripted] = []
        self.fails: dict[str, dict[str, Any]] = {}
        self.seen: list[Seen] = []
        self.polls = 1
        self.refuse_tokens: str | None = None
        self.lock = threading.RLock()
        arm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def _do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, body, headers = arm.answer(
                    self.command, self.path, self.rfile.read(length), dict(self.headers)
                )
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = _do  # noqa: N815 - the names that http.server calls

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.host = f"localhost:{self._server.server_address[1]}"
        self.base = f"https://{self.host}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arm_calls(self) -> list[str]:
        return [str(one) for one in self.seen if one.path.startswith(("/subscriptions", "/operations"))]

    def last(self, method: str) -> Seen:
        return next(one for one in reversed(self.seen) if one.method == method)

    def answer(
        self, method: str, target: str, content: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        parts = urlsplit(target)
        path, query = parts.path, dict(parse_qsl(parts.query))
        with self.lock:
            if path.endswith("/oauth2/v2.0/token"):
                form = dict(parse_qsl(content.decode()))
                self.seen.append(Seen(method, path, query, form, headers))
                if self.refuse_tokens:
                    return 401, {"error": "invalid_client", "error_description": self.refuse_tokens}, {}
                return 200, {"access_token": f"token for {form['scope']}", "expires_in": 3600}, {}
            if path == "/metadata/endpoints":
                return 200, self._metadata(), {}
            body = json.loads(content) if content else {}
            self.seen.append(Seen(method, path, query, body, headers))
            for one in self.scripted:
                if one.times and one.method == method and re.search(one.path, path):
                    one.times -= 1
                    return one.status, one.body, one.headers
            return self._resource(method, path, body)

    def _metadata(self) -> dict[str, Any]:
        return {
            "name": "Stub",
            "resourceManager": f"{self.base}/",
            "authentication": {"loginEndpoint": f"{self.base}/", "audiences": [self.base]},
        }

    def _resource(
        self, method: str, path: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        key = path.lower()
        if path.startswith("/operations/"):
            return 200, self._poll(path), {"retry-after-ms": "5"}
        if method == "GET":
            found = self.resources.get(key)
            return (404, _error("ResourceNotFound", path), {}) if found is None else (200, found, {})
        if method == "DELETE":
            return (202, None, self._start(key, None)) if self.resources.pop(key, None) else (204, None, {})
        if method == "POST":
            return 200, {"primaryKey": "one", "secondaryKey": "two", "sent": body}, {}
        created = key not in self.resources
        self.resources[key] = {
            **body,
            "id": path,
            "name": path.rpartition("/")[2],
            "type": "Stub",
            "properties": {
                **body.get("properties", {}),
                "provisioningState": "Creating",
                "scoringUri": "https://e/score",
            },
        }
        return (201 if created else 200), self.resources[key], self._start(key, self.fails.get(key))

    def _start(self, key: str, failure: dict[str, Any] | None) -> dict[str, str]:
        path = f"/operations/{len(self.operations)}"
        self.operations[path] = {"key": key, "left": self.polls, "error": failure}
        return {"Azure-AsyncOperation": f"{self.base}{path}?api-version=1", "retry-after-ms": "5"}

    def _poll(self, path: str) -> dict[str, Any]:
        operation = self.operations[path]
        operation["left"] -= 1
        if operation["left"] > 0:
            return {"status": "InProgress"}
        state = "Failed" if operation["error"] else "Succeeded"
        if operation["key"] in self.resources:
            self.resources[operation["key"]]["properties"]["provisioningState"] = state
        return {"status": state, **({"error": operation["error"]} if operation["error"] else {})}


def _error(code: str, path: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"The Resource '{path}' was not found.", "details": []}}
