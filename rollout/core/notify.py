"""Whom transitions are told to, and how: nothing here is a secret, but names of what holds one."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from rollout.core.step import StepKind

TOLD = tuple(kind for kind in StepKind if kind.publishes)
"""The steps that are told: all that change anything."""
EVENT_LOG = "ROLLOUT_EVENT_LOG"
"""The environment variable with the file that each event is appended to, a JSON line each."""
SUMMARY = "GITHUB_STEP_SUMMARY"
"""The same with a page of Markdown; GitHub Actions sets it."""
SIGNATURE = "X-Rollout-Signature-256"


@dataclass(frozen=True)
class NotifySettings:
    """What is said of each step."""

    webhook: str | None = None
    """The environment variable with the webhook's address; None: there is no webhook."""
    secret: str | None = None
    """The environment variable with the key that bodies are signed with."""
    events: tuple[StepKind, ...] = TOLD


def signature(key: str, body: bytes) -> str:
    """Return the value of the header that proves who sent a body: HMAC-SHA256, as GitHub's have it."""
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
