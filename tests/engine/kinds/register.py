"""Register MLflow models, and an environment that serves by itself, through the real client."""

import os
import sys
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Environment, Model
from azure.identity import DefaultAzureCredential

client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["GROUP"],
    os.environ["WORKSPACE"],
)
for folder in sorted(Path(sys.argv[1]).iterdir()):
    client.models.create_or_update(
        Model(path=str(folder / "sums"), name="sums", version=folder.name, type=AssetTypes.MLFLOW_MODEL)
    )
client.environments.create_or_update(
    Environment(
        name="container",
        version="1",
        image="registry.example/scorer:1",
        inference_config={
            "liveness_route": {"path": "/live", "port": 8080},
            "readiness_route": {"path": "/ready", "port": 8080},
            "scoring_route": {"path": "/score", "port": 8080},
        },
    )
)
