from __future__ import annotations

import uuid
from typing import Any

__all__ = ["LogsError", "bad_argument", "semantic_error", "syntax_error", "too_long", "unknown_workspace"]

INVALID = "The request had some invalid properties"


class LogsError(Exception):
    """A query that Log Analytics refuses.

    Attributes:
        status: The HTTP status.
        code: The code of the error that clients show.
        message: The sentence a person reads.
        inner: What is inside it, outermost first: `code` and `message`, and where in the query.
    """

    def __init__(self, status: int, code: str, message: str, *inner: dict[str, Any]) -> None:
        super().__init__(
            f"({code}) {message}" + "".join(f" ({one['code']}) {one['message']}" for one in inner)
        )
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner

    def body(self) -> dict[str, Any]:
        """The error as the service's JSON."""
        nested: dict[str, Any] | None = None
        for one in reversed(self.inner):
            nested = one if nested is None else one | {"innererror": nested}
        error: dict[str, Any] = {
            "message": self.message,
            "code": self.code,
            "correlationId": str(uuid.uuid4()),
        }
        return {"error": error if nested is None else error | {"innererror": nested}}


def bad_argument(message: str, code: str = "BadArgumentError") -> LogsError:
    """400: something else than the query is wrong."""
    return LogsError(400, code, message)


def syntax_error(message: str, line: int | None = None, position: int | None = None) -> LogsError:
    """400: the query can't be parsed, and where that shows (line from 1, position from 0)."""
    where = {} if line is None else {"line": line, "pos": position or 0}
    outer = {"code": "SyntaxError", "message": "A recognition error occurred in the query."}
    return LogsError(
        400, "BadArgumentError", INVALID, outer, {"code": "SYN0002", "message": message, **where}
    )


def semantic_error(message: str, code: str = "SEM0100") -> LogsError:
    """400: the query is well formed and names what isn't there, or isn't supported here."""
    outer = {"code": "SemanticError", "message": "A semantic error occurred."}
    return LogsError(400, "BadArgumentError", INVALID, outer, {"code": code, "message": message})


def unknown_workspace() -> LogsError:
    """404: there is no such workspace, or it was deleted."""
    return LogsError(404, "WorkspaceNotFoundError", "The workspace could not be found")


def too_long(seconds: float) -> LogsError:
    """504: the query took longer than the caller, or the service, waits."""
    inner = {"code": "GatewayTimeout", "message": f"Unable to finish the query within {seconds:g} s"}
    return LogsError(504, "GatewayTimeout", "The query took too long: the gateway has timed out", inner)
