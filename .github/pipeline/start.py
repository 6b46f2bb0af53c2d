"""Starts the workflow that takes a stack's next step, for each stack that has one due."""

from __future__ import annotations

import json

import github
from runner import error, needed, notice

WORKFLOW = "actions/workflows/deploy.yml"


def start() -> int:
    """Start a run for each stack of DUE, but none beside one whose approval is still awaited."""
    waiting = {
        each["display_title"]
        for each in github.call("GET", f"{WORKFLOW}/runs?status=waiting")["workflow_runs"]
    }
    code = 0
    for due in json.loads(needed("DUE")):
        stack = due["stack"]
        if due["approval"] and stack in waiting:
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
