"""The table: every resource type that the rollout's programs declare."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from localazure.provider.errors import UnknownTypeError
from localazure.provider.types import foundation, machinelearning, monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.shape import ResourceType

PACKAGE: Final = "azure-native"

TYPES: Final[Mapping[str, ResourceType]] = {
    f"{PACKAGE}:{row.name}": row for row in (*foundation.TYPES, *machinelearning.TYPES, *monitoring.TYPES)
}


def resource_type(token: str) -> ResourceType:
    """Give the table's row for a Pulumi type, with or without an API version in it.

    Raises:
        UnknownTypeError: the table has none.
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    found = TYPES.get(f"{package}:{module.partition('/')[0]}:{name}")
    if found is None:
        near = get_close_matches(token, TYPES, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UnknownTypeError(
            f"the local azure-native provider knows no resource type {token}{hint}\n"
            f"It knows: {', '.join(sorted(TYPES))}\n"
            "The real one knows all: `pulumi plugin install resource azure-native`, then it is used instead."
        )
    return found


def type_of_urn(urn: str) -> ResourceType:
    """Give the row for a resource's URN, whose third part ends in its own type.

    Raises:
        UnknownTypeError: the table has none.
    """
    return resource_type(urn.split("::")[2].rpartition("$")[2])
