from __future__ import annotations

from dataclasses import dataclass

from localazure.arm.errors import bad_request

__all__ = ["ArmPath", "parse"]

SUBSCRIPTION = "Microsoft.Resources/subscriptions"
GROUP = "Microsoft.Resources/resourceGroups"


@dataclass(frozen=True)
class ArmPath:
    """What an ARM URL names: a resource, or with `tail` a collection below it or an action on it.

    Attributes:
        scope: The id that the provider's part hangs on; empty for the tenant.
        type: The full resource type as written, `Microsoft.X/a/b`; the bare namespace for a top-level list.
        names: One name for each type segment.
        tail: The trailing segment without a name.
    """

    scope: str
    type: str
    names: tuple[str, ...]
    tail: str | None = None

    @property
    def id(self) -> str:
        """The id of the resource, as written, without the tail."""
        if self.type.lower() == SUBSCRIPTION.lower():
            return f"/subscriptions/{self.names[0]}"
        if self.type.lower() == GROUP.lower():
            return f"{self.scope}/resourceGroups/{self.names[0]}"
        namespace, *types = self.type.split("/")
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(types, self.names, strict=True))
        return f"{self.scope}/providers/{namespace}{pairs}"

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1]

    @property
    def group(self) -> str | None:
        """The resource group's name, if the path is in one."""
        parts = self.id.split("/")
        return parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else None  # noqa: PLR2004

    @property
    def parent(self) -> ArmPath | None:
        """The resource this one is nested in; None for a top-level type."""
        if len(self.names) < 2:  # noqa: PLR2004 - a type and its parent
            return None
        return ArmPath(self.scope, self.type.rsplit("/", 1)[0], self.names[:-1])

    def child(self, tail: str, name: str) -> ArmPath:
        """The path of a resource nested in this one."""
        return ArmPath(self.scope, f"{self.type}/{tail}", (*self.names, name))


def parse(path: str) -> ArmPath:
    """Read an ARM URL path, in any casing.

    >>> parse("/subscriptions/s/resourcegroups/rg/providers/Microsoft.X/a/b/listKeys").tail
    'listKeys'

    Raises:
        ArmError: It isn't one.
    """
    segments = [segment for segment in path.split("/") if segment]
    lower = [segment.lower() for segment in segments]
    if "providers" in lower:
        at = len(lower) - 1 - lower[::-1].index("providers")
        scope = "".join(f"/{segment}" for segment in segments[:at])
        namespace = segments[at + 1 : at + 2]
        if not namespace:
            raise bad_request(f"'{path}' names no resource provider.", "InvalidResourceNamespace")
        return _read(scope, namespace[0], segments[at + 2 :])
    match lower:
        case ["subscriptions", _]:
            return ArmPath("", SUBSCRIPTION, (segments[1],))
        case ["subscriptions", _, tail]:
            tail = "resourceGroups" if tail == "resourcegroups" else segments[2]
            return ArmPath("", SUBSCRIPTION, (segments[1],), tail)
        case ["subscriptions", _, "resourcegroups", _, *rest] if len(rest) <= 1:
            scope = f"/subscriptions/{segments[1]}"
            return ArmPath(scope, GROUP, (segments[3],), segments[4] if rest else None)
        case _:
            raise bad_request(f"'{path}' is no path of Azure Resource Manager.", "InvalidResourceId")


def _read(scope: str, namespace: str, rest: list[str]) -> ArmPath:
    types, names = rest[0::2], rest[1::2]
    tail = types.pop() if len(types) > len(names) else None
    return ArmPath(scope, "/".join((namespace, *types)), tuple(names), tail)
