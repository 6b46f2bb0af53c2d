"""What the log says of requests that are no HTTP: a line. aiohttp answers a 400, and logs a stack."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

__all__ = ["log_in_a_line"]


def log_in_a_line() -> None:
    """Have aiohttp's log of such a request end with what is wrong with it."""
    logging.getLogger("aiohttp.server").addFilter(_without_stack)


def _without_stack(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        what = " ".join(str(error).split())
        record.msg, record.args, record.exc_info = "a request that is no HTTP: %s", (what,), None
    return True
