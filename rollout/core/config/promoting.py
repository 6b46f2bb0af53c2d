"""The keys `promotesFrom` and `promotionOverride`: where a release must have been Healthy first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.config import values
from rollout.core.promotion import Override

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys
    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Settings

_endpoint = values.text(
    r"(?i)/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/[^/]+/onlineEndpoints/[^/]+",
    "the ARM id of an online endpoint: /subscriptions/.../workspaces/<name>/onlineEndpoints/<name>",
)
_model = values.text(r"azureml:.+", "the value of rollout:model that is let through")
_reason = values.text(r"(?s).*\S.*", "a text: why it is let through")


@dataclass(frozen=True)
class Promotes:
    """Where releases are promoted from, and what is let through all the same."""

    endpoint_id: str
    override: Override | None = None


def promotes(keys: Keys) -> Promotes | None:
    """Return where releases are promoted from; None where they may come from anywhere."""
    endpoint_id = keys.take("promotesFrom", _endpoint, None)
    inner = keys.object("promotionOverride")
    there = inner.has("model") or inner.has("reason")
    needed = "model and reason" if there else None
    override = Override(
        inner.take("model", _model, "", required=needed and "the value of rollout:model that is let through"),
        inner.take("reason", _reason, "", required=needed and "why it is let through"),
    )
    inner.finish()
    return Promotes(endpoint_id, override if there else None) if endpoint_id is not None else None


def versions(settings: Settings, report: Report) -> None:
    """Refuse `@latest` where releases are promoted: what is newest was Healthy nowhere yet."""
    if settings.promotes is None:
        return
    wanted = settings.deployment
    for key, ref in (("model", wanted.model), ("environment", wanted.environment)):
        if ref is not None and ref.version is None and report.sound(key, "promotesFrom"):
            report.refuse(key, str(ref), "a version, such as azureml:NAME:7, because of promotesFrom")
