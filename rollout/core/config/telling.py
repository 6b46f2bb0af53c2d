"""The keys `alerts` and `notify`: whom Azure Monitor and the program itself tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from rollout.core.alerts import AlertSettings
from rollout.core.config import values
from rollout.core.config.credentials import HIDDEN
from rollout.core.config.problems import NotAllowedError
from rollout.core.notify import TOLD, NotifySettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollout.core.config.keys import Keys
    from rollout.core.step import StepKind

T = TypeVar("T")

_GROUP = values.text(
    r"(?i)/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Insights/actionGroups/[^/]+",
    "the ARM id of an action group: /subscriptions/S/resourceGroups/G/providers/Microsoft.Insights/"
    "actionGroups/A",
)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_VARIABLE = values.text(
    r"[A-Za-z_][A-Za-z0-9_]{0,127}",
    "the name of an environment variable that holds it, such as ROLLOUT_WEBHOOK or ROLLOUT_WEBHOOK_KEY: "
    "never what it holds",
)
_MOST = 10
_EMAILS = f"a list of 1 to {_MOST} mail addresses, such as [ml-team@example.com]"
_WEBHOOKS = (
    f"a list of 1 to {_MOST} https addresses without user, query or fragment: one with a secret in it "
    "belongs into an action group of your own, named by actionGroup"
)
_EVENTS = f"a list of steps, of {', '.join(TOLD)}"
_NONE = object()


def alerts(keys: Keys) -> AlertSettings:
    """Read the keys of `alerts`."""
    default = AlertSettings()
    read = AlertSettings(
        action_group=keys.take("actionGroup", _GROUP, default.action_group),
        emails=keys.take("email", _list(_email, _EMAILS), default.emails),
        webhooks=_unshown(keys, "webhook", _list(_webhook, _WEBHOOKS), default.webhooks),
        severity=keys.take("severity", values.whole(0, 4), default.severity),
        enabled=keys.take("enabled", values.flag, default=default.enabled),
    )
    keys.finish()
    return read


def notify(keys: Keys) -> NotifySettings:
    """Read the keys of `notify`."""
    default = NotifySettings()
    read = NotifySettings(
        webhook=_unshown(keys, "webhook", _VARIABLE, default.webhook),
        secret=_unshown(keys, "secret", _VARIABLE, default.secret),
        events=keys.take("events", _list(_event, _EVENTS), default.events),
    )
    if read.secret is not None and read.webhook is None and keys.report.sound(keys.at("webhook")):
        keys.report.refuse(keys.at("secret"), HIDDEN, "only where a webhook is named, whose bodies it signs")
    keys.finish()
    return read


def _unshown(keys: Keys, name: str, decode: Callable[[Any], T], default: T) -> T:
    """Return a key's value; of one that is refused nothing is shown: it may be the secret itself."""
    value: Any = keys.take(name, lambda given: given, _NONE)
    if value is _NONE:
        return default
    try:
        return decode(value)
    except ValueError as error:
        keys.report.refuse(keys.at(name), HIDDEN, str(error))
        return default


def _list(decode: Callable[[object], T], what: str) -> Callable[[Any], tuple[T, ...]]:
    def read(value: Any) -> tuple[T, ...]:
        found = cast("list[object]", value) if isinstance(value, list) else []
        if not 1 <= len(found) <= _MOST:
            raise NotAllowedError(what)
        return tuple(dict.fromkeys(decode(each) for each in found))

    return read


def _email(value: object) -> str:
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        raise NotAllowedError(_EMAILS)
    return value


def _webhook(value: object) -> str:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
    except ValueError:
        raise NotAllowedError(_WEBHOOKS) from None
    private = parts.username or parts.password or parts.query or parts.fragment
    here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}
    if not isinstance(value, str) or not parts.hostname or private or not (parts.scheme == "https" or here):
        raise NotAllowedError(_WEBHOOKS)
    return value


def _event(value: object) -> StepKind:
    named = {kind.value: kind for kind in TOLD}
    if not isinstance(value, str) or value not in named:
        raise NotAllowedError(_EVENTS)
    return named[value]
