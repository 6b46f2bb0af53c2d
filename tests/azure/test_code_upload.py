from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from rollout.azure.code_upload import CodeStore, code_store, code_uri, upload
from rollout.azure.errors import Missing, Unintelligible, WriteRefused
from rollout.azure.workspace import LiveWorkspace
from tests.azure.conftest import WORKSPACE, FakeTokens
from tests.azure.fake import Asked, FakeAzure, Says
from tests.azure.test_workspace import STORAGE, datastore

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

THERE = LiveWorkspace(WORKSPACE, "mlw", "eastus", None, STORAGE, None, None, None, None)
FILES = {"score.py": b"def run(): ...", "lib/a.py": b"", "lib/b c.py": b"x = 1"}
DIGEST = "0123abcd" * 8


class Blobs:
    """As much of blob storage as an upload asks for."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.full_after: int | None = None
        self.puts: list[str] = []
        self.authorised_by: set[str] = set()

    def __call__(self, asked: Asked) -> Says:
        url = urlsplit(asked.path)
        query = parse_qs(url.query)
        name = unquote(url.path).removeprefix("/blob/stcredit/azureml-blobstore").strip("/")
        self.authorised_by.add("sig" if "sig" in query else asked.headers["Authorization"].split()[0])
        if asked.method == "HEAD":
            return Says(200 if name in self.content else 404)
        if asked.method == "GET":
            prefix = query["prefix"][0]
            found = "".join(
                f"<Blob><Name>{key}</Name><Properties><Content-Length>{len(value)}</Content-Length>"
                "<BlobType>BlockBlob</BlobType><Etag>1</Etag></Properties></Blob>"
                for key, value in sorted(self.content.items())
                if key.startswith(prefix)
            )
            answer = f"<EnumerationResults><Blobs>{found}</Blobs><NextMarker/></EnumerationResults>"
            return Says(200, answer.encode(), {"Content-Type": "application/xml"})
        if self.full_after is not None and len(self.puts) >= self.full_after:
            return Says(403, b"", {"x-ms-error-code": "AuthorizationPermissionMismatch"})
        self.puts.append(name)
        self.content[name] = asked.body
        return Says(201, None, {"ETag": '"1"', "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"})


@pytest.fixture
def blobs(fake: FakeAzure) -> Blobs:
    blobs = Blobs()
    for method in ("HEAD", "GET", "PUT"):
        fake.on(method, "/blob/stcredit/", blobs)
    storage = {"properties": {"primaryEndpoints": {"blob": f"{fake.url}/blob/stcredit/"}}}
    fake.on("GET", re.escape(STORAGE), Says(200, storage))
    fake.on("POST", "/listSecrets", Says(200, {"secretsType": "AccountKey", "key": "a2V5"}))
    return blobs


def store(fake: FakeAzure, arm: Arm, credentials: str = "AccountKey") -> CodeStore:
    fake.on("GET", "/datastores/", Says(200, datastore(credentials={"credentialsType": credentials})))
    return code_store(arm, THERE)


def test_the_address_is_the_accounts_own(fake: FakeAzure, arm: Arm, blobs: Blobs):
    found = store(fake, arm)
    uri = f"{fake.url}/blob/stcredit/azureml-blobstore/rollout-code/{DIGEST}"
    assert found.uri(DIGEST) == uri == code_uri(f"{fake.url}/blob/stcredit", "azureml-blobstore", DIGEST)
    assert upload(arm, found, FILES, DIGEST) == uri
    assert blobs.content == {
        **{f"rollout-code/{DIGEST}/{path}": content for path, content in FILES.items()},
        f"rollout-code/{DIGEST}.complete": b"",
    }
    assert blobs.puts[-1] == f"rollout-code/{DIGEST}.complete"


@pytest.mark.parametrize(
    ("credentials", "secret", "scheme"),
    [
        ("AccountKey", {"secretsType": "AccountKey", "key": "a2V5"}, "SharedKey"),
        ("AccountKey", {"secretsType": "Sas", "sasToken": "sv=1&sig=x"}, "sig"),
        ("None", None, "Bearer"),
    ],
)
def test_each_kind_of_credential_is_taken(  # noqa: PLR0917
    fake: FakeAzure,
    arm: Arm,
    blobs: Blobs,
    tokens: FakeTokens,
    credentials: str,
    secret: dict[str, Any] | None,
    scheme: str,
):
    fake.on("POST", "/listSecrets", Says(200, secret))
    upload(arm, store(fake, arm, credentials), FILES, DIGEST)
    assert blobs.authorised_by == {scheme}
    asked = [asked for asked in fake.asked if "/listSecrets" in asked.path]
    if secret is None:
        assert not asked
        assert tokens.audiences[-1] == "https://storage.azure.com"
    else:
        assert json.loads(asked[0].body) == {"expirableSecret": True, "expireAfterHours": 1}


def test_what_is_there_isnt_uploaded_again(fake: FakeAzure, arm: Arm, blobs: Blobs):
    found = store(fake, arm)
    upload(arm, found, FILES, DIGEST)
    sent = len(blobs.puts)
    upload(arm, found, FILES, DIGEST)
    assert len(blobs.puts) == sent


def test_an_upload_that_was_cut_off_is_completed(fake: FakeAzure, arm: Arm, blobs: Blobs):
    found = store(fake, arm)
    blobs.full_after = 2
    with pytest.raises(WriteRefused) as raised:
        upload(arm, found, FILES, DIGEST)
    assert str(raised.value).startswith(
        "the upload of the scoring code to stcredit/azureml-blobstore wasn't done: "
        "403 AuthorizationPermissionMismatch"
    )
    assert '--assignee me-oid --role "Storage Blob Data Contributor"' in str(raised.value)
    blobs.full_after = None
    first = list(blobs.puts)
    upload(arm, found, FILES, DIGEST)
    assert not set(first) & set(blobs.puts[2:])
    assert len(blobs.content) == 4


def test_storage_that_isnt_there_is_told(fake: FakeAzure, arm: Arm, blobs: Blobs):
    fake.on("GET", re.escape(STORAGE), Says(404, {"error": {"code": "ResourceNotFound", "message": "x"}}))
    with pytest.raises(Missing, match="the storage account stcredit isn't there"):
        store(fake, arm)
    fake.on("GET", re.escape(STORAGE), Says(200, {"properties": {}}))
    with pytest.raises(Unintelligible, match="its blob address is None"):
        store(fake, arm)
    with pytest.raises(
        Missing, match=r"the storage of the workspace mlw .*the workspace has no storage account"
    ):
        code_store(arm, replace(THERE, storage_id=None))
    assert not blobs.puts


def test_a_secret_of_another_kind_is_told(fake: FakeAzure, arm: Arm, blobs: Blobs):
    fake.on("POST", "/listSecrets", Says(200, {"secretsType": "Certificate", "certificate": "c"}))
    with pytest.raises(Unintelligible, match="of type 'Certificate', and neither an AccountKey nor a Sas"):
        upload(arm, store(fake, arm, "Certificate"), FILES, DIGEST)
    assert not blobs.puts
