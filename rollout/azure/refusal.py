"""From a status and Azure's error code to the fault, its sentence and what mends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from rollout.azure.errors import (
    Forbidden,
    Missing,
    ReadError,
    Throttled,
    Unauthorised,
    Unavailable,
    WriteRefused,
)

_LONGEST = 300
FORBIDDEN, NOT_FOUND, SERVER_FAULT = 403, 404, 500


@dataclass(frozen=True)
class Need:
    """The role that a request needs, and where."""

    role: str = "Reader"
    scope: str = "<the resource's id>"
    principal: str = "<your object id>"
    """The object id of whoever asked, where its token tells."""

    @property
    def remedy(self) -> str:
        """The command that grants the role."""
        return (
            f'Let an owner run `az role assignment create --assignee {self.principal} --role "{self.role}" '
            f"--scope {self.scope}`; it takes effect within minutes."
        )


def read(what: str, status: int, code: str | None, message: str, need: Need | None = None) -> ReadError:
    """Return the fault for a read that was answered with this status."""
    why = f"{status} {code}" if code else f"HTTP {status}"
    why += f": {message}" if message else ""
    need = need or Need()
    match status:
        case 401:
            remedy = "Log in again with `az login`; is it the right tenant?"
            return Unauthorised(what, why, remedy, status, code)
        case 403:
            return Forbidden(what, f"{why}; it needs the role {need.role}", need.remedy, status, code)
        case 404:
            return Missing(what, why, "Look at its name, resource group and subscription.", status, code)
        case 429:
            return Throttled(what, why, "Wait a minute, and run it again.", status, code)
        case _ if status >= SERVER_FAULT:
            remedy = "Azure is in trouble: run it again, and look at https://status.azure.com."
            return Unavailable(what, why, remedy, status, code)
        case _:
            return ReadError(what, why, "", status, code)


def write(
    what: str, status: int | None, code: str | None, message: str, need: Need | None = None
) -> WriteRefused:
    """Return the fault for a write that was refused, or whose operation failed."""
    why = " ".join(str(part) for part in (status, code) if part) or "refused"
    why += f": {message}" if message else ""
    remedy = (need or Need("Contributor")).remedy if status == FORBIDDEN else ""
    return WriteRefused(what, why, remedy, status, code)


def code_and_message(text: str) -> tuple[str | None, str]:
    """Return the code and the first line of the message of ARM's error body; (None, "") if it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return None, ""
    if not isinstance(body, dict):
        return None, ""
    outer = cast("dict[str, Any]", body)
    inner = outer.get("error", outer)
    if not isinstance(inner, dict):
        return None, ""
    error = cast("dict[str, Any]", inner)
    code, message = error.get("code"), error.get("message")
    return (str(code) if code else None), first_line(str(message or "")).rstrip(".")


def first_line(text: str) -> str:
    """Return the first line that says anything; "" if none does. SDKs put a page below it."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:_LONGEST]


def no_answer(host: str, said: str) -> tuple[str, str]:
    """Return why a host gave no answer and what mends it, from what the HTTP client said."""
    lower = said.lower()
    if "certificate" in lower or "ssl" in lower:
        return (
            f"the certificate of {host} isn't trusted here",
            "Set REQUESTS_CA_BUNDLE to a file that has its authority.",
        )
    if any(sign in lower for sign in ("name or service", "resolve", "getaddrinfo", "name resolution")):
        return f"the name {host} doesn't resolve", "Look at the network, its DNS and HTTPS_PROXY."
    if "refused" in lower:
        return f"{host} refuses the connection", "Look at the network; does the service run there?"
    if "timed out" in lower or "timeout" in lower:
        return f"{host} doesn't answer in time", "Look at the network and HTTPS_PROXY, or run it again."
    return (
        f"{host} gave no answer ({first_line(said) or 'no reason given'})",
        "Look at the network and HTTPS_PROXY.",
    )
