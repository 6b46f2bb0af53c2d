from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.auth import Bearer
from rollout.azure.probe import probe
from rollout.azure.scoring import Scorer
from rollout.core.agreement import Agree
from rollout.core.answers import Path
from rollout.core.config import ProbeSettings
from rollout.core.expected import Range
from rollout.core.verdict import Verdict
from tests.azure.fake import Asked, FakeAzure, Says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLE = {"probabilities": [0.5]}
INPUTS = tuple(b"[%d]" % n for n in range(20))


@pytest.fixture
def scorer(fake: FakeAzure) -> Iterator[Scorer]:
    with Scorer(f"{fake.url}/endpoints/credit.eastus/score", Bearer("secret-key")) as scorer:
        yield scorer


def asking(**more: Any) -> ProbeSettings:
    given: dict[str, Any] = {"max_latency": timedelta(seconds=2), **more}
    return ProbeSettings("x.json", **given)


def says(value: float) -> Says:
    return Says(200, {"probabilities": [value]})


def serving(
    green: Callable[[int], Says], blue: Callable[[int], Says] = lambda n: says(n / 20)
) -> Callable[[Asked], Says]:
    """An endpoint with two deployments, each of which answers an input by its number."""
    by_name = {"green": green, "blue": blue}
    return lambda asked: by_name[asked.headers["azureml-model-deployment"]](asked.json()[0])


def sent_to(fake: FakeAzure, deployment: str) -> list[bytes]:
    return [asked.body for asked in fake.asked if asked.headers["azureml-model-deployment"] == deployment]


def test_a_good_deployment_passes_after_a_request_that_doesnt_count(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(503), says(0.2))
    verdict, reason = probe(scorer, "green", None, [b"{}"], asking(expect=SAMPLE))
    assert verdict is Verdict.SUCCESSFUL
    assert reason.startswith("3 of 3 requests to green answered as expected, the slowest in ")
    assert reason.endswith(" ms of at most 2000 ms")
    assert len(fake.asked) == 4


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (
            Says(424, {"error": "boom"}, {"ms-azureml-model-error-statuscode": "500"}),
            Verdict.FAILED,
            'status 424 instead of 200 (the model itself answered 500): {"error": "boom"}',
        ),
        (Says(408), Verdict.FAILED, "status 408 instead of 200"),
        (
            Says(502, b"boom", {"ms-azureml-model-error-statuscode": "500"}),
            Verdict.FAILED,
            "status 502 instead of 200 (the model itself answered 500): boom",
        ),
        (Says(200, b"ok"), Verdict.FAILED, "the answer isn't JSON: ok"),
        (
            Says(200, b'{"probabilities": [NaN]}'),
            Verdict.FAILED,
            'the answer has NaN for a number: {"probabilities": [NaN]}',
        ),
        (Says(200, {"other": 1}), Verdict.FAILED, "the answer has no 'probabilities' but 'other'"),
        (says(1.5), Verdict.FAILED, "probabilities[0] is 1.5, not 0 to 1"),
        (Says(401), Verdict.ERROR, "status 401: the key or token isn't taken"),
        (Says(403), Verdict.ERROR, "status 403: the identity may not score"),
        (Says(404), Verdict.ERROR, "status 404: no such deployment answers there yet"),
        (Says(429), Verdict.ERROR, "status 429: too many requests at once"),
        (Says(500), Verdict.ERROR, "status 500, and it isn't the model's own"),
        (
            Says(503, b"no healthy upstream"),
            Verdict.ERROR,
            "status 503, and it isn't the model's own: no healthy upstream",
        ),
    ],
)
def test_the_first_bad_answer_decides(
    fake: FakeAzure, scorer: Scorer, answer: Says, verdict: Verdict, reason: str
):
    fake.on("POST", "/score", says(0.2), says(0.2), answer, says(0.2))
    ranges = (Range(Path.parse("probabilities[*]"), 0, 1),)
    asked = asking(expect=SAMPLE, ranges=ranges, agree=Agree(0.1))
    assert probe(scorer, "green", "blue", [b"{}"], asked) == (
        verdict,
        f"request 2 of 3 to green: {reason}",
    )
    assert len(fake.asked) == 3
    assert sent_to(fake, "blue") == []


def test_a_slow_deployment_fails(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(200, {}, delay=0.1))
    verdict, reason = probe(scorer, "green", None, [b"{}"], asking(max_latency=timedelta(milliseconds=20)))
    assert verdict is Verdict.FAILED
    assert reason.startswith("request 1 of 3 to green: answered in 1")
    assert reason.endswith(" ms; at most 20ms is allowed")


@pytest.mark.parametrize(("slow", "verdict"), [(2, Verdict.SUCCESSFUL), (3, Verdict.FAILED)])
def test_a_share_may_be_slow(fake: FakeAzure, scorer: Scorer, slow: int, verdict: Verdict):
    late = Says(200, {}, delay=0.4)
    fake.on("POST", "/score", Says(200, {}), *[late] * slow, Says(200, {}))
    asked = asking(max_latency=timedelta(milliseconds=300), slow=0.1)
    found, reason = probe(scorer, "green", None, INPUTS, asked)
    assert found is verdict
    if verdict is Verdict.SUCCESSFUL:
        assert reason.startswith("20 of 20 requests to green answered as expected, 2 of them slow and 2 may")
    else:
        assert reason.startswith(
            "3 requests were slow and 2 of 20 may be; request 3 of 20 to green: answered"
        )


