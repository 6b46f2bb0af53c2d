"""One comment on a pull request, edited in place."""

from __future__ import annotations

import os

import github
from preview import MARKER, NOTHING
from runner import error, needed


def comment() -> int:
    """Post COMMENT on PULL_REQUEST, or put it in place of the one posted before."""
    text, number = os.environ.get("COMMENT", ""), needed("PULL_REQUEST")
    if not text.startswith(MARKER):
        error("there is no preview to post: look at the job `preview`; one that holds a secret is dropped")
        return 1
    posted = next(
        (
            each
            for each in github.pages(f"issues/{number}/comments")
            if each["body"].startswith(MARKER) and each["user"]["type"] == "Bot"
        ),
        None,
    )
    if posted is not None:
        github.call("PATCH", f"issues/comments/{posted['id']}", {"body": text})
    elif NOTHING not in text:
        github.call("POST", f"issues/{number}/comments", {"body": text})
    return 0
