"""Scoring code goes into the workspace's own storage under the hash of its tree: uploaded once, for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids, refusal
from rollout.azure.credential import principal_of
from rollout.azure.errors import AzureFault, Missing, Unintelligible, WriteRefused
from rollout.azure.workspace import own_datastore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.storage.blob import ContainerClient

    from rollout.azure.arm import Arm
    from rollout.azure.workspace import Datastore, LiveWorkspace

_STORAGE_API = "2023-05-01"
_FOLDER = "rollout-code"


@dataclass(frozen=True)
class CodeStore:
    """Where a workspace keeps code: a container of its storage account."""

    blob_endpoint: str
    """The account's own blob address, as ARM gives it; it can't be told from the account's name."""
    account_id: str
    datastore: Datastore

    def uri(self, digest: str) -> str:
        """Return the `codeUri` of the tree of that digest."""
        return code_uri(self.blob_endpoint, self.datastore.container, digest)


def code_uri(blob_endpoint: str, container: str, digest: str) -> str:
    """Return the address of the folder that holds the code tree of that digest."""
    return f"{blob_endpoint.rstrip('/')}/{container}/{_FOLDER}/{digest}"


def code_store(arm: Arm, workspace: LiveWorkspace) -> CodeStore:
    """Return where the workspace keeps code. Raises `ReadError`."""
    what = f"the storage of the workspace {workspace.name}"
    if workspace.storage_id is None:
        raise Missing(what, "the workspace has no storage account")
    body = arm.get(workspace.storage_id, _STORAGE_API, what=what).body
    if body is None:
        raise Missing(what, f"the storage account {ids.name_of(workspace.storage_id)} isn't there")
    properties = cast("dict[str, Any]", body.get("properties") or {})
    endpoint = cast("dict[str, Any]", properties.get("primaryEndpoints") or {}).get("blob")
    if not isinstance(endpoint, str) or not endpoint.startswith("https://"):
        raise Unintelligible(what, f"its blob address is {endpoint!r}")
    return CodeStore(endpoint, workspace.storage_id, own_datastore(arm, workspace.id))


def upload(arm: Arm, store: CodeStore, files: Mapping[str, bytes], digest: str) -> str:
    """Upload a code tree unless it is there, and return its `codeUri`.

    What tells that a tree is complete is a blob beside its folder, written last: an upload that was killed is
    completed by the next one. Raises `ReadError` if the storage can't be reached or its keys can't be read,
    `WriteRefused` if it takes no blob.
    """
    from azure.core.exceptions import AzureError, HttpResponseError  # noqa: PLC0415

    what = f"the upload of the scoring code to {ids.name_of(store.account_id)}/{store.datastore.container}"
    container = _container(arm, store)
    folder = f"{_FOLDER}/{digest}"
    try:
        with container:
            if not container.get_blob_client(f"{folder}.complete").exists():
                there = {blob.name: blob.size for blob in container.list_blobs(name_starts_with=f"{folder}/")}
                for path, content in sorted(files.items()):
                    name = f"{folder}/{path}"
                    # The digest is in the name: a blob of that name and size holds that content.
                    if there.get(name) != len(content):
                        container.upload_blob(name, content, overwrite=True)
                container.upload_blob(f"{folder}.complete", b"", overwrite=True)
    except AzureFault:
        raise
    except HttpResponseError as error:
        raise _refused(arm, store, what, error) from error
    except AzureError as error:
        raise WriteRefused(what, *refusal.no_answer(store.blob_endpoint, str(error))) from error
    return store.uri(digest)


def _container(arm: Arm, store: CodeStore) -> ContainerClient:
    from azure.storage.blob import ContainerClient, ExponentialRetry  # noqa: PLC0415 - 750 ms

    return ContainerClient(
        store.blob_endpoint,
        store.datastore.container,
        credential=_credential(arm, store),
        # The default waits 15 s before the first new try, and 80 s in all where the connection is refused.
        retry_policy=ExponentialRetry(
            initial_backoff=1, increment_base=2, retry_total=3, random_jitter_range=0
        ),
        connection_timeout=5,
        read_timeout=30,
    )


def _credential(arm: Arm, store: CodeStore) -> Any:
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential  # noqa: PLC0415

    datastore = store.datastore
    if datastore.credentials == "None":
        return arm.tokens
    what = f"the secret of the datastore {datastore.name}"
    secret = arm.post(
        datastore.id, "listSecrets", what=what, body={"expirableSecret": True, "expireAfterHours": 1}
    )
    match secret:
        case {"secretsType": "AccountKey", "key": str(key)}:
            return AzureNamedKeyCredential(ids.name_of(store.account_id), key)
        case {"secretsType": "Sas", "sasToken": str(token)}:
            return AzureSasCredential(token)
        case _:
            kind = secret.get("secretsType")
            raise Unintelligible(what, f"it is of type {kind!r}, and neither an AccountKey nor a Sas")


def _refused(arm: Arm, store: CodeStore, what: str, error: Any) -> WriteRefused:
    principal = principal_of(arm.tokens, arm.cloud.arm_audience)
    need = refusal.Need("Storage Blob Data Contributor", store.account_id, principal)
    code = getattr(error, "error_code", None)
    message = refusal.first_line(str(error))
    return refusal.write(what, error.status_code, str(code) if code else None, message, need)
