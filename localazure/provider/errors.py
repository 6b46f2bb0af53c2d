"""What goes wrong, as sentences for people.

ProviderError
├── UnknownTypeError      the table has no such resource type or function
├── ConfigurationError    credentials, subscription or endpoint are missing or refused
├── UnreachableError      nothing answers at the ARM endpoint
├── ArmError              ARM answered with an error; .code
├── OperationError        ARM accepted a write and the operation failed later; .code
├── CancelledError        the engine cancelled, or the resource's timeout is over
└── PartialError          a write was accepted and didn't end well: the state to keep
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localazure.provider.values import Properties


class ProviderError(Exception):
    """A failure that its text explains completely."""


class UnknownTypeError(ProviderError):
    """The table has no such resource type or function."""


class ConfigurationError(ProviderError):
    """Credentials, subscription or endpoint are missing or refused."""


class UnreachableError(ProviderError):
    """Nothing answers at the ARM endpoint."""


class CancelledError(ProviderError):
    """The engine cancelled, or the time that the resource may take is over."""


class ArmError(ProviderError):
    """ARM's answer to a request was an error."""

    def __init__(self, status: int, code: str, message: str, request: str) -> None:
        super().__init__(f"{code}: {message} ({status} from {request})")
        self.code = code


class OperationError(ProviderError):
    """An accepted operation ended as Failed or Canceled."""

    def __init__(self, code: str, message: str, request: str) -> None:
        super().__init__(f"{code}: {message} (after {request} was accepted)")
        self.code = code


class PartialError(ProviderError):
    """The resource exists and its last write failed; the engine keeps this state and tries again."""

    def __init__(self, reason: str, resource_id: str, outputs: Properties, inputs: Properties) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
