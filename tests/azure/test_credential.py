from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rollout.azure.credential import TokenCredentialFrom, claims, default_tokens
from rollout.azure.errors import Unauthorised
from tests.azure.conftest import FakeTokens, jwt

ARM = "https://management.azure.com"


def test_a_token_is_kept_until_it_nears_its_end(tokens: FakeTokens):
    now = [0.0]
    credential = TokenCredentialFrom(tokens, clock=lambda: now[0])
    first = credential.get_token(f"{ARM}/.default")
    assert credential.token(ARM) == first.token
    assert tokens.audiences == [ARM]
    assert first.expires_on == claims(first.token)["exp"]
    now[0] = first.expires_on - 299
    credential.token(ARM)
    assert tokens.audiences == [ARM, ARM]


def test_audiences_are_kept_apart_and_slashes_stay(tokens: FakeTokens):
    credential = TokenCredentialFrom(tokens)
    credential.get_token(f"{ARM}//.default")
    credential.token("https://ml.azure.com")
    assert tokens.audiences == [f"{ARM}/", "https://ml.azure.com"]


def test_a_claims_challenge_gets_a_fresh_token(tokens: FakeTokens):
    credential = TokenCredentialFrom(tokens)
    credential.get_token(f"{ARM}/.default")
    credential.get_token(f"{ARM}/.default", claims="{}")
    assert len(tokens.audiences) == 2


def test_threads_share_one_request(tokens: FakeTokens):
    credential = TokenCredentialFrom(tokens)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(credential.token, [ARM] * 32))) == 1
    assert len(tokens.audiences) == 1


def test_a_source_may_come_back_while_it_is_asked():
    class Reentrant(FakeTokens):
        def token(self, audience: str) -> str:
            if not self.audiences:
                self.audiences.append("outer")
                credential.token(audience)
            return super().token(audience)

    tokens = Reentrant()
    credential = TokenCredentialFrom(tokens)
    assert credential.token(ARM)
    assert tokens.audiences == ["outer", ARM, ARM]


class Raises:
    def token(self, audience: str) -> str:
        raise RuntimeError(f"no luck with {audience}\nand a stack trace")


@pytest.mark.parametrize("bad", ["", "two words", "line\nbreak"])
def test_what_is_no_token_is_refused(bad: str):
    class Bad:
        def token(self, _audience: str) -> str:
            return bad

    with pytest.raises(Unauthorised, match="what came is not a token"):
        TokenCredentialFrom(Bad()).token(ARM)


def test_no_token_is_one_sentence_and_how_to_get_one():
    with pytest.raises(Unauthorised) as raised:
        TokenCredentialFrom(Raises()).token(ARM)
    assert str(raised.value) == (
        f"a token for {ARM} can't be read: no luck with {ARM}. "
        "Log in with `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET."
    )


def test_an_opaque_token_is_asked_for_each_time():
    class Opaque(FakeTokens):
        def token(self, audience: str) -> str:
            super().token(audience)
            return "opaque"

    tokens = Opaque()
    credential = TokenCredentialFrom(tokens)
    assert credential.token(ARM) == credential.token(ARM) == "opaque"
    assert len(tokens.audiences) == 2


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.!!!.c", "a.bnVsbA.c", jwt()[:20]])
def test_claims_of_garbage_are_none(text: str):
    assert claims(text) == {}


def test_importing_the_adapters_imports_no_sdk():
    code = """
import sys, pkgutil, importlib, rollout.azure
for module in pkgutil.iter_modules(rollout.azure.__path__):
    if not module.name.startswith("_"):
        importlib.import_module(f"rollout.azure.{module.name}")
default = importlib.import_module("rollout.azure.credential").default_tokens()
heavy = {"azure", "requests", "msal", "pulumi", "jsonschema"} & {name.split(".")[0] for name in sys.modules}
sys.exit(f"imported {heavy}" if heavy else 0)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_default_tokens_are_tokens():
    assert callable(default_tokens().token)
