"""The `rollout` command: what people ask of a stack between two `pulumi up`s."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rollout.cli import codes, output

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 1 where something can't be read, 2 for wrong usage."""
    try:
        with output.heard():
            return _ran(argv)
    except KeyboardInterrupt:
        return codes.INTERRUPTED


def _ran(argv: Sequence[str] | None) -> int:
    from rollout.cli.arguments import parser  # noqa: PLC0415 - importing the package costs nothing

    args = parser().parse_args(argv)
    from rollout.cli.usage import UsageError, code_of  # noqa: PLC0415 - a wrong argument needs none of it
    from rollout.stack.faults import FAULTS  # noqa: PLC0415

    try:
        command = import_module(f"rollout.cli.{args.module}")
        return int(command.run(args))
    except (*FAULTS, UsageError) as error:
        output.tell(str(error), error=True)
        return code_of(error)
