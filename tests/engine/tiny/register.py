"""Register the tiny models and their environment through the real client, as a training pipeline does."""

import os
import sys
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment, Model
from azure.identity import DefaultAzureCredential

client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["GROUP"],
    os.environ["WORKSPACE"],
)
for folder in sorted(Path(sys.argv[1]).iterdir()):
    client.models.create_or_update(Model(path=str(folder / "tiny"), name="tiny", version=folder.name))
client.environments.create_or_update(
    Environment(
        name="tiny",
        version="1",
        image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest",
        conda_file=str(Path(__file__).parent / "conda.yml"),
    )
)
