"""The workspace with what Azure ML needs beside it, or the one that is there already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_azure_native import (
    applicationinsights,
    containerregistry,
    keyvault,
    machinelearningservices,
    operationalinsights,
    resources,
    storage,
)

from rollout.azure import ids
from rollout.stack import login

if TYPE_CHECKING:
    from rollout.azure.workspace import LiveWorkspace
    from rollout.core.place import Place
    from rollout.stack.remembered import Remembered


@dataclass(frozen=True)
class WorkspaceArgs:
    """Where the workspace is, or is to be."""

    place: Place
    held: Remembered
    """What the state has: only what it lacks is imported."""
    location: str
    group_exists: bool
    live: LiveWorkspace | None
    """The workspace as ARM shows it: then it, and what it is made of, stay as they are."""


class Workspace(pulumi.ComponentResource):
    """A resource group with a workspace, its storage, key vault, logs, insights and container registry.

    Nothing here is deleted in Azure, neither by `pulumi destroy` nor when config stops to name it: others may
    use it, and a resource group takes all that is in it along.
    """

    id: pulumi.Output[str]
    """The workspace's ARM id."""
    logs_id: pulumi.Output[str]
    """The ARM id of the Log Analytics workspace that the endpoint's logs go to."""

    def __init__(self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rollout:stack:Workspace", name, None, opts)
        place, live = args.place, args.live
        below = pulumi.ResourceOptions(parent=self, retain_on_delete=True)

        def adopted(kind: type[object], name: str, arm_id: str | None) -> pulumi.ResourceOptions:
            """Return options that take over what ARM shows, and leave it as it is."""
            if arm_id is None:
                return below
            known = args.held.taken_over(kind, name, arm_id)
            as_live = pulumi.ResourceOptions(import_=known, ignore_changes=["*"])
            return pulumi.ResourceOptions.merge(below, as_live)

        group = resources.ResourceGroup(
            "group",
            resource_group_name=place.resource_group,
            location=args.location,
            opts=adopted(resources.ResourceGroup, "group", place.group_id if args.group_exists else None),
        )
        stem = re.sub(r"[^a-z0-9]", "", place.workspace.lower())[:14]
        account = storage.StorageAccount(
            f"{stem}st",
            account_name=_name(live.storage_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=storage.SkuName.STANDARD_LRS),
            allow_blob_public_access=False,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            enable_https_traffic_only=True,
            opts=adopted(storage.StorageAccount, f"{stem}st", live.storage_id if live else None),
        )
        vault = keyvault.Vault(
            f"{stem}kv",
            vault_name=_name(live.vault_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=login.tenant(),
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
            ),
            opts=adopted(keyvault.Vault, f"{stem}kv", live.vault_id if live else None),
        )
        logs = operationalinsights.Workspace(
            f"{stem}log",
            workspace_name=_name(live.logs_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            sku=operationalinsights.WorkspaceSkuArgs(
                name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018
            ),
            retention_in_days=30,
            opts=adopted(operationalinsights.Workspace, f"{stem}log", live.logs_id if live else None),
        )
        insights = applicationinsights.Component(
            f"{stem}ai",
            resource_name_=_name(live.insights_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            kind="web",
            application_type=applicationinsights.ApplicationType.WEB,
            ingestion_mode=applicationinsights.IngestionMode.LOG_ANALYTICS,
            workspace_resource_id=logs.id,
            opts=adopted(applicationinsights.Component, f"{stem}ai", live.insights_id if live else None),
        )
        registry = containerregistry.Registry(
            f"{stem}cr",
            registry_name=_name(live.registry_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            sku=containerregistry.SkuArgs(name=containerregistry.SkuName.BASIC),
            admin_user_enabled=False,
            opts=adopted(containerregistry.Registry, f"{stem}cr", live.registry_id if live else None),
        )
        workspace = machinelearningservices.Workspace(
            "workspace",
            resource_group_name=group.name,
            location=args.location,
            workspace_name=place.workspace,
            identity=machinelearningservices.ManagedServiceIdentityArgs(
                type=machinelearningservices.ManagedServiceIdentityType.SYSTEM_ASSIGNED
            ),
            storage_account=account.id,
            key_vault=vault.id,
            application_insights=insights.id,
            container_registry=registry.id,
            opts=adopted(
                machinelearningservices.Workspace, "workspace", place.workspace_id if live else None
            ),
        )
        self.id = workspace.id
        self.logs_id = logs.id
        self.register_outputs({"id": self.id, "logsId": self.logs_id})


def _name(arm_id: str | None) -> str | None:
    return ids.name_of(arm_id) if arm_id else None
