"""Starts the workflow that takes a stack's next step, for each stack that has one due."""

from __future__ import annotations

import json

import github
from checkout import changed
from runner import error, needed, notice
from stacks import touched_by

WORKFLOW = "actions/workflows/deploy.yml"


def start() -> int:
    """Start a run for each stack of DUE, but none beside one whose approval is still awaited.

    One that waits with what main doesn't say any more does nothing when it is approved: it doesn't count. It
    isn't cancelled, for it may have been approved in this moment.
    """
    waiting = github.pages(f"{WORKFLOW}/runs?status=waiting", "workflow_runs")
    code = 0
    for due in json.loads(needed("DUE")):
        stack = due["stack"]
        asked = [each for each in waiting if each["display_title"] == stack] if due["approval"] else []
        outdated = [each for each in asked if touched_by(changed(each["head_sha"]), [stack])]
        for each in outdated:
            notice(f"{stack}: {each['html_url']} waits with what main doesn't say any more: reject it")
        if len(asked) > len(outdated):
            notice(f"{stack}: a run waits for approval already")
            continue
        try:
            github.call("POST", f"{WORKFLOW}/dispatches", {"ref": "main", "inputs": {"stack": stack}})
        except github.GitHubError as wrong:
            error(str(wrong))
            code = 1
            continue
        notice(f"{stack}: started")
    return code
