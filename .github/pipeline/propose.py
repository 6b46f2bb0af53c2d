"""One pull request for each stack that should follow the stack before it, kept up to date."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import github
from runner import needed, notice

BASE = "main"


def propose() -> int:
    """Open or update a pull request for each of CHANGES; one that people answered stays answered."""
    for change in json.loads(needed("CHANGES")):
        _propose(change)
    return 0


def _propose(change: dict[str, str]) -> None:
    branch, title = (
        f"promote/{change['to']}",
        f"Promote {change['release']} from {change['from']} to {change['to']}",
    )
    owner = os.environ["GITHUB_REPOSITORY"].partition("/")[0]
    asked: list[dict[str, Any]] = github.pages(f"pulls?head={owner}:{branch}&base={BASE}&state=all")
    opened = next((each for each in asked if each["state"] == "open"), None)
    if opened is None and any(each["title"] == title for each in asked):
        notice(f"{title}: was asked before and answered")
        return
    if opened is not None and opened["title"] == title:
        notice(f"{title}: is asked in #{opened['number']}")
        return
    _commit(branch, title, change)
    text = {"title": title, "body": _body(change)}
    if opened is None:
        opened = github.call("POST", "pulls", {**text, "head": branch, "base": BASE})
    else:
        github.call("PATCH", f"pulls/{opened['number']}", text)
    notice(f"{title}: #{opened['number']}")


def _commit(branch: str, message: str, change: dict[str, str]) -> None:
    """Make the branch one commit on top of the base."""
    head = github.call("GET", f"git/ref/heads/{BASE}")["object"]["sha"]
    if github.find(f"git/ref/heads/{branch}") is None:
        github.call("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": head})
    else:
        github.call("PATCH", f"git/refs/heads/{branch}", {"sha": head, "force": True})
    path = f"contents/{change['file']}"
    github.call(
        "PUT",
        path,
        {
            "message": message,
            "branch": branch,
            "sha": github.call("GET", f"{path}?ref={head}")["sha"],
            "content": base64.b64encode(change["content"].encode()).decode(),
        },
    )


def _body(change: dict[str, str]) -> str:
    return (
        f"`{change['release']}` is Healthy in **{change['from']}**. Merged, this starts its rollout in "
        f"**{change['to']}**: at 0 %, probed, then along the ladder. Closed, it isn't proposed again.\n\n"
        "The comment below shows the step that would be taken."
    )
