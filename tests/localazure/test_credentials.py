"""azure-identity, unmodified: each credential gets a token that ARM takes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.localazure.local import Arm

SCRIPT = """
import json, os, sys
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential, WorkloadIdentityCredential
)
base = sys.argv[1]
SCOPE = "https://management.azure.com/.default"
seen = {}

def works(name, credential):
    token = credential.get_token(SCOPE).token
    path = f"{base}/subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}?api-version=2022-12-01"
    seen[name] = requests.get(path, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code

def secret(text):
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], text, disable_instance_discovery=True)

works("default", DefaultAzureCredential())
works("workload identity", WorkloadIdentityCredential(disable_instance_discovery=True))
works("client secret", secret(os.environ["ARM_CLIENT_SECRET"]))
os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = base
works("managed identity of a machine", ManagedIdentityCredential())
os.environ |= {"IDENTITY_ENDPOINT": f"{base}/msi/token", "IDENTITY_HEADER": os.environ["ARM_CLIENT_SECRET"]}
works("managed identity of an app", ManagedIdentityCredential())
try:
    secret("wrong").get_token(SCOPE)
except ClientAuthenticationError as error:
    seen["wrong secret"] = str(error)
print(json.dumps(seen))
"""


def test_every_credential_works_unchanged(arm: Arm):
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, arm.settings.base_url],
        env=arm.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert json.loads(ended.stdout.splitlines()[-1]) == {
        "default": 200,
        "workload identity": 200,
        "client secret": 200,
        "managed identity of a machine": 200,
        "managed identity of an app": 200,
        "wrong secret": "Authentication failed: AADSTS7000215: Invalid client secret provided.",
    }
