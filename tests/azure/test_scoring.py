from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.auth import Bearer, bearer
from rollout.azure.endpoint import LiveEndpoint, read_endpoint
from rollout.azure.errors import Forbidden, Unintelligible
from rollout.azure.scoring import Scorer
from rollout.core.probe import NoAnswer, ScoreAnswer
from tests.azure.conftest import ENDPOINT, FakeTokens
from tests.azure.fake import FakeAzure, Says
from tests.azure.test_endpoint import body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollout.azure.arm import Arm


@pytest.fixture
def scorer(fake: FakeAzure) -> Iterator[Scorer]:
    with Scorer(f"{fake.url}/endpoints/credit.eastus/score", Bearer("secret-key")) as scorer:
        yield scorer


def test_a_request_names_its_deployment_and_is_sent_once(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(429, {"detail": "busy"}, {"Retry-After": "1", "X-One": "1"}))
    reply = scorer.score(b'{"a": 1}', "green")
    assert isinstance(reply, ScoreAnswer)
    assert (reply.status, reply.body, reply.headers["x-one"]) == (429, b'{"detail": "busy"}', "1")
    assert 0 < reply.seconds < 5
    (asked,) = fake.asked
    assert asked.path == "/endpoints/credit.eastus/score"
    assert asked.headers["azureml-model-deployment"] == "green"
    assert asked.headers["Authorization"] == "Bearer secret-key"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == b'{"a": 1}'


def test_no_deployment_means_the_traffic_decides(fake: FakeAzure, scorer: Scorer):
    scorer.score(b"{}", "green")
    scorer.score(b"{}")
    assert "azureml-model-deployment" not in fake.asked[1].headers


def test_other_paths_are_below_the_endpoint(fake: FakeAzure, scorer: Scorer):
    scorer.score(b"{}", path="/v2/models/m/infer")
    assert fake.paths("POST") == ["/endpoints/credit.eastus/v2/models/m/infer"]


def test_netrc_doesnt_replace_the_key(
    fake: FakeAzure, scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    scorer.score(b"{}")
    assert fake.asked[0].headers["Authorization"] == "Bearer secret-key"


def test_the_key_goes_nowhere_else(fake: FakeAzure, scorer: Scorer):
    fake.on("POST", "/score", Says(307, None, {"Location": f"{fake.url}/elsewhere"}))
    reply = scorer.score(b"{}")
    assert isinstance(reply, ScoreAnswer)
    assert reply.status == 307
    assert len(fake.asked) == 1


def test_no_answer_says_why(fake: FakeAzure, scorer: Scorer):
    nobody = Scorer("https://localhost:1/score", Bearer("k")).score(b"{}")
    assert isinstance(nobody, NoAnswer)
    assert "localhost:1 refuses the connection" in nobody.why
    assert not nobody.timed_out
    fake.on("POST", "/score", Says(200, {}, delay=5))
    slow = scorer.score(b"{}", timeout=0.1)
    assert isinstance(slow, NoAnswer)
    assert slow.timed_out


def live(fake: FakeAzure, arm: Arm, **properties: Any) -> LiveEndpoint:
    fake.on("GET", "/onlineEndpoints/credit", Says(200, body(**properties)))
    found, _ = read_endpoint(arm, ENDPOINT)
    assert found is not None
    return found


def test_each_auth_mode_has_its_bearer(fake: FakeAzure, arm: Arm, tokens: FakeTokens):
    fake.on("POST", "/listKeys", Says(200, {"primaryKey": "key-1", "secondaryKey": "key-2"}))
    fake.on("POST", "/token", Says(200, {"accessToken": "aml-token"}))
    assert bearer(arm, live(fake, arm, authMode="Key")).header == "Bearer key-1"
    assert bearer(arm, live(fake, arm, authMode="AMLToken")).header == "Bearer aml-token"
    assert bearer(arm, live(fake, arm, authMode="AADToken")).header.startswith("Bearer ey")
    assert tokens.audiences[-1] == "https://ml.azure.test"
    assert fake.paths("POST") == [
        f"{ENDPOINT}/listKeys?api-version=2025-12-01",
        f"{ENDPOINT}/token?api-version=2025-12-01",
    ]


def test_a_bearer_that_isnt_to_be_had_is_told(fake: FakeAzure, arm: Arm):
    fake.on("POST", "/listKeys", Says(403, {"error": {"code": "AuthorizationFailed", "message": "No"}}))
    with pytest.raises(Forbidden, match='--role "AzureML Data Scientist"'):
        bearer(arm, live(fake, arm))
    fake.on("POST", "/listKeys", Says(200, {}))
    with pytest.raises(Unintelligible, match="the keys of the endpoint credit can't be read"):
        bearer(arm, live(fake, arm))
    with pytest.raises(Unintelligible, match="its authMode is 'Magic'"):
        bearer(arm, live(fake, arm, authMode="Magic"))


def test_no_repr_shows_a_secret(scorer: Scorer):
    assert "secret" not in repr(Bearer("secret-key")) + str(Bearer("secret-key")) + repr(scorer)
