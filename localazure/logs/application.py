"""The traces of Application Insights: `AppTraces` in a Log Analytics workspace, `traces` in the resource.

(learn.microsoft.com, Azure Monitor reference, tables, AppTraces; "Workspace-based Application Insights
resources", table structure.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.logs.tables import SQL_TYPES, at_time, quoted_text
from localazure.monitor.kept import TRACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from localazure.arm.store import Resource, Store

__all__ = [
    "APPLICATION_TABLES",
    "COMPONENTS",
    "ApplicationTable",
    "Component",
    "components",
    "only",
    "select",
]

COMPONENTS = "Microsoft.Insights/components"
EMPTY = "''"


@dataclass(frozen=True)
class Component:
    """An Application Insights resource whose traces a query sees.

    Attributes:
        key: Its instrumentation key.
        app: Its application id.
        customer_id: Of the Log Analytics workspace it keeps its data in; empty for none.
    """

    id: str
    key: str
    app: str
    customer_id: str


@dataclass(frozen=True)
class ApplicationTable:
    """A table of Application Insights.

    Attributes:
        time: The column that a timespan looks at.
        role: The column that names the deployment.
        classic: Only a query of the resource itself knows it.
        columns: Kusto type of each column.
        sources: The kept column, or the constant, that each column shows; others are empty.
    """

    name: str
    time: str
    role: str
    classic: bool
    columns: Mapping[str, str]
    sources: Mapping[str, str]


def _columns(strings: str, **others: str) -> dict[str, str]:
    named = dict.fromkeys(strings.split(), "string") | others
    return {each: named[each] for each in sorted(named, key=lambda name: name.lstrip("_").lower())}


AS_KEPT = (
    "Measurements",
    "Message",
    "OperationId",
    "OperationName",
    "ParentId",
    "Properties",
    "SDKVersion",
    "SeverityLevel",
)
APP_TRACES = ApplicationTable(
    name="AppTraces",
    time="TimeGenerated",
    role="AppRoleName",
    classic=False,
    columns=_columns(
        "AppRoleInstance AppRoleName AppVersion ClientBrowser ClientCity ClientCountryOrRegion ClientIP "
        "ClientModel ClientOS ClientStateOrProvince ClientType IKey _IsBillable Message OperationId "
        "OperationName ParentId ReferencedItemId ReferencedType ResourceGUID _ResourceId SDKVersion "
        "SessionId SourceSystem _SubscriptionId SyntheticSource TenantId Type UserAccountId "
        "UserAuthenticatedId UserId",
        _BilledSize="real",
        ItemCount="int",
        Measurements="dynamic",
        Properties="dynamic",
        SeverityLevel="int",
        TimeGenerated="datetime",
    ),
    sources={
        "AppRoleInstance": "RoleInstance",
        "AppRoleName": "RoleName",
        **{name: name for name in (*AS_KEPT, "TimeGenerated")},
    },
)
CLASSIC_TRACES = ApplicationTable(
    name="traces",
    time="timestamp",
    role="cloud_RoleName",
    classic=True,
    columns=_columns(
        "message itemType operation_Name operation_Id operation_ParentId operation_SyntheticSource "
        "session_Id user_Id user_AuthenticatedId user_AccountId application_Version client_Type client_Model "
        "client_OS "
        "client_IP client_City client_StateOrProvince client_CountryOrRegion client_Browser cloud_RoleName "
        "cloud_RoleInstance appId appName iKey sdkVersion itemId _ResourceId",
        customDimensions="dynamic",
        customMeasurements="dynamic",
        itemCount="int",
        severityLevel="int",
        timestamp="datetime",
    ),
    sources={
        "cloud_RoleInstance": "RoleInstance",
        "cloud_RoleName": "RoleName",
        "customDimensions": "Properties",
        "customMeasurements": "Measurements",
        "itemId": "ItemId",
        "message": "Message",
        "operation_Id": "OperationId",
        "operation_Name": "OperationName",
        "operation_ParentId": "ParentId",
        "sdkVersion": "SDKVersion",
        "severityLevel": "SeverityLevel",
        "timestamp": "TimeGenerated",
    },
)
APPLICATION_TABLES = (APP_TRACES, CLASSIC_TRACES)


def components(store: Store, workspaces: Sequence[Resource]) -> list[Component]:
    """The Application Insights resources that keep their data in some Log Analytics workspaces."""
    found = {each.key: each.state["customerId"] for each in workspaces}
    return [
        _component(each, found[workspace])
        for each in store.of_type(COMPONENTS)
        if (workspace := str(each.properties.get("WorkspaceResourceId") or "").lower()) in found
    ]


def only(store: Store, resource: Resource) -> Component:
    """One Application Insights resource."""
    workspace = store.get(str(resource.properties.get("WorkspaceResourceId") or ""))
    return _component(resource, workspace.state["customerId"] if workspace else "")


def select(table: ApplicationTable, found: Sequence[Component], until: datetime) -> str:
    """SQL that has the table's rows of some resources, up to a time."""
    return "\nUNION ALL ".join(_of(table, each, until) for each in found) or _nothing(table)


def _component(resource: Resource, customer_id: str) -> Component:
    return Component(resource.id, resource.state["key"], resource.state["app"], customer_id)


def _of(table: ApplicationTable, component: Component, until: datetime) -> str:
    own = quoted_text(component.id.lower())
    constant = {
        "_BilledSize": "256.0::DOUBLE",
        "_IsBillable": "'True'",
        "_ResourceId": own,
        "_SubscriptionId": quoted_text(component.id.split("/")[2].lower()),
        "appId": quoted_text(component.app),
        "appName": quoted_text(component.id.rsplit("/", 1)[1]),
        "IKey": quoted_text(component.key),
        "iKey": quoted_text(component.key),
        "ItemCount": "1",
        "itemCount": "1",
        "itemType": "'trace'",
        "ResourceGUID": quoted_text(component.app),
        "SourceSystem": "'Azure'",
        "TenantId": quoted_text(component.customer_id),
        "Type": quoted_text(table.name),
        "ClientType": "'PC'",
        "client_Type": "'PC'",
    }
    values = {**table.sources, **constant}
    shown = ", ".join(
        f'CAST({values.get(name, EMPTY)} AS {SQL_TYPES[kind]}) AS "{name}"'
        for name, kind in table.columns.items()
    )
    return (
        f"SELECT {shown} FROM {TRACES} "  # noqa: S608 - quoted, and from our own store
        f"WHERE ComponentId = {own} AND TimeGenerated <= {at_time(until)}"
    )


def _nothing(table: ApplicationTable) -> str:
    shown = [f'CAST(NULL AS {SQL_TYPES[kind]}) AS "{name}"' for name, kind in table.columns.items()]
    return f"SELECT {', '.join(shown)} WHERE FALSE"
