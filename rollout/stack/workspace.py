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
from rollout.azure.errors import ReadError
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

    def has(self, kind: type[object], name: str) -> bool:
        """Return whether the state has that resource."""
        return self.held.taken_over(kind, name, "") is None


class Workspace(pulumi.ComponentResource):
    """A resource group with a workspace, its storage, key vault, logs, insights and container registry.

    Nothing here is deleted in Azure, neither by `pulumi destroy` nor when config stops to name it: others may
    use it, and a resource group takes all that is in it along. What can't be read stays as the state has it,
    and is left to a later run where the state doesn't.
    """

    id: pulumi.Output[str]
    """The workspace's ARM id."""
    logs_id: pulumi.Output[str] | None
    """The ARM id of the Log Analytics workspace for the endpoint's logs; None where it can't be read."""

    def __init__(self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rollout:stack:Workspace", name, None, opts)
        place, live = args.place, args.live
        below = pulumi.ResourceOptions(parent=self, retain_on_delete=True)

        group = resources.ResourceGroup(
            "group",
            resource_group_name=place.resource_group,
            location=args.location,
            opts=_adopted(
                args, below, resources.ResourceGroup, "group", place.group_id if args.group_exists else None
            ),
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
            opts=_adopted(
                args, below, storage.StorageAccount, f"{stem}st", live.storage_id if live else None
            ),
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
            opts=_adopted(args, below, keyvault.Vault, f"{stem}kv", live.vault_id if live else None),
        )
        logs = _logs(args, stem, group, below)
        insights = _insights(args, stem, group, logs, below)
        registry = containerregistry.Registry(
            f"{stem}cr",
            registry_name=_name(live.registry_id if live else None),
            resource_group_name=group.name,
            location=args.location,
            sku=containerregistry.SkuArgs(name=containerregistry.SkuName.BASIC),
            admin_user_enabled=False,
            opts=_adopted(
                args, below, containerregistry.Registry, f"{stem}cr", live.registry_id if live else None
            ),
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
            application_insights=insights.id if insights else live.insights_id if live else None,
            container_registry=registry.id,
            opts=_adopted(
                args,
                below,
                machinelearningservices.Workspace,
                "workspace",
                place.workspace_id if live else None,
            ),
        )
        self.id = workspace.id
        self.logs_id = logs.id if logs else None
        self.register_outputs({"id": self.id, "logsId": self.logs_id})


def _logs(
    args: WorkspaceArgs, stem: str, group: resources.ResourceGroup, below: pulumi.ResourceOptions
) -> operationalinsights.Workspace | None:
    kind, name = operationalinsights.Workspace, f"{stem}log"
    found = args.live.logs_id if args.live else None
    if isinstance(found, ReadError) and not args.has(kind, name):
        return None
    opts = _as_held(below) if isinstance(found, ReadError) else _adopted(args, below, kind, name, found)
    return kind(
        name,
        workspace_name=None if isinstance(found, ReadError) else _name(found),
        resource_group_name=group.name,
        location=args.location,
        sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
        retention_in_days=30,
        opts=opts,
    )


def _insights(
    args: WorkspaceArgs,
    stem: str,
    group: resources.ResourceGroup,
    logs: operationalinsights.Workspace | None,
    below: pulumi.ResourceOptions,
) -> applicationinsights.Component | None:
    kind, name = applicationinsights.Component, f"{stem}ai"
    found = args.live.insights_id if args.live else None
    unread = args.live is not None and isinstance(args.live.logs_id, ReadError)
    if unread and not args.has(kind, name):
        return None
    return kind(
        name,
        resource_name_=_name(found),
        resource_group_name=group.name,
        location=args.location,
        kind="web",
        application_type=applicationinsights.ApplicationType.WEB,
        ingestion_mode=applicationinsights.IngestionMode.LOG_ANALYTICS,
        workspace_resource_id=logs.id if logs else None,
        opts=_adopted(args, below, kind, name, found),
    )


def _adopted(
    args: WorkspaceArgs, below: pulumi.ResourceOptions, kind: type[object], name: str, arm_id: str | None
) -> pulumi.ResourceOptions:
    """Return options that take over what ARM shows, and leave it as it is."""
    if arm_id is None:
        return below
    known = pulumi.ResourceOptions(import_=args.held.taken_over(kind, name, arm_id))
    return pulumi.ResourceOptions.merge(_as_held(below), known)


def _as_held(below: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(below, pulumi.ResourceOptions(ignore_changes=["*"]))


def _name(arm_id: str | None) -> str | None:
    return ids.name_of(arm_id) if arm_id else None
