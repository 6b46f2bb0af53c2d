from __future__ import annotations

import json
from typing import Any

import pytest

from rollout.azure import errors, refusal


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": "A", "message": "One.\nTwo."}}, ("A", "One")),
        ({"code": "A", "message": "One"}, ("A", "One")),
        ({"error": {"code": "A"}}, ("A", "")),
        ({"error": {"message": "\n\n One"}}, (None, "One")),
        ({"error": "plain"}, (None, "")),
        ({"error": None}, (None, "")),
        ([], (None, "")),
        (None, (None, "")),
    ],
)
def test_code_and_message(body: Any, expected: tuple[str | None, str]):
    assert refusal.code_and_message(json.dumps(body)) == expected


@pytest.mark.parametrize("text", ["", "<html>", "{", "\x00"])
def test_what_isnt_json_has_neither(text: str):
    assert refusal.code_and_message(text) == (None, "")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
            "the certificate of h isn't trusted here",
        ),
        ("Failed to resolve 'h' ([Errno -2] Name or service not known)", "the name h doesn't resolve"),
        ("[Errno 111] Connection refused", "h refuses the connection"),
        ("Connection to h timed out. (connect timeout=5)", "h doesn't answer in time"),
        ("('Connection aborted.', RemoteDisconnected())", "h gave no answer (('Connection aborted.'"),
        ("", "h gave no answer (no reason given)"),
    ],
)
def test_no_answer(said: str, why: str):
    found, remedy = refusal.no_answer("h", said)
    assert found.startswith(why)
    assert remedy.endswith((".", "?"))


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, errors.ReadError),
        (401, errors.Unauthorised),
        (403, errors.Forbidden),
        (404, errors.Missing),
        (408, errors.ReadError),
        (409, errors.ReadError),
        (429, errors.Throttled),
        (500, errors.Unavailable),
        (504, errors.Unavailable),
    ],
)
def test_each_status_is_its_own_fault(status: int, fault: type[Exception]):
    found = refusal.read("it", status, None, "")
    assert type(found) is fault
    assert found.status == status
    assert str(found).startswith(f"it can't be read: HTTP {status}")


def test_a_refused_write_is_no_read_error():
    found = refusal.write("it", 403, "AuthorizationFailed", "No", refusal.Need("Owner", "/s", "me"))
    assert not isinstance(found, errors.ReadError)
    assert str(found) == (
        "it wasn't done: 403 AuthorizationFailed: No. "
        'Let an owner run `az role assignment create --assignee me --role "Owner" --scope /s`; '
        "it takes effect within minutes."
    )
    assert str(refusal.write("it", None, None, "")) == "it wasn't done: refused."
