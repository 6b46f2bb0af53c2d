from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import certifi
import pytest

from rollout.azure import errors
from rollout.azure.arm import Arm
from rollout.azure.errors import ReadError, Unintelligible, Unreachable, WriteRefused
from tests.azure.conftest import ENDPOINT, FakeTokens, Waits
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.cloud import Cloud


def arm_error(code: str, message: str = "Because.") -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def test_time_is_the_answers_date(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(200, {"id": ENDPOINT}, {"Date": "Thu, 01 Jan 2099 00:00:07 GMT"}))
    answer = arm.get(ENDPOINT)
    assert answer.body == {"id": ENDPOINT}
    assert answer.date == datetime(2099, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert fake.asked[0].path == f"{ENDPOINT}?api-version=2025-12-01"
    assert fake.asked[0].headers["Authorization"].startswith("Bearer ey")


@pytest.mark.parametrize("code", ["ResourceNotFound", "ParentResourceNotFound", "ResourceGroupNotFound"])
def test_a_404_of_arm_is_absent_and_says_of_what(fake: FakeAzure, arm: Arm, code: str):
    fake.on("GET", "/credit", Says(404, arm_error(code)))
    answer = arm.get(ENDPOINT)
    assert (answer.body, answer.code) == (None, code)


@pytest.mark.parametrize(
    ("says", "fault", "sentence"),
    [
        (
            Says(401, arm_error("ExpiredAuthenticationToken", "The access token expired.")),
            errors.Unauthorised,
            (
                "the endpoint can't be read: 401 ExpiredAuthenticationToken: The access token expired. "
                "Log in again with `az login`; is it the right tenant?"
            ),
        ),
        (
            Says(403, arm_error("AuthorizationFailed", "No.")),
            errors.Forbidden,
            (
                "the endpoint can't be read: 403 AuthorizationFailed: No; it needs the role Reader. "
                'Let an owner run `az role assignment create --assignee me-oid --role "Reader" '
                f"--scope {ENDPOINT}`; it takes effect within minutes."
            ),
        ),
        (
            Says(429, arm_error("TooManyRequests", "Slow down.")),
            errors.Throttled,
            "the endpoint can't be read: 429 TooManyRequests: Slow down. Wait a minute, and run it again.",
        ),
        (
            Says(503, b"<html>upstream</html>"),
            errors.Unavailable,
            (
                "the endpoint can't be read: HTTP 503. "
                "Azure is in trouble: run it again, and look at https://status.azure.com."
            ),
        ),
        (
            Says(400, arm_error("BadRequest", "What?")),
            ReadError,
            "the endpoint can't be read: 400 BadRequest: What?",
        ),
        (
            Says(404, arm_error("SubscriptionNotFound", "There is no subscription x.")),
            errors.Missing,
            (
                "the endpoint can't be read: 404 SubscriptionNotFound: There is no subscription x. "
                "Look at its name, resource group and subscription."
            ),
        ),
        (Says(404, b"<html>not here</html>"), Unintelligible, "HTTPS_PROXY"),
        (Says(404, {"detail": "no such route"}), Unintelligible, "a 404 without an error code is not ARM's"),
        (Says(200, b"<html>log in</html>"), Unintelligible, "with '<html>log in</html>', not JSON"),
        (Says(200, b"[]"), Unintelligible, "with a list, not with an object"),
        (Says(200, {"id": "x"}, {"Date": None}), Unintelligible, "has no usable Date (None)"),
        (Says(200, {"id": "x"}, {"Date": "yesterday"}), Unintelligible, "has no usable Date ('yesterday')"),
        (Says(404, arm_error("ResourceNotFound"), {"Date": None}), Unintelligible, "has no usable Date"),
    ],
)
def test_every_other_answer_is_a_fault_and_never_absence(
    fake: FakeAzure, arm: Arm, says: Says, fault: type[Exception], sentence: str
):
    fake.on("GET", "/credit", says)
    with pytest.raises(fault) as raised:
        arm.get(ENDPOINT, what="the endpoint")
    assert type(raised.value) is fault
    assert sentence in str(raised.value)
    if sentence.startswith("the endpoint"):
        assert str(raised.value) == sentence


def test_a_passing_fault_is_tried_again_after_what_azure_asks(fake: FakeAzure, arm: Arm, transport: Waits):
    throttled = Says(429, arm_error("TooManyRequests"), {"Retry-After": "3"})
    fake.on("GET", "/credit", throttled, Says(503), Says(200, {"id": ENDPOINT}))
    assert arm.get(ENDPOINT).body == {"id": ENDPOINT}
    assert transport.waits[0] == 3
    assert len(fake.asked) == 3


@pytest.mark.parametrize("after", ["3600", "Sat, 21 Nov 2099 10:00:00 GMT", None])
def test_waits_are_bounded_whatever_azure_asks(
    fake: FakeAzure, arm: Arm, transport: Waits, after: str | None
):
    fake.on("GET", "/credit", Says(429, arm_error("TooManyRequests"), {"Retry-After": after}))
    with pytest.raises(errors.Throttled):
        arm.get(ENDPOINT)
    assert sum(transport.waits) <= 15
    assert len(fake.asked) <= 5


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("https://localhost:{port}", "localhost:{port} refuses the connection"),
        ("https://no-such-host.invalid", "the name no-such-host.invalid doesn't resolve"),
    ],
)
def test_no_answer_says_why(cloud: Cloud, tokens: FakeTokens, transport: Waits, address: str, sentence: str):
    port = closed_port()
    nowhere = replace(cloud, resource_manager=address.format(port=port))
    with pytest.raises(Unreachable, match=sentence.format(port=port)):
        Arm(nowhere, tokens, "sub-1", transport=transport).get(ENDPOINT)


