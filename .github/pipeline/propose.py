"""One pull request for each stack that should follow the stack before it, kept up to date."""

from __future__ import annotations

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
    head = github.call("GET", f"git/ref/heads/{BASE}")["object"]["sha"]
    if github.call("GET", f"contents/{change['file']}?ref={head}")["sha"] != change["blob"]:
        notice(f"{title}: {change['file']} was changed on {BASE} meanwhile. It comes up again.")
        return
    _point(branch, _commit(head, title, change))
    text = {"title": title, "body": _body(change)}
    if opened is None:
        opened = github.call("POST", "pulls", {**text, "head": branch, "base": BASE})
    else:
        github.call("PATCH", f"pulls/{opened['number']}", text)
    notice(f"{title}: #{opened['number']}")


def _commit(base: str, message: str, change: dict[str, str]) -> str:
    """Return a new commit with the change on top of that one."""
    entry = {"path": change["file"], "mode": "100644", "type": "blob", "content": change["content"]}
    below = github.call("GET", f"git/commits/{base}")["tree"]["sha"]
    tree = github.call("POST", "git/trees", {"base_tree": below, "tree": [entry]})["sha"]
    return github.call("POST", "git/commits", {"message": message, "tree": tree, "parents": [base]})["sha"]


def _point(branch: str, commit: str) -> None:
    """Let the branch be that commit, in one move: GitHub closes a pull request whose branch is its base."""
    if github.find(f"git/ref/heads/{branch}") is None:
        github.call("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
    else:
        github.call("PATCH", f"git/refs/heads/{branch}", {"sha": commit, "force": True})


def _body(change: dict[str, str]) -> str:
    return (
        f"`{change['release']}` is Healthy in **{change['from']}**. Merged, this starts its rollout in "
        f"**{change['to']}**: at 0 %, probed, then along the ladder. Closed, it isn't proposed again.\n\n"
        "The comment below shows the step that would be taken."
    )
