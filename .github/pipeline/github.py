"""GitHub's REST API, with the token of the run."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any

from runner import needed

PAGE = 100
_SECONDS = 30


class GitHubError(Exception):
    """GitHub refused; says what was asked and what it answered."""

    def __init__(self, method: str, path: str, status: int, said: str) -> None:
        super().__init__(f"{method} {path}: {status} {said}")
        self.status = status


def call(method: str, path: str, body: Any = None) -> Any:
    """Call a path below the repository's and return the JSON answered. Raises `GitHubError`."""
    where = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    request = urllib.request.Request(  # noqa: S310 - the runner says where its API is
        where,
        None if body is None else json.dumps(body).encode(),
        {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {needed('GITHUB_TOKEN')}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise GitHubError(method, path, error.code, error.read().decode(errors="replace")[:500]) from None


def find(path: str) -> Any:
    """Return the JSON at a path, or None where there is nothing. Raises `GitHubError`."""
    try:
        return call("GET", path)
    except GitHubError as error:
        if error.status == 404:  # noqa: PLR2004
            return None
        raise


def pages(path: str, key: str = "") -> list[Any]:
    """Return all items of a list, or of the one that an object holds under the key. Raises `GitHubError`."""
    found: list[Any] = []
    number = 1
    while True:
        answer = call("GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={number}")
        page = answer[key] if key else answer
        found += page
        if len(page) < PAGE:
            return found
        number += 1
