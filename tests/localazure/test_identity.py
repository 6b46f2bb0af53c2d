from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

from localazure.identity import TokenError, Tokens
from localazure.metadata import document
from localazure.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return Tokens(Settings(home=tmp_path_factory.mktemp("tokens"), port=1))


def test_a_token_says_for_whom_and_survives_a_restart(tokens: Tokens):
    token = tokens.issue("https://ml.azure.com")
    claims = Tokens(tokens._settings).check(token)
    assert (claims["aud"], claims["tid"]) == ("https://ml.azure.com", tokens._settings.tenant)
    assert claims["exp"] - claims["iat"] == 86399


def test_tokens_that_arent_ours(tokens: Tokens, tmp_path: Path):
    foreign = Tokens(Settings(home=tmp_path, port=1)).issue("x")
    unsigned = jwt.encode({"aud": "x", "exp": 2**31}, "", algorithm="none")
    for token in (tokens.issue("x", lifetime=-60), foreign, unsigned, "garbage", ""):
        with pytest.raises(TokenError):
            tokens.check(token)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "unauthorized_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion": "wrong", "client_assertion_type": ASSERTION}, "invalid_client"),
    ],
)
def test_who_shows_the_wrong_thing_gets_no_token(arm: Arm, form: dict[str, str], error: str):
    given = {
        "client_id": arm.settings.client,
        "client_secret": arm.env["ARM_CLIENT_SECRET"],
        "grant_type": "client_credentials",
        "scope": "x/.default",
    }
    answer = arm.http.post(
        f"{arm.settings.base_url}/{arm.settings.tenant}/oauth2/v2.0/token", data=given | form
    )
    assert (answer.status_code, answer.json()["error"]) == (401, error)


def test_workload_identity(arm: Arm):
    with open(arm.env["AZURE_FEDERATED_TOKEN_FILE"]) as file:  # noqa: PTH123
        assertion = file.read()
    token = arm.token(client_secret="", client_assertion=assertion, client_assertion_type=ASSERTION)
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == "https://management.azure.com"


def test_managed_identity(arm: Arm):
    base = arm.settings.base_url
    asked = {"resource": "https://vault.azure.net", "api-version": "2019-08-01"}
    secret = {"X-IDENTITY-HEADER": arm.env["ARM_CLIENT_SECRET"]}
    shown = arm.http.get(f"{base}/msi/token", params=asked, headers=secret).json()
    assert int(shown["expires_on"]) > 0
    assert arm.http.get(f"{base}/msi/token", params=asked).status_code == 401
    path = f"{base}/metadata/identity/oauth2/token"
    assert arm.http.get(path, params=asked, headers={"Metadata": "true"}).ok
    assert arm.http.get(path, params=asked).status_code == 400


def test_discovery_names_this_port(arm: Arm):
    base = f"{arm.settings.base_url}/{arm.settings.tenant}"
    found = arm.http.get(f"{base}/v2.0/.well-known/openid-configuration").json()
    assert found["token_endpoint"] == f"{base}/oauth2/v2.0/token"


@pytest.mark.parametrize("header", [None, "Basic x", "Bearer x.y.z"])
def test_arm_needs_a_token(arm: Arm, header: str | None):
    assert arm.ask("GET", arm.subscription, headers={"Authorization": header}).status_code == 401


def test_metadata_is_a_list_in_the_older_version_and_an_object_in_the_newer(arm: Arm):
    url = f"{arm.settings.base_url}/metadata/endpoints"
    no_token = {"Authorization": None}
    older = arm.http.get(url, params={"api-version": "2019-05-01"}, headers=no_token).json()
    newer = arm.http.get(url, params={"api-version": "2022-09-01"}, headers=no_token).json()
    assert older == [newer] == [document(arm.settings)]
