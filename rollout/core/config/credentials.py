"""What looks like a credential: config holds none, and messages show none."""

from __future__ import annotations

import re
from typing import cast

_NAME = re.compile(r"(?:key|secret|token|password|passwd|pwd|connectionstring|credentials?)(?:_|\Z)")
_VALUE = re.compile(
    r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=|[?&]sig="
    r"|-----BEGIN |\AeyJ[\w-]+\.eyJ",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{\{(?:azureml://connections/|keyvault:https://)[^}]+\}\}")

HIDDEN = "(not shown)"


def looks_secret(name: str, value: object) -> bool:
    """Return whether a key of this name and value holds a credential, and not a reference to one."""
    if (
        isinstance(value, bool | int | float)
        or not value
        or (isinstance(value, str) and _REFERENCE.fullmatch(value))
    ):
        return False
    words = (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("connection_string", "connectionstring")
    )
    return bool(_NAME.search(words) or (isinstance(value, str) and _VALUE.search(value)))


def redacted(value: object) -> object:
    """Return the value with every credential in it hidden."""
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {
            name: HIDDEN if looks_secret(str(name), entry) else redacted(entry)
            for name, entry in entries.items()
        }
    if isinstance(value, list):
        return [redacted(entry) for entry in cast("list[object]", value)]
    return HIDDEN if isinstance(value, str) and looks_secret("", value) else value
