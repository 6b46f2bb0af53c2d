"""A GitHub of a test's own on loopback: its REST API as far as the workflows use it, and its OIDC tokens."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPOSITORY = "someone/credit"


class RefusedError(Exception):
    """The answer is no success."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Hub:
    """The repository's side of things, open to look at."""

    identity: Path
    """The file with the token that a cloud takes for the run's identity."""
    checkout: Path
    """The folder with what is on main."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    dispatched: list[str] = field(default_factory=list)
    """The stacks whose deployment was started."""
    waiting: list[tuple[str, str]] = field(default_factory=list)
    """The titles and commits of runs that wait for approval."""
    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    """By name, the files that differ there from main."""
    objects: list[Any] = field(default_factory=list)
    """Trees and commits, which are known by their place here."""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    """By token, what its job may do."""

    def token(self, permissions: dict[str, str]) -> str:
        """Return a token for a job with these permissions."""
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = permissions
        return token

    def answer(self, method: str, target: str, token: str, body: Any) -> Any:
        """Answer one request. Raises `RefusedError`."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/oidc":
            if query.get("audience") != "api://AzureADTokenExchange":
                raise RefusedError(400, "another audience")
            self._may(token, "id-token")
            return {"value": self.identity.read_text().strip()}
        path = url.path.removeprefix(f"/repos/{REPOSITORY}/")
        self.asked.append((method, path))
        for verb, pattern, permission, handler in self._routes():
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                self._may(token, permission, write=method != "GET")
                return handler(found, query, body)
        raise RefusedError(404, f"{method} {path}")

    def _may(self, token: str, permission: str, *, write: bool = True) -> None:
        granted = self.tokens.get(token, {}).get(permission)
        if granted != "write" and (write or granted != "read"):
            raise RefusedError(403, f"Resource not accessible by integration: {permission}")

    def _routes(self) -> list[tuple[str, str, str, Callable[..., Any]]]:
        runs = r"actions/workflows/deploy\.yml"
        return [
            (
                "GET",
                r"issues/7/comments",
                "pull-requests",
                lambda _, query, __: self._page(self.comments, query),
            ),
            ("POST", r"issues/7/comments", "pull-requests", self._post_comment),
            ("PATCH", r"issues/comments/(\d+)", "pull-requests", self._edit_comment),
            ("GET", rf"{runs}/runs", "actions", self._runs),
            ("POST", rf"{runs}/dispatches", "actions", self._dispatch),
            ("GET", r"pulls", "pull-requests", lambda _, query, __: self._page(self.pulls, query)),
            ("POST", r"pulls", "pull-requests", self._open),
            ("PATCH", r"pulls/(\d+)", "pull-requests", self._edit_pull),
            ("GET", r"git/ref/heads/(.+)", "contents", self._ref),
            ("POST", r"git/refs", "contents", self._branch),
            ("PATCH", r"git/refs/heads/(.+)", "contents", self._reset),
            ("GET", r"git/commits/c0ffee", "contents", lambda *_: {"tree": {"sha": "7ree"}}),
            ("GET", r"contents/(.+)", "contents", self._contents),
            ("POST", r"git/(?:trees|commits)", "contents", self._store),
        ]

    def _page(self, items: list[Any], query: dict[str, str]) -> list[Any]:
        size, number = int(query["per_page"]), int(query["page"])
        return items[size * (number - 1) : size * number]

    def _post_comment(self, _: Any, __: Any, body: Any) -> Any:
        self.comments.append({"id": len(self.comments) + 1, "user": {"type": "Bot"}, **body})
        return self.comments[-1]

    def _edit_comment(self, found: re.Match[str], _: Any, body: Any) -> Any:
        comment = next(each for each in self.comments if each["id"] == int(found[1]))
        comment.update(body)
        return comment

    def _runs(self, _: Any, query: dict[str, str], __: Any) -> Any:
        assert query["status"] == "waiting"
        runs = [
            {"display_title": title, "head_sha": sha, "html_url": f"https://github.com/runs/{number}"}
            for number, (title, sha) in enumerate(self.waiting)
        ]
        return {"total_count": len(runs), "workflow_runs": self._page(runs, query)}

    def _dispatch(self, _: Any, __: Any, body: Any) -> None:
        assert body["ref"] == "main"
        self.dispatched.append(body["inputs"]["stack"])

    def _open(self, _: Any, __: Any, body: Any) -> Any:
        self.pulls.append({"number": len(self.pulls) + 8, "state": "open", **body})
        return self.pulls[-1]

    def _edit_pull(self, found: re.Match[str], _: Any, body: Any) -> Any:
        pull = next(each for each in self.pulls if each["number"] == int(found[1]))
        pull.update(body)
        return pull

    def _ref(self, found: re.Match[str], _: Any, __: Any) -> Any:
        if found[1] != "main" and found[1] not in self.branches:
            raise RefusedError(404, "Not Found")
        return {"object": {"sha": "c0ffee"}}

    def _contents(self, found: re.Match[str], query: dict[str, str], __: Any) -> Any:
        assert query == {"ref": "c0ffee"}
        text = (self.checkout / found[1]).read_bytes()
        return {"sha": hashlib.sha1(b"blob %d\0%b" % (len(text), text)).hexdigest()}  # noqa: S324

    def _store(self, _: Any, __: Any, body: Any) -> Any:
        self.objects.append(body)
        return {"sha": str(len(self.objects) - 1)}

    def _branch(self, _: Any, __: Any, body: Any) -> Any:
        name = body["ref"].removeprefix("refs/heads/")
        assert name not in self.branches
        self.branches[name] = self._files(body["sha"])
        return {}

    def _reset(self, found: re.Match[str], _: Any, body: Any) -> Any:
        assert body["force"]
        self.branches[found[1]] = self._files(body["sha"])
        return {}

    def _files(self, commit: str) -> dict[str, str]:
        """Return what a commit on top of main changes. Raises `RefusedError` where that is nothing."""
        if commit == "c0ffee":
            raise RefusedError(422, "a pull request of this branch would be closed: it has no commits")
        assert self.objects[int(commit)]["parents"] == ["c0ffee"]
        tree = self.objects[int(self.objects[int(commit)]["tree"])]
        assert tree["base_tree"] == "7ree"
        return {each["path"]: each["content"] for each in tree["tree"]}


def serve(hub: Hub) -> tuple[ThreadingHTTPServer, str]:
    """Start it on a free port; return the server and its address."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization", "").partition(" ")[2]
            try:
                status, answer = 200, hub.answer(self.command, self.path, token, body)
            except RefusedError as refused:
                status, answer = refused.status, {"message": str(refused)}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = handle_one  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"
