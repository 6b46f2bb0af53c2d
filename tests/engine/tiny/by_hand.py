"""Make an endpoint that serves through the real client, as somebody does who knows of no rollout."""

import os
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    IdentityConfiguration,
    ManagedIdentityConfiguration,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    OnlineRequestSettings,
)
from azure.identity import DefaultAzureCredential

endpoint, code, identity = sys.argv[1:]
client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["GROUP"],
    os.environ["WORKSPACE"],
)
made = client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(
        name=endpoint,
        auth_mode="key",
        description="Scores credit applications; ask the credit team.",
        tags={"team": "credit", "cost-centre": "4711"},
        public_network_access="disabled",
        properties={"owned-by": "credit"},
        identity=IdentityConfiguration(
            type="user_assigned",
            user_assigned_identities=[ManagedIdentityConfiguration(resource_id=identity)],
        ),
    )
).result()
client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="main",
        endpoint_name=endpoint,
        model="azureml:tiny:1",
        environment="azureml:tiny:1",
        code_configuration=CodeConfiguration(code=code, scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
        request_settings=OnlineRequestSettings(
            request_timeout_ms=5000, max_concurrent_requests_per_instance=10
        ),
        tags={"made-by": "hand"},
        description="The first one.",
    )
).result()
made.traffic = {"main": 100}
client.online_endpoints.begin_create_or_update(made).result()
