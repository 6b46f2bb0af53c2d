"""`rollout check`: judge now, and write nothing but what is asked for."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rollout.cli import alone, asked, check_view, document
from rollout.cli.usage import UsageError
from rollout.core.verdict import Verdict
from rollout.report import markdown, png, write

if TYPE_CHECKING:
    import argparse

    from rollout.report.schema import Report

EXIT_CODES = {Verdict.SUCCESSFUL: 0, Verdict.INCONCLUSIVE: 3, Verdict.ERROR: 4, Verdict.FAILED: 5}
_ALONE = ("resource_id", "workspace_id", "metric", "query")


def run(args: argparse.Namespace) -> int:
    """Judge, print, write what is asked for, and return the exit code of the verdict.

    Raises `UsageError` where the arguments don't go together, or a report can't be written.
    """
    found = judge(args)
    print(json.dumps(found, indent=2, allow_nan=False)) if args.json else check_view.show(found)
    save(found, args)
    return EXIT_CODES[Verdict.parse(found["verdict"])]


def judge(args: argparse.Namespace) -> Report:
    """Return what the check came to. Raises `UsageError` where the arguments don't go together."""
    if args.chart and find_spec("matplotlib") is None:
        raise UsageError(png.NEEDED)
    stands_alone = any(getattr(args, name) for name in _ALONE)
    if stands_alone and args.stack:
        raise UsageError("--stack judges a stack's own gates: leave out what names a gate")
    if args.chart and not stands_alone:
        raise UsageError("--chart goes with --resource-id; for a stack's gates take --report")
    given = [option for name, option in args.alone.items() if getattr(args, name) is not None]
    if given and not stands_alone:
        raise UsageError(
            f"{', '.join(given)}: of one gate that is named here, by --resource-id and --metric or by "
            "--workspace-id and --query; a stack's gates have theirs in its config"
        )
    return document.of_alone(alone.run(asked.read(args))) if stands_alone else _of_stack(args)


def save(found: Report, args: argparse.Namespace) -> None:
    """Write the report, chart and summary that are asked for. Raises `UsageError` where they can't be."""
    try:
        if args.markdown:
            with Path(args.markdown).open("a", encoding="utf-8") as file:
                file.write(markdown.render(found) + "\n")
        if args.chart:
            Path(args.chart).parent.mkdir(parents=True, exist_ok=True)
            png.draw(found["gates"][0], found, Path(args.chart), args.name or "")
        if args.report:
            write.write(found, Path(args.report))
    except png.NoMatplotlibError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        raise UsageError(f"the report can't be written: {error}") from None


def _of_stack(args: argparse.Namespace) -> Report:
    from rollout.azure import observe  # noqa: PLC0415 - a check that stands alone needs none of it
    from rollout.azure.assess import assess  # noqa: PLC0415
    from rollout.cli.stack import open_stack  # noqa: PLC0415
    from rollout.stack import tags  # noqa: PLC0415

    stack = open_stack(args.stack, Path(args.cwd).resolve())
    published = tags.parse(stack.tags())
    sight = observe.look(stack.arm, stack.place)
    found = assess(stack.settings, stack.arm, stack.place, sight=sight, published=published, root=stack.root)
    return document.of_stack(found, stack.name, stack.place.endpoint, stack.settings.gates)
