"""What a pull request would do to the stacks it touches, as the text of one comment."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import status
from identity import renew
from markdown import cell, cut, fence, plain
from runner import error, needed, output, summary

MARKER = "<!-- azureml-rollout: preview -->"
"""By which the comment is found again."""
LONGEST = 60_000
"""Bytes of a comment; GitHub's own limit is 65536 characters."""
COMMAND = (
    *("pulumi", "preview", "--diff", "--policy-pack", "policies"),
    *("--non-interactive", "--color", "never"),
)
"""With policies, which an `up` goes without: what one of them forbids must not keep an abort from running."""
NOTHING = "It touches no stack."


def preview() -> int:
    """Set the output `comment`. The exit code says whether every preview went well."""
    names: list[str] = json.loads(needed("STACKS"))
    parts: list[str] = []
    failed: list[str] = []
    for name in names:
        print(f"== {name}", flush=True)
        text, well = of_stack(name, LONGEST // len(names))
        parts.append(text)
        if not well:
            failed.append(name)
    body = "\n\n".join(parts) if parts else NOTHING
    text = f"{MARKER}\n## What `pulumi up` would do after the merge\n\n{body}\n\nAt {needed('COMMIT')[:12]}."
    output("comment", text)
    summary(text)
    if failed:
        error(f"no preview of {', '.join(failed)}")
    return 1 if failed else 0


def of_stack(name: str, most: int) -> tuple[str, bool]:
    """Return what a preview of the stack says, in at most so many bytes, and whether it went well."""
    renew()
    done = subprocess.run(
        [*COMMAND, "--stack", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    try:
        head = cut(_head(name, status.read(name)), most // 2)
    except status.UnreadableError as wrong:
        head = f"### {name}\n\n" + fence(str(wrong), "text", most // 4)
    open_or_not = "" if done.returncode == 0 else " open"
    what = "Diff" if done.returncode == 0 else "The preview failed"
    diff = fence(done.stdout, "text", max(most - len(head.encode()) - 200, 0))
    text = f"{head}\n\n<details{open_or_not}><summary>{what}</summary>\n\n{diff}\n\n</details>"
    return text, done.returncode == 0


def _head(name: str, seen: dict[str, Any]) -> str:
    step, shares = seen["next"], [f"{each['name']} {each['traffic']} %" for each in seen["deployments"]]
    lines = [
        f"### {name}: {step['step']}",
        "",
        f"{plain(step['reason'])}.",
        "",
        f"Now {seen['phase']}; traffic: {plain(', '.join(shares) or 'none')}.",
    ]
    if seen["gates"]:
        lines += ["", "| gate | verdict | why |", "| --- | --- | --- |"]
        for gate in seen["gates"]:
            dry = " (dry run)" if gate["dryRun"] else ""
            lines.append(f"| {cell(gate['gate'])} | {gate['verdict']}{dry} | {cell(gate['reason'])} |")
    return "\n".join(lines)
