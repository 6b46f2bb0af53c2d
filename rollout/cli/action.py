"""The GitHub action: its inputs from the environment, a check that stands alone, and its outputs."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rollout.cli import arguments, check, check_view, codes
from rollout.cli.usage import UsageError
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, MutableMapping

    from rollout.report.schema import Report

_CONDITIONS = {"lte": "--max", "gte": "--min"}
_PASSED_ON = {
    "RESOURCE_ID": "--resource-id",
    "METRIC": "--metric",
    "AGGREGATION": "--aggregation",
    "INTERVAL": "--interval",
    "FILTER": "--filter",
    "START_TIME": "--start",
    "END_TIME": "--end",
    "CHART_NAME": "--name",
}
_PRINCIPAL = {
    "AZURE_CLIENT_ID": "clientId",
    "AZURE_CLIENT_SECRET": "clientSecret",
    "AZURE_TENANT_ID": "tenantId",
}
_NOT_IN_NAMES = re.compile(r"[/\\\x00-\x1f]+")


def main() -> int:
    """Run the action and return the step's exit code: that of `rollout check`, but for allowed emptiness."""
    try:
        log_in(os.environ)
        args = arguments.parser().parse_args(words(os.environ))
        found = check.judge(args)
        with _no_commands():
            check_view.show(found)
        check.save(found, args)
    except UsageError as error:
        _annotate("error", str(error))
        return codes.USAGE
    _output("verdict", found["verdict"])
    value = found["gates"][0]["value"]
    _output("value", "" if value is None else f"{value:g}")
    _output("chart", str(args.chart) if args.chart and Path(args.chart).is_file() else "")
    return _ended(found, allow_empty=_input(os.environ, "ALLOW_EMPTY_METRICS").lower() == "true")


def words(env: Mapping[str, str]) -> list[str]:
    """Return the inputs as arguments of `rollout check`. Raises `UsageError` where they don't go together."""
    condition = _input(env, "METRICS_CONDITION").lower()
    if condition not in _CONDITIONS:
        raise UsageError(f"metrics_condition is {condition!r}; allowed: lte or gte")
    found = ["check", f"{_CONDITIONS[condition]}={_input(env, 'THRESHOLD')}"]
    found += [f"{option}={text}" for name, option in _PASSED_ON.items() if (text := _input(env, name))]
    if not _input(env, "START_TIME") and not _input(env, "END_TIME"):
        count = _input(env, "NUM_INTERVALS")
        if not count:
            raise UsageError("num_intervals is missing: needed where start_time and end_time aren't given")
        found.append(f"--points={count}")
    if name := _input(env, "CHART_NAME"):
        file = _NOT_IN_NAMES.sub("-", name)
        file += "" if file.lower().endswith(".png") else ".png"
        found.append(f"--chart={Path(_input(env, 'CHART_SAVE_PATH') or '.') / file}")
    if summary := env.get("GITHUB_STEP_SUMMARY"):
        found.append(f"--markdown={summary}")
    return found


def log_in(env: MutableMapping[str, str]) -> None:
    """Let `AZURE_CREDENTIALS`, a service principal as azure/login takes it, be who asks.

    Raises `UsageError` where it is none. Without it, whoever is logged in asks.
    """
    text = env.get("AZURE_CREDENTIALS", "").strip()
    if not text:
        return
    try:
        said: Any = json.loads(text)
        principal = {name: str(cast("dict[str, object]", said)[key]) for name, key in _PRINCIPAL.items()}
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"AZURE_CREDENTIALS is no service principal: JSON with {', '.join(_PRINCIPAL.values())}"
        ) from None
    env.update(principal)


def _input(env: Mapping[str, str], name: str) -> str:
    return env.get(f"INPUT_{name}", "").strip()


def _ended(found: Report, *, allow_empty: bool) -> int:
    code = check.EXIT_CODES[Verdict.parse(found["verdict"])]
    if found["gates"][0]["noData"] and allow_empty:
        _annotate("warning", f"nothing was measured, which allow_empty_metrics allows: {found['reason']}")
        return 0
    if code:
        _annotate("error", f"{found['verdict']}: {found['reason']}")
    return code


def _annotate(kind: str, text: str) -> None:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{kind}::{escaped}", flush=True)


def _output(name: str, value: str) -> None:
    """Set an output of the step; whatever is in the value ends up in it, and nowhere else."""
    if file := os.environ.get("GITHUB_OUTPUT"):
        end = secrets.token_hex(16)
        with Path(file).open("a", encoding="utf-8") as outputs:
            outputs.write(f"{name}<<{end}\n{value}\n{end}\n")


@contextmanager
def _no_commands() -> Generator[None]:
    """Print for people alone: nothing in it is a command to the runner, whoever wrote it."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", flush=True)


if __name__ == "__main__":
    sys.exit(main())