def test_a_deployment_that_never_answers_fails(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(200, {}), Says(200, {}, delay=5))
    asked = asking(max_latency=timedelta(milliseconds=20), slow=0.5)
    verdict, reason = probe(scorer, "green", None, [b"{}"], asked)
    assert verdict is Verdict.FAILED
    assert "no answer within 1" in reason


def test_nobody_there_is_an_error():
    scorer = Scorer("https://localhost:1/score", Bearer("k"))
    verdict, reason = probe(scorer, "green", None, [b"{}"], asking())
    assert verdict is Verdict.ERROR
    assert "refuses the connection" in reason


def test_every_input_is_sent_and_at_least_so_many_requests(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(200, {}))
    probe(scorer, "green", None, INPUTS[:2], asking(requests=5))
    assert sent_to(fake, "green")[1:] == [b"[0]", b"[1]", b"[0]", b"[1]", b"[0]"]
    fake.asked.clear()
    probe(scorer, "green", None, INPUTS, asking(requests=5))
    assert sent_to(fake, "green")[1:] == list(INPUTS)


def test_prod_is_asked_the_same_once_and_agrees(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", serving(lambda n: says(n / 20 + 0.05)))
    verdict, reason = probe(scorer, "green", "blue", INPUTS, asking(requests=30, agree=Agree(0.1)))
    assert verdict is Verdict.SUCCESSFUL
    assert reason.startswith("30 of 30 requests to green answered as expected, the slowest in ")
    assert "; 0 of 20 answers differ from blue's by more than 0.1, at most 1 allowed; " in reason
    assert "the largest difference 0.05 at probabilities[0] (request " in reason
    assert sent_to(fake, "blue") == list(INPUTS)


def test_nonsense_with_good_manners_fails(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", serving(lambda n: says(1 - n / 20)))
    verdict, reason = probe(scorer, "green", "blue", INPUTS, asking(expect=SAMPLE, agree=Agree(0.1)))
    assert verdict is Verdict.FAILED
    assert reason == (
        "17 of 20 answers differ from blue's by more than 0.1, at most 1 allowed; "
        "the largest difference 1 at probabilities[0] (request 1)"
    )


def test_a_first_release_has_nobody_to_agree_with(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", says(0.2))
    verdict, reason = probe(scorer, "green", None, INPUTS, asking(agree=Agree(0.1)))
    assert verdict is Verdict.SUCCESSFUL
    assert reason.endswith("; there is no prod to compare the answers with")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Says(429), "status 429 instead of 200"),
        (Says(404), "status 404 instead of 200"),
        (Says(503, b"down"), "status 503 instead of 200: down"),
        (Says(200, b"ok"), "the answer isn't JSON: ok"),
        (Says(200, b"NaN"), "the answer has NaN for a number: NaN"),
    ],
)
def test_what_prod_doesnt_answer_is_no_pass_and_ends_the_probe(
    fake: FakeAzure, scorer: Scorer, answer: Says, why: str
):
    fake.on("POST", "/score", serving(says, lambda n: answer if n == 2 else says(n)))
    verdict, reason = probe(scorer, "green", "blue", INPUTS, asking(agree=Agree(0.1)))
    assert verdict is Verdict.ERROR
    assert reason.startswith(
        f"answers can't be compared with prod's: request 3 of 20 to blue: {why}. It is asked again"
    )
    assert len(sent_to(fake, "blue")) == 3


def test_a_slow_prod_is_no_fault_of_the_candidates(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", serving(says, lambda n: Says(200, {"probabilities": [n]}, delay=0.2)))
    asked = asking(max_latency=timedelta(milliseconds=100), agree=Agree(0.1), slow=0.5)
    assert probe(scorer, "green", "blue", INPUTS[:2], asked)[0] is Verdict.SUCCESSFUL


@pytest.mark.parametrize("late", ["green", "blue"])
def test_a_probe_ends_with_its_time(fake: FakeAzure, scorer: Scorer, late: str):
    slow = Says(200, {"probabilities": [0]}, delay=0.3)
    endpoint = serving(
        lambda n: slow if late == "green" else says(n), lambda n: slow if late == "blue" else says(n)
    )
    fake.on("POST", "/score", endpoint)
    asked = asking(budget=timedelta(seconds=1), agree=Agree(0.1))
    verdict, reason = probe(scorer, "green", "blue", INPUTS, asked)
    assert verdict is Verdict.ERROR
    assert reason.startswith("only ")
    assert " requests were answered in 1s, all the time that a probe has: raise probe.budget" in reason
    assert ("by blue" in reason) is (late == "blue")
    assert len(sent_to(fake, late)) < 6
