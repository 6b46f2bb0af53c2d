from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["DeploymentSpec", "EndpointRoute", "ProbeSpec", "ProvisioningError"]


@dataclass(frozen=True)
class ProbeSpec:
    """A liveness or readiness probe; times in seconds. The defaults are Azure's."""

    initial_delay: float = 10.0
    period: float = 10.0
    timeout: float = 2.0
    failure_threshold: int = 30
    success_threshold: int = 1

    @property
    def patience(self) -> float:
        """Seconds after which something that never answered has failed the probe."""
        return self.initial_delay + self.period * self.failure_threshold


@dataclass(frozen=True)
class DeploymentSpec:
    """What a deployment runs.

    Attributes:
        endpoint_id: The endpoint's ARM id in lower case.
        model_dir: The model asset as a folder, what `AZUREML_MODEL_DIR` names.
        code_dir: The code asset as a folder, which holds `scoring_script`.
        image: The environment version's image; only its conda file can be had here.
        brought: Requirements that the image has beside its conda file's.
        request_timeout: Seconds a request may take, waiting in the queue included.
        max_concurrent: Requests an instance is given at a time.
    """

    endpoint_id: str
    endpoint_name: str
    name: str
    model_dir: Path | None
    code_dir: Path | None
    scoring_script: str | None
    image: str | None
    conda_file: str | None
    environment_variables: Mapping[str, str]
    instances: int
    request_timeout: float
    max_concurrent: int
    liveness: ProbeSpec
    readiness: ProbeSpec
    brought: tuple[str, ...] = ()


@dataclass(frozen=True)
class EndpointRoute:
    """Where an endpoint's requests go, and who may send them.

    Attributes:
        endpoint_id: The endpoint's ARM id in lower case.
        traffic: Integer weight of each deployment.
        mirror: Percentage of the live requests that a deployment gets a copy of.
        auth_mode: `Key`, `AMLToken` or `AADToken`.
    """

    endpoint_id: str
    endpoint_name: str
    traffic: Mapping[str, int]
    mirror: Mapping[str, int]
    auth_mode: str
    primary_key: str
    secondary_key: str


class ProvisioningError(Exception):
    """A deployment that could not be brought up, as its operation reports it.

    Attributes:
        code: Azure's error code, such as `ImageBuildFailure` or `ResourceNotReady`.
        message: What failed, where, and what would mend it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"({code}) {message}")
        self.code = code
        self.message = message