def test_a_certificate_that_isnt_trusted_says_so(
    fake: FakeAzure, cloud: Cloud, tokens: FakeTokens, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with pytest.raises(Unreachable, match=r"isn't trusted here\. Set REQUESTS_CA_BUNDLE"):
        Arm(cloud, tokens, "sub-1", transport=Waits()).get(ENDPOINT)
    assert not fake.asked


def test_a_slow_answer_is_given_up(fake: FakeAzure, arm: Arm, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rollout.azure._pipeline.READ_SECONDS", 0.1)
    fake.on("GET", "/credit", Says(200, {}, delay=5))
    with pytest.raises(Unreachable, match=r"didn't answer within 0\.1 s"):
        arm.get(ENDPOINT)


def test_azure_may_think_for_half_a_minute(fake: FakeAzure, cloud: Cloud, tokens: FakeTokens):
    patience: list[float] = []

    class Notes(Waits):
        def send(self, request: Any, **options: Any) -> Any:
            patience.append(options["read_timeout"])
            return super().send(request, **options)

    fake.on("GET", "/credit", Says(200, {}))
    Arm(cloud, tokens, "sub-1", transport=Notes()).get(ENDPOINT)
    assert patience == [30]


@pytest.mark.parametrize(
    "bad",
    ["", "x", "/subscriptions", "/a/b?c", "/a/b#c", "/a/../b", "/a//b", "/a/b\r\nX: 1", "/a/b%2f", "/a/./b"],
)
def test_what_is_no_id_is_never_sent(fake: FakeAzure, arm: Arm, bad: str):
    with pytest.raises(ValueError, match="is no ARM id"):
        arm.get(bad)
    assert not fake.asked


def test_lists_follow_their_links_to_arm_only(fake: FakeAzure, arm: Arm, tokens: FakeTokens):
    more = f"{fake.url}{ENDPOINT}/deployments?api-version=x&$skip=1"
    fake.on("GET", "skip=1", Says(200, {"value": [{"name": "b"}], "nextLink": None}))
    fake.on("GET", r"deployments\?api-version=2025", Says(200, {"value": [{"name": "a"}], "nextLink": more}))
    assert [item["name"] for item in arm.list(f"{ENDPOINT}/deployments")] == ["a", "b"]
    fake.on("GET", "/deployments", Says(200, {"value": [], "nextLink": "https://evil.test/x"}))
    with pytest.raises(Unintelligible, match=r"leads to evil\.test, which isn't ARM"):
        list(arm.list(f"{ENDPOINT}/deployments"))
    assert len(tokens.audiences) == 1


def test_a_list_of_something_missing_is_a_fault(arm: Arm):
    with pytest.raises(errors.Missing, match="the deployments of credit can't be read: 404 ResourceNotFound"):
        list(arm.list(f"{ENDPOINT}/deployments"))


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_a_deletion_is_followed_to_its_end(fake: FakeAzure, arm: Arm, header: str):
    link = {header: f"{fake.url}/operations/1", "retry-after-ms": "50"}
    running = Says(200, {"status": "InProgress"}, {"retry-after-ms": "100"})
    if header == "Location":
        running = Says(202, None, {"retry-after-ms": "100"})
    done = Says(200, {"status": "Succeeded"}) if header != "Location" else Says(204)
    fake.on("DELETE", "/credit", Says(202, None, link))
    fake.on("GET", "/operations/1", running, running, done)
    slept: list[float] = []
    arm.delete(ENDPOINT, sleep=slept.append)
    assert slept == [0.05, 0.1, 0.1]
    assert len(fake.paths()) == 3


def test_deleting_what_isnt_there_is_no_fault(fake: FakeAzure, arm: Arm):
    arm.delete(ENDPOINT)
    fake.on("DELETE", "/credit", Says(204))
    arm.delete(ENDPOINT)


def test_an_operation_that_is_forgotten_says_nothing_of_what_it_deletes(fake: FakeAzure, arm: Arm):
    link: dict[str, str | None] = {"Azure-AsyncOperation": f"{fake.url}/operations/1", "retry-after-ms": "50"}
    fake.on("DELETE", "/credit", Says(202, None, link))
    fake.on("GET", "/operations/1", Says(404, arm_error("OperationNotFound")))
    arm.delete(ENDPOINT, sleep=lambda _: None)
    fake.on("GET", "/credit", Says(200, {"id": ENDPOINT}))
    with pytest.raises(WriteRefused, match="its operation is gone, and it is still there"):
        arm.delete(ENDPOINT, sleep=lambda _: None)


def test_a_404_that_isnt_arms_deletes_nothing(fake: FakeAzure, arm: Arm):
    fake.on("DELETE", "/credit", Says(404, b"<html>"))
    with pytest.raises(errors.Unintelligible):
        arm.delete(ENDPOINT)
    fake.on("DELETE", "/credit", Says(404, arm_error("SubscriptionNotFound")))
    with pytest.raises(errors.Missing):
        arm.delete(ENDPOINT)


def test_a_failed_or_refused_deletion_is_told(fake: FakeAzure, arm: Arm):
    link: dict[str, str | None] = {"Azure-AsyncOperation": f"{fake.url}/operations/1", "retry-after-ms": "50"}
    fake.on("DELETE", "/credit", Says(202, None, link))
    fake.on("GET", "/operations/1", Says(200, {"status": "Failed", **arm_error("HasTraffic", "It serves.")}))
    with pytest.raises(WriteRefused, match="its operation Failed, HasTraffic: It serves"):
        arm.delete(ENDPOINT, sleep=lambda _: None)
    fake.on("DELETE", "/credit", Says(409, arm_error("Conflict", "Busy.")))
    with pytest.raises(WriteRefused, match="the deletion of credit wasn't done: 409 Conflict: Busy"):
        arm.delete(ENDPOINT)
    fake.on("DELETE", "/credit", Says(403, arm_error("LinkedAuthorizationFailed")))
    with pytest.raises(WriteRefused, match="AzureML Data Scientist"):
        arm.delete(ENDPOINT)


def test_nothing_shows_a_token(arm: Arm, fake: FakeAzure):
    fake.on("GET", "/credit", Says(200, {"id": "x"}))
    arm.get(ENDPOINT)
    assert "ey" not in repr(arm) + repr(arm.tokens)


def test_a_deletion_that_never_ends_is_given_up(fake: FakeAzure, arm: Arm):
    link: dict[str, str | None] = {"Azure-AsyncOperation": f"{fake.url}/operations/1", "Retry-After": "1"}
    fake.on("DELETE", "/credit", Says(202, None, link))
    fake.on("GET", "/operations/1", Says(200, {"status": "InProgress"}, {"Retry-After": "99999"}))
    slept: list[float] = []
    with pytest.raises(WriteRefused, match="it still runs after 60 s"):
        arm.delete(ENDPOINT, timeout=60, sleep=slept.append, clock=lambda: sum(slept))
    assert slept == [1, 30, 30]
