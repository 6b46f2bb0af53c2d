"""What ends a run in one sentence, before anything is declared: every error that a person may meet there."""

from __future__ import annotations

from rollout.azure.errors import AzureFault
from rollout.core.config import ConfigError
from rollout.core.only import NotThisStepError
from rollout.core.promotion import NotPromotedError
from rollout.core.release import CodeError
from rollout.stack.pulumi_cli import StackError
from rollout.stack.tags import TagError

FAULTS: tuple[type[Exception], ...] = (
    ConfigError,
    CodeError,
    NotPromotedError,
    NotThisStepError,
    AzureFault,
    StackError,
    TagError,
)
"""`pulumi up` and `pulumi preview` end with them; a command's exit code for each is in `rollout.cli`."""
