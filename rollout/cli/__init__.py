"""The `rollout` command: what people ask of a stack between two `pulumi up`s."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = 2
UNREADABLE = 1

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 1 where something can't be read, 2 for wrong usage."""
    args = _parser().parse_args(argv)
    from rollout.azure.errors import AzureFault  # noqa: PLC0415 - a wrong argument needs none of it
    from rollout.cli.stack import StackError  # noqa: PLC0415
    from rollout.core.config import ConfigError  # noqa: PLC0415
    from rollout.core.release import CodeError  # noqa: PLC0415

    try:
        from rollout.cli import status  # noqa: PLC0415

        return status.run(args)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except (AzureFault, CodeError, StackError) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rollout", description="Look at, and steer, the rollout that a stack's `pulumi up`s carry out."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    status = commands.add_parser(
        "status",
        help="phase, deployments, stage, verdicts, and what the next `pulumi up` will do",
        description="Exit code: 0 Healthy or Progressing, 3 Paused, 4 Degraded, 1 can't be read, 2 usage.",
    )
    status.add_argument("--stack", help="the stack to look at; the selected one if left out")
    status.add_argument("--cwd", default=".", help="the project's folder; this one if left out")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.add_argument("--watch", action="store_true", help="look again every few seconds until interrupted")
    status.add_argument(
        "--every",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="between two looks of --watch; 5 if left out",
    )
    return parser
