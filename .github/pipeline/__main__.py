"""One command a step of a workflow; what it needs is in the environment, never in a shell's text."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "touched": "stacks",
    "due": "stacks",
    "look": "step",
    "still": "step",
    "preview": "preview",
    "comment": "comment",
    "start": "start",
    "request": "request",
    "promotions": "promotions",
    "propose": "propose",
}


def main() -> int:
    """Run the command that the first argument names and return its exit code."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        print(f"usage: python .github/pipeline {{{','.join(COMMANDS)}}}", file=sys.stderr)
        return 2
    return int(getattr(import_module(COMMANDS[name]), name)())


sys.exit(main())
