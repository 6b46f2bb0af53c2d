"""Clients of an endpoint: its gates judge real requests.

    python -m benchmarks.clients ENDPOINT

They send the sample request twenty times a second until they are ended. The workspace: AZURE_ML_WORKSPACE.
"""

import asyncio
import os
import ssl
import sys
from pathlib import Path
from typing import Any

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

from benchmarks import openloop

RATE = 20
LONGEST = 600.0  # seconds
SAMPLE = Path(__file__).parents[1] / "ml" / "serving" / "sample-request.json"


def main(endpoint: str) -> None:
    client = MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZURE_ML_WORKSPACE"],
    )
    endpoints: Any = client.online_endpoints
    key = endpoints.get_keys(endpoint).primary_key
    asyncio.run(
        openloop.run(
            endpoints.get(endpoint).scoring_uri,
            rate=RATE,
            seconds=LONGEST,
            bodies=[SAMPLE.read_bytes()],
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            context=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]),
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
