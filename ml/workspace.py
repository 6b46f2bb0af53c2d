"""The workspace's registry of models and environments, through Azure's own client."""

import io
import logging
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Environment, Model
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.identity import DefaultAzureCredential


class WorkspaceError(Exception):
    """What the workspace refused, or why it couldn't be asked."""


@dataclass(frozen=True)
class Version:
    """A registered version of a model or an environment."""

    version: str
    tags: Mapping[str, str]
    created: datetime


class Registry(Protocol):
    """Where versions are registered. Every method raises `WorkspaceError` when Azure doesn't do it."""

    def models(self, name: str) -> list[Version]:
        """Every version of a model; none if there is no such model."""
        ...

    def environments(self, name: str) -> list[Version]:
        """Every version of an environment; none if there is no such environment."""
        ...

    def add_model(
        self, name: str, version: str | None, folder: Path, about: str, tags: dict[str, str]
    ) -> str:
        """Upload a folder as a version (`None`: the next one), and name the version."""
        ...

    def add_environment(
        self, name: str, version: str | None, image: str, conda: Path, tags: dict[str, str]
    ) -> str:
        """Register an image and a conda file as a version (`None`: the next one), and name the version."""
        ...

    def download(self, name: str, version: str, into: Path) -> None:
        """Fetch a model's files to a folder."""
        ...


class Workspace:
    """The registry of one workspace."""

    def __init__(self, subscription: str, resource_group: str, workspace: str) -> None:
        self.name = f"workspace {workspace} in resource group {resource_group}"
        # They tell of each kind of login that isn't there and of each download; an error says what to do.
        for chatty in ("azure.identity", "azure.ai.ml"):
            logging.getLogger(chatty).setLevel(logging.ERROR)
        self._client = MLClient(
            DefaultAzureCredential(), subscription, resource_group, workspace, show_progress=False
        )

    def models(self, name: str) -> list[Version]:
        """See `Registry`."""
        with self._asking(f"list the versions of model {name}"):
            return _versions(lambda: self._client.models.list(name=name))

    def environments(self, name: str) -> list[Version]:
        """See `Registry`."""
        with self._asking(f"list the versions of environment {name}"):
            return _versions(lambda: self._client.environments.list(name=name))

    def add_model(
        self, name: str, version: str | None, folder: Path, about: str, tags: dict[str, str]
    ) -> str:
        """See `Registry`."""
        model = Model(
            name=name,
            version=version,
            path=folder,
            type=AssetTypes.CUSTOM_MODEL,
            description=about,
            tags=tags,
        )
        with self._asking(f"register model {name}"):
            return str(self._client.models.create_or_update(model).version)

    def add_environment(
        self, name: str, version: str | None, image: str, conda: Path, tags: dict[str, str]
    ) -> str:
        """See `Registry`."""
        environment = Environment(name=name, version=version, image=image, conda_file=conda, tags=tags)
        with self._asking(f"register environment {name}"):
            return str(self._client.environments.create_or_update(environment).version)

    def download(self, name: str, version: str, into: Path) -> None:
        """See `Registry`."""
        with self._asking(f"download model {name}:{version}"):
            models: Any = self._client.models  # its PathLike is of no known type
            models.download(name=name, version=version, download_path=into)

    @contextmanager
    def _asking(self, what: str) -> Generator[None]:
        """Azure's refusals as sentences that say what was asked of which workspace."""
        unwanted = io.StringIO()  # the client's progress lines; what goes wrong comes as an exception
        try:
            with redirect_stdout(unwanted), redirect_stderr(unwanted):
                yield
        except ResourceNotFoundError as error:
            raise WorkspaceError(
                f"Couldn't {what} in {self.name}: {_first_line(error)} Check --resource-group and --workspace"
            ) from error
        except ClientAuthenticationError as error:
            raise WorkspaceError(
                f"Couldn't {what}: no Azure login was accepted for {self.name} ({_first_line(error)}). "
                'Log in: az login, or for the local Azure: eval "$(localazure env)"'
            ) from error
        except ServiceRequestError as error:
            raise WorkspaceError(
                f"Couldn't {what}: Azure can't be reached ({_first_line(error)}). "
                "Is the network up, or the local Azure running (localazure status)?"
            ) from error
        except HttpResponseError as error:
            status = f"HTTP {error.status_code}" if error.status_code else "no status"
            raise WorkspaceError(f"Couldn't {what} in {self.name}: {status}, {_first_line(error)}") from error
        except AzureError as error:
            raise WorkspaceError(f"Couldn't {what} in {self.name}: {_first_line(error)}") from error


def _versions(ask: Callable[[], Iterable[Any]]) -> list[Version]:
    try:
        found = list(ask())
    except ResourceNotFoundError as error:
        if error.error is not None and error.error.code in {
            "ResourceGroupNotFound",
            "ParentResourceNotFound",
        }:
            raise
        return []
    return [
        Version(
            version=str(each.version),
            tags=dict(each.tags or {}),
            created=each.creation_context.created_at
            if each.creation_context
            else datetime.min.replace(tzinfo=UTC),
        )
        for each in found
    ]


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
