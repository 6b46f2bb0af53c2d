"""The runner's files and messages: outputs of a step, annotations, the summary."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path


def needed(name: str) -> str:
    """Return a variable that the workflow sets; ends the step where it is missing."""
    value = os.environ.get(name, "").strip()
    if not value:
        error(f"the variable {name} isn't set: docs/pipelines.md")
        sys.exit(1)
    return value


def output(name: str, value: str) -> None:
    """Set an output of the step, which may have several lines."""
    end = f"end-{secrets.token_hex(8)}"
    _append("GITHUB_OUTPUT", f"{name}<<{end}\n{value}\n{end}\n")


def summary(text: str) -> None:
    """Add Markdown to the job's summary."""
    _append("GITHUB_STEP_SUMMARY", text + "\n")


def notice(text: str) -> None:
    """Say something where people look first."""
    print(f"::notice::{_one_line(text)}", flush=True)


def warning(text: str) -> None:
    """Say what may turn out to be wrong where people look first."""
    print(f"::warning::{_one_line(text)}", flush=True)


def error(text: str) -> None:
    """Say what is wrong where people look first."""
    print(f"::error::{_one_line(text)}", flush=True)


def _append(variable: str, text: str) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(text)


def _one_line(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
