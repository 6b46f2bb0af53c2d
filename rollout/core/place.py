"""Where in ARM the workspace, the endpoint and its deployments are."""

from __future__ import annotations

from dataclasses import dataclass

LOGS = "rollout"
"""The name of the endpoint's diagnostic setting."""


@dataclass(frozen=True)
class Place:
    """The names that make up the ARM ids. Plain strings: known in every preview.

    The ids are spelled as the provider spells them in its state, so that adopting a resource that is in the
    state already is no change.
    """

    subscription: str
    resource_group: str
    workspace: str
    endpoint: str

    @property
    def group_id(self) -> str:
        """The resource group's ARM id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"

    @property
    def workspace_id(self) -> str:
        """The workspace's ARM id."""
        provider = "Microsoft.MachineLearningServices"
        return f"{self.group_id}/providers/{provider}/workspaces/{self.workspace}"

    @property
    def endpoint_id(self) -> str:
        """The endpoint's ARM id."""
        return f"{self.workspace_id}/onlineEndpoints/{self.endpoint}"

    def deployment_id(self, name: str) -> str:
        """Return the ARM id of the deployment of that name."""
        return f"{self.endpoint_id}/deployments/{name}"

    @property
    def logs_id(self) -> str:
        """The ARM id of the endpoint's diagnostic setting."""
        return f"{self.endpoint_id}/providers/Microsoft.Insights/diagnosticSettings/{LOGS}"

    def code_id(self, digest: str) -> str:
        """Return the ARM id of the code version that holds the tree of that digest."""
        return f"{self.workspace_id}/codes/rollout-{digest[:32]}/versions/1"
