from __future__ import annotations

from typing import Any

__all__ = ["ArmError", "bad_request", "conflict", "not_found"]


class ArmError(Exception):
    """A request Azure Resource Manager refuses.

    Attributes:
        status: The HTTP status.
        code: Azure's error code.
        message: The sentence a person reads.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"({code}) {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, Any]:
        """The error as Azure's JSON."""
        return {"error": {"code": self.code, "message": self.message, "details": []}}


def bad_request(message: str, code: str = "BadRequest") -> ArmError:
    """400: the request itself is wrong."""
    return ArmError(400, code, message)


def conflict(message: str, code: str = "Conflict") -> ArmError:
    """409: the resource's present state doesn't allow it."""
    return ArmError(409, code, message)


def not_found(what: str, group: str | None = None) -> ArmError:
    """404 in the words of Azure: the resource, and the group it was looked for in."""
    where = f" under resource group '{group}'" if group else ""
    return ArmError(404, "ResourceNotFound", f"The Resource '{what}'{where} was not found.")
