"""What is printed, and what becomes of it where nobody reads it any more."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rollout.cli import codes

if TYPE_CHECKING:
    from collections.abc import Generator

_UNWRITABLE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})
"""What ends a print: nobody reads on, the disk is full, the terminal is closed."""


def tell(text: str, *, error: bool = False) -> None:
    """Print a line at once, on standard output or standard error, for whoever goes on after it.

    Where nobody reads standard output any more, as `head` after its first lines, standard error says so once.
    """
    stream: TextIO | None = sys.stderr if error else sys.stdout
    if stream is None:
        return
    try:
        print(text, file=stream, flush=True)
    except OSError as fault:
        _to_nowhere(stream)
        if not error:
            why = fault.strerror or str(fault)
            tell(f"nobody reads standard output any more ({why}): it goes on all the same", error=True)


@contextmanager
def heard() -> Generator[None]:
    """End with 1 where what was printed can't be written: quietly where its reader has gone.

    That is what Python's documentation recommends: the interpreter's own flush would end in a traceback. A
    character that the terminal's encoding lacks is printed as its number.
    """
    if (reconfigure := getattr(sys.stdout, "reconfigure", None)) is not None:
        reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            _flush()
    except OSError as fault:
        if fault.errno not in _UNWRITABLE:
            raise
        _to_nowhere(sys.stdout)
        if fault.errno != errno.EPIPE:
            tell(f"what came of it can't be written: {fault.strerror}", error=True)
        sys.exit(codes.FAULT)


def _flush() -> None:
    """Write what is still to be written. Raises `OSError` where that is on standard output and can't be."""
    try:
        print(end="", file=sys.stderr, flush=True)
    except OSError:
        _to_nowhere(sys.stderr)
    print(end="", flush=True)


def _to_nowhere(stream: TextIO) -> None:
    """Write to nowhere what goes to a stream from now on, and what it still holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
