"""What Azure refuses in an online endpoint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localazure.arm.body import part
from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.arm.body import JSON

__all__ = ["AUTH_MODES", "NAME", "NAME_HELP", "check_properties", "check_traffic", "weights"]

NAME = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
NAME_HELP = "3 to 32 letters, digits and single dashes, beginning with a letter, not ending in a dash"
AUTH_MODES = ("Key", "AMLToken", "AADToken")
MIRROR_LIMIT = 50


def check_properties(body: JSON) -> None:
    """Refuse a PUT without identity or with an unknown authMode.

    Raises:
        ArmError: 400.
    """
    if not body.get("identity"):
        raise bad_request("The request is invalid: identity is required for a managed online endpoint.")
    mode = part(body, "properties").get("authMode")
    if mode not in AUTH_MODES:
        raise bad_request(f"The request is invalid: authMode '{mode}' is not one of {', '.join(AUTH_MODES)}.")


def check_traffic(properties: JSON, deployments: Mapping[str, bool]) -> None:
    """Refuse traffic that can't be routed.

    Args:
        properties: The endpoint's.
        deployments: Name in lower case of each deployment, and whether it can take requests.

    Raises:
        ArmError: 400.
    """
    traffic = weights(properties, "traffic")
    mirror = weights(properties, "mirrorTraffic")
    total = sum(traffic.values())
    if total not in {0, 100}:
        raise bad_request(
            f"The request is invalid: traffic values must sum to 0 or 100, not {total}: {traffic}."
        )
    for name, share in (*traffic.items(), *mirror.items()):
        if name.lower() not in deployments:
            known = ", ".join(sorted(deployments)) or "none"
            raise bad_request(
                f"The request is invalid: there is no deployment '{name}'. Deployments: {known}."
            )
        if share and not deployments[name.lower()]:
            raise bad_request(
                f"The request is invalid: deployment '{name}' isn't provisioned; it can't get {share} %."
            )
    mirrored = {name: share for name, share in mirror.items() if share}
    if len(mirrored) > 1:
        raise bad_request(
            f"The request is invalid: traffic can be mirrored to one deployment only, not {mirrored}."
        )
    for name, share in mirrored.items():
        if share > MIRROR_LIMIT:
            raise bad_request(
                f"The request is invalid: mirror traffic of '{name}' is {share}, the limit {MIRROR_LIMIT}."
            )
        live = {key.lower(): value for key, value in traffic.items()}.get(name.lower(), 0)
        if live:
            raise bad_request(
                f"The request is invalid: '{name}' has {live} % live traffic; it can't get mirrored traffic."
            )


def weights(properties: JSON, key: str) -> dict[str, int]:
    """`traffic` or `mirrorTraffic` of an endpoint, empty where left out.

    Raises:
        ArmError: 400, it is no object of integers from 0 to 100.
    """
    if not isinstance(properties.get(key) or {}, dict):
        raise bad_request(f"The request is invalid: {key} must be an object.")
    shares = part(properties, key)
    for name, share in shares.items():
        if type(share) is not int or not 0 <= share <= 100:  # noqa: PLR2004 - per cent
            raise bad_request(
                f"The request is invalid: {key}.{name} is {share!r}; integers from 0 to 100 are allowed."
            )
    return shares
