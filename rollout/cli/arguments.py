"""The arguments of every command."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from rollout.cli import inputs
from rollout.core import times
from rollout.core.gates.fixed import Empty

_AGGREGATIONS = ("Average", "Minimum", "Maximum", "Total", "Count")

_NOT_WRITTEN = "1 can't be read or written, 2 it makes no sense now, or wrong usage."
_INTENTS = {
    "abort": "have the next `pulumi up` take the candidate back, from any stage, without asking any gate",
    "retry": "have the next `pulumi up` start a release again that was taken back",
    "skip": "have the next `pulumi up` make the candidate prod without its gates",
    "undo": "have the next `pulumi up` go back to old prod, while it lives",
    "adopt": "have the next `pulumi up` take what is live for the record, or take over what serves",
    "reset": "have the next `pulumi up` set the live traffic back to the record's",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of `rollout`."""
    top = argparse.ArgumentParser(
        prog="rollout", description="Look at, and steer, the rollout that a stack's `pulumi up`s carry out."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _status(
        _of_stack(
            commands,
            "status",
            "phase, deployments, stage, verdicts, and what the next `pulumi up` will do",
            "Exit code: 0 Healthy or Progressing, 3 Paused, 4 Degraded, 1 can't be read, 2 usage.",
        )
    )
    _check(
        _of_stack(
            commands,
            "check",
            "judge the gates now, or one gate on any resource; --report draws it",
            "Exit code: 0 Successful, 3 Inconclusive, 4 Error, 5 Failed, 1 the stack can't be read, 2 usage.",
        )
    )
    _approve(
        _of_stack(
            commands,
            "approve",
            "let the candidate go on: approve its next stage, or accept what is proved so far",
            f"Exit code: 0 written, {_NOT_WRITTEN}",
        )
    )
    codes = f"Exit code: 0 written, {_NOT_WRITTEN}"
    paused = "let nothing start, go up or be retired; a bad candidate is still taken back"
    _reason(_of_stack(commands, "pause", paused, codes))
    _of_stack(commands, "resume", "end a pause", codes, module="pause")
    for name, what in _INTENTS.items():
        _reason(_of_stack(commands, name, what, codes, module="intend"))
    _release(
        _of_stack(
            commands,
            "release",
            "name what is released in the stack's file: a model, or what is Healthy elsewhere",
            "Exit code: 0 the file says so, 1 something can't be read or written, 2 it isn't there, isn't "
            "Healthy, or wrong usage.",
        )
    )
    _history(
        _of_stack(
            commands,
            "history",
            "what the rollouts did, when, and on whose word; the last 200 steps",
            "Exit code: 0 printed, 1 the stack can't be read, 2 usage.",
        )
    )
    _run(
        _of_stack(
            commands,
            "run",
            "one `pulumi up` after another, until the release is Healthy or comes no further",
            "Exit code: 0 there, 3 Paused, 4 Degraded or taken back, 5 --timeout is over, 1 `pulumi up` "
            "failed or something can't be read, 2 usage, 130 interrupted.",
        )
    )
    _guard(
        _of_stack(
            commands,
            "guard",
            "watch between two `pulumi up`s, and take the candidate back once the evidence is in",
            "Exit code: 0 Healthy with --until, 4 the release was taken back, 5 --timeout is over, 1 the "
            "stack can't be read at the start, 2 usage, 130 interrupted.",
        )
    )
    _of_stack(
        commands,
        "doctor",
        "whether the stack is fit for rollouts, and a ladder for the traffic it gets",
        "Exit code: 0 all is well, 3 warnings, 4 problems, 2 usage.",
    )
    return top


def _of_stack(
    commands: Any, name: str, what: str, codes: str, *, module: str | None = None
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}. {codes}")
    command.set_defaults(module=module or name)
    command.add_argument("--stack", help="the stack to look at; the selected one if left out")
    command.add_argument("--cwd", default=".", help="the project's folder; this one if left out")
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def _status(status: argparse.ArgumentParser) -> None:
    status.add_argument("--watch", action="store_true", help="look again every few seconds until interrupted")
    _every(status, timedelta(seconds=5), "between two looks of --watch")


def _every(command: argparse.ArgumentParser, default: timedelta, what: str) -> None:
    shown = times.show_duration(default)
    help_text = f"{what}, such as 30s or 1m, or in seconds; {shown} if left out"
    command.add_argument("--every", type=inputs.wait, default=default, metavar="TIME", help=help_text)


def _timeout(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--timeout", type=inputs.wait, metavar="TIME", help="stop after this long, such as 2h"
    )


def _reason(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reason", metavar="TEXT", help="why: it is written down, and said by the next `pulumi up`"
    )


def _approve(approve: argparse.ArgumentParser) -> None:
    approve.add_argument(
        "--margin",
        type=inputs.margin,
        help="how much worse than prod it may be, such as 2.1pp; what is proved by now if left out",
    )
    approve.add_argument(
        "--stage",
        dest="rung",
        type=inputs.rung,
        help="only if this is the stage to approve; with a margin, the one that the candidate is at",
    )


def _release(release: argparse.ArgumentParser) -> None:
    release.add_argument(
        "model", nargs="?", metavar="MODEL", help="azureml:NAME:VERSION, NAME:VERSION, or VERSION alone"
    )
    release.add_argument(
        "--from",
        dest="source",
        metavar="STACK|ENDPOINT",
        help="bring what is Healthy in a stack, or at the endpoint of that ARM id, instead of a MODEL",
    )
    release.add_argument("--code", metavar="DIR", help="the folder of the scoring code")
    release.add_argument("--environment", metavar="REF", help="what the scoring code runs in")
    release.add_argument(
        "--override",
        metavar="REASON",
        help="let it start although it wasn't Healthy where promotesFrom says; written into the file",
    )


def _history(history: argparse.ArgumentParser) -> None:
    history.add_argument("--last", type=inputs.count, default=20, help="how many; 20 if left out")
    history.add_argument("--release", metavar="ID", help="only those of that release id")


def _run(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--until",
        dest="rung",
        type=_end,
        metavar="WHAT",
        help="healthy, or a stage such as 10 that the candidate gets; healthy if left out",
    )
    _timeout(run)
    _every(run, timedelta(seconds=30), "between two looks while a stage bakes")


def _guard(guard: argparse.ArgumentParser) -> None:
    _every(guard, timedelta(minutes=1), "between two looks")
    guard.add_argument(
        "--until", choices=["healthy"], help="end once the release is prod; on and on if left out"
    )
    _timeout(guard)


def _check(check: argparse.ArgumentParser) -> None:
    check.add_argument("--report", metavar="DIR", help="write report.html, summary.md and a PNG a gate")
    check.add_argument(
        "--markdown", metavar="FILE", help="append the summary, such as to $GITHUB_STEP_SUMMARY"
    )
    group, alone = check.add_argument_group("one gate, with no stack"), dict[str, str]()

    def add(option: str, **how: Any) -> None:
        alone[group.add_argument(option, **how).dest] = option

    check.set_defaults(alone=alone)
    add("--resource-id", metavar="ID", help="the ARM id of what is measured")
    add("--metric", help="an Azure Monitor metric, such as RequestLatency_P90")
    add(
        "--aggregation",
        type=_aggregation,
        metavar="NAME",
        help=f"{', '.join(_AGGREGATIONS)}; Average if left out",
    )
    add("--max", type=inputs.limit, help="every point must be at most this")
    add("--min", type=inputs.limit, help="every point must be at least this")
    add("--filter", help="such as statusCodeClass ne '2xx'")
    add("--deployment", help="of the endpoint: added to the filter")
    add("--interval", type=inputs.interval, help="1m if left out")
    add("--points", type=inputs.points, help="how many of the newest intervals; 5 if left out")
    add("--start", type=inputs.instant, help="judge the intervals from here, instead of --points")
    add("--end", type=inputs.instant, help="to here")
    add(
        "--lag",
        type=inputs.lag,
        help="how far behind now --points end, as measurements arrive late; 3m, or 5m for --query",
    )
    add(
        "--empty",
        choices=[each.value for each in Empty],
        help="what no measurement means: hold, the default; zero, where requests are proved; abort (Failed)",
    )
    add("--failure-limit", type=inputs.allowance, help="points that may be beyond; 0")
    add("--location", help="the resource's region, where ARM doesn't tell")
    add("--name", help="what the gate is called in the report")
    add("--chart", metavar="FILE", help="write the chart as a PNG")
    add("--workspace-id", metavar="GUID", help="a Log Analytics workspace's customer id, for --query")
    add("--query", metavar="KQL", help="a query that returns one number")


def _end(text: str) -> str | None:
    return None if text.strip().lower() == "healthy" else inputs.rung(text)


def _aggregation(text: str) -> str:
    found = next((each for each in _AGGREGATIONS if each.lower() == text.strip().lower()), None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_AGGREGATIONS)}")
    return found
