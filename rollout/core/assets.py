"""References to models and environments, as config writes them and as ARM takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}"
VERSION_LENGTH = 30
"""The longest a version may be."""
_VERSION = rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{VERSION_LENGTH - 1}}}"
_SHORT = re.compile(rf"azureml:(?P<name>{_NAME})(?:@(?P<label>latest)|:(?P<version>{_VERSION}))")
_REGISTRY = re.compile(
    rf"azureml://registries/(?P<registry>{_NAME})/(?P<kind>models|environments)/(?P<name>{_NAME})"
    rf"/versions/(?P<version>{_VERSION})"
)
_VERSION_ID = re.compile(r"/(models|environments|codes)/([^/]+)/versions/([^/]+)\Z", re.IGNORECASE)


class AssetKind(StrEnum):
    """What is referred to, as it stands in an ARM id."""

    MODEL = "models"
    ENVIRONMENT = "environments"


@dataclass(frozen=True)
class VersionId:
    """What the id of an asset's version names, in a workspace or in a registry."""

    kind: str
    """`models`, `environments` or `codes`."""
    name: str
    version: str

    @classmethod
    def parse(cls, text: str) -> VersionId | None:
        """Return what an id ends with, or None where that is no version of an asset."""
        found = _VERSION_ID.search(text)
        return cls(found[1].lower(), found[2], found[3]) if found else None


@dataclass(frozen=True)
class AssetRef:
    """A model or an environment, of the workspace or of a registry."""

    kind: AssetKind
    name: str
    version: str | None
    """None is `@latest`: whichever version is the newest when it is asked for."""
    registry: str | None = None
    """None is the workspace itself."""

    def __str__(self) -> str:
        if self.version is None:
            return f"azureml:{self.name}@latest"
        if self.registry is None:
            return f"azureml:{self.name}:{self.version}"
        return f"azureml://registries/{self.registry}/{self.kind}/{self.name}/versions/{self.version}"

    @classmethod
    def parse(cls, text: str, kind: AssetKind) -> AssetRef:
        """Return the asset that the text refers to. Raises `ValueError` saying what is allowed."""
        match = _SHORT.fullmatch(text) or _REGISTRY.fullmatch(text)
        if match is None or match.groupdict().get("kind", kind) != kind:
            raise ValueError(allowed(kind))
        found = match.groupdict()
        return cls(kind, found["name"], found["version"], found.get("registry"))

    def pinned(self, version: str) -> AssetRef:
        """Return the same asset at that version."""
        return replace(self, version=version)

    def arm_id(self, workspace_id: str) -> str:
        """Return what ARM takes as the asset's id: below the workspace, or in its registry.

        Raises `ValueError` for `@latest`, which names no version yet.
        """
        if self.version is None:
            raise ValueError(f"{self} has to be resolved to a version first")
        if self.registry is not None:
            return str(self)
        return f"{workspace_id}/{self.kind}/{self.name}/versions/{self.version}"


def allowed(kind: AssetKind) -> str:
    """Return the ways to refer to an asset of that kind, for an error message."""
    return f"azureml:NAME:VERSION, azureml:NAME@latest or azureml://registries/REGISTRY/{kind}/NAME/versions/VERSION"
