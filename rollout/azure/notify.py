"""Telling a transition: to a webhook, a file and the summary of a CI job. Nothing that fails here raises.

A webhook is called once and never again: whether it was heard although its answer was lost, nobody knows, and
a second page at night is worse than a line in a log.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rollout.core.notify import EVENT_LOG, SIGNATURE, SUMMARY, signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.events import Event
    from rollout.core.notify import NotifySettings

CONNECT_SECONDS, READ_SECONDS = 5, 10
SUCCESS = 2
"""The class of statuses that mean it was heard: a redirect is none."""
_HERE = {"localhost", "127.0.0.1", "::1"}


def tell(event: Event, settings: NotifySettings, environ: Mapping[str, str]) -> list[str]:
    """Tell the event to everybody who wants to know of such steps; return what failed, a sentence each.

    No sentence holds the webhook's address, its key, or what it answered: the address may be a secret.
    """
    failed = [
        _appended(environ.get(EVENT_LOG), event.line() + "\n"),
        _appended(environ.get(SUMMARY), event.markdown()),
    ]
    if settings.webhook is not None and event.step.kind in settings.events:
        failed.append(_called(event, settings, environ))
    return [f"{event.step.kind} isn't told: {each}" for each in failed if each is not None]


def _appended(file: str | None, text: str) -> str | None:
    if not file:
        return None
    try:
        with Path(file).open("a", encoding="utf-8") as there:
            there.write(text)
    except OSError as error:
        return f"{file} can't be written: {error.strerror or type(error).__name__}"
    return None


def _called(event: Event, settings: NotifySettings, environ: Mapping[str, str]) -> str | None:
    named = settings.webhook or ""
    url = environ.get(named, "").strip()
    if not url:
        return f"the environment variable {named} is empty; it is to hold the webhook's address"
    if not _sound(url):
        return f"the environment variable {named} holds no https address"
    body = event.line().encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "azureml-rollout"}
    headers["X-Rollout-Event"], headers["X-Rollout-Delivery"] = event.step.kind.value, event.id
    if settings.secret is not None:
        key = environ.get(settings.secret, "").strip()
        if not key:
            return f"the environment variable {settings.secret} is empty; it is to hold the key to sign with"
        headers[SIGNATURE] = signature(key, body)
    return _posted(f"the webhook of {named}", url, body, headers)


def _sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    )


def _posted(what: str, url: str, body: bytes, headers: dict[str, str]) -> str | None:
    import requests  # noqa: PLC0415 - 150 ms

    with requests.Session() as session:
        session.trust_env = urlsplit(url).hostname not in _HERE
        try:
            answer = session.post(
                url,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
        except (OSError, ValueError) as error:  # requests' own are among them
            return f"{what} can't be reached ({type(error).__name__})"
        if answer.status_code // 100 != SUCCESS:
            return f"{what} answered {answer.status_code}"
    return None
