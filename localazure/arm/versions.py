"""The `api-version` that every request to ARM bears."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["need_version"]

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z0-9.-]+)?", re.IGNORECASE | re.ASCII)


def need_version(query: Mapping[str, str]) -> None:
    """Refuse a request without a version, or with one that is no date; which date doesn't matter here.

    (learn.microsoft.com, "Common Azure deployment errors": MissingApiVersionParameter,
    InvalidApiVersionParameter.) Each client has its own, so all of them are taken.

    Raises:
        ArmError: 400.
    """
    version = query.get("api-version")
    if not version:
        text = "The api-version query parameter (?api-version=) is required for all requests."
        raise bad_request(text, "MissingApiVersionParameter")
    if VERSION.fullmatch(version) is None:
        text = f"The api-version '{version[:80]}' is invalid: it is a date, such as 2025-12-01."
        raise bad_request(text, "InvalidApiVersionParameter")
