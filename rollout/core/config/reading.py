"""Reading a stack's config: the entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.assets import AssetKind, AssetRef
from rollout.core.config import checks, probing, telling, values
from rollout.core.config.autoscaling import autoscale
from rollout.core.config.comparison import Source, comparison, one_source
from rollout.core.config.gates import REQUIRED as GATES_REQUIRED
from rollout.core.config.gates import gate
from rollout.core.config.keys import Keys
from rollout.core.config.ladder import ladder
from rollout.core.config.problems import PREFIX, ConfigError, Report
from rollout.core.config.promoting import promotes
from rollout.core.config.serving import serving
from rollout.core.config.settings import (
    Auth,
    DeploymentSettings,
    EndpointSettings,
    PublicAccess,
    Settings,
    WorkspaceSettings,
)
from rollout.core.config.sharing import shared_through
from rollout.core.gates.fixed import FixedGate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rollout.core.config.settings import Gate

_ANY_MODEL = AssetRef(AssetKind.MODEL, "model", "1")


@dataclass(frozen=True)
class Salvaged:
    """A stack's config as far as it can be used."""

    settings: Settings
    """With stand-ins for what can't be."""
    error: ConfigError | None
    """All that is wrong, or None."""
    unread: frozenset[str]
    """The keys that something is wrong with, without the prefix and what is inside of them."""


def read(
    raw: Mapping[str, str],
    *,
    file: str,
    defaults_file: str = "Pulumi.yaml",
    stack_keys: Collection[str] | None = None,
) -> Settings:
    """Return the typed settings of a stack.

    Args:
        raw: Every `rollout:` key without that prefix, as text; objects and lists as JSON, as Pulumi has them.
            An empty text is no value.
        file: The stack's config file, for messages: `Pulumi.dev.yaml`.
        defaults_file: The file with the project's defaults, for messages.
        stack_keys: The keys that are set in the stack's own file, with or without the prefix; a problem with
            any other is one of `defaults_file`. None: all are taken to be the stack's.

    Raises:
        ConfigError: With every problem there is, not just the first.
    """
    found = salvage(raw, file=file, defaults_file=defaults_file, stack_keys=stack_keys)
    if found.error is not None:
        raise found.error
    return found.settings


def salvage(
    raw: Mapping[str, str],
    *,
    file: str,
    defaults_file: str = "Pulumi.yaml",
    stack_keys: Collection[str] | None = None,
) -> Salvaged:
    """Return what `read` does, or as much of it as can be used with all that is wrong: it raises nothing."""
    written = {key: value for key, value in raw.items() if value.strip()}
    own = None if stack_keys is None else {key.removeprefix(PREFIX) for key in stack_keys}

    def file_of(key: str) -> str:
        return file if own is None or key in own or key not in written else defaults_file

    report = Report(file_of)
    settings = draft(written, report)
    checks.run(settings, report)
    error = ConfigError(report.problems) if report.problems else None
    return Salvaged(settings, error, frozenset(report.refused))


def draft(raw: Mapping[str, str], report: Report) -> Settings:
    """Read every key, with stand-ins for what `report` is told can't be read."""
    keys = Keys(report, "", raw)
    workspace = _workspace(keys)
    endpoint = EndpointSettings(
        name=keys.take("endpoint", values.label, "", required="the name of the managed online endpoint"),
        auth=keys.take("auth", values.choice(Auth), Auth.KEY),
        public_access=keys.take(
            "publicNetworkAccess", values.choice(PublicAccess), EndpointSettings.public_access
        ),
    )
    deployment = _deployment(keys)
    probe = probing.probe(keys.object("probe"))
    gates = [gate(each) for each in keys.objects("gates", GATES_REQUIRED)]
    source = one_source([source for _, source in gates], report)
    settings = Settings(
        workspace=workspace,
        endpoint=endpoint,
        deployment=deployment,
        probe=probe,
        ladder=ladder(keys, reads_logs=_read_logs([gate for gate, _ in gates], source)),
        gates=tuple(gate for gate, _ in gates),
        comparison=comparison(keys.object("comparison"), source),
        alerts=telling.alerts(keys.object("alerts")),
        notify=telling.notify(keys.object("notify")),
        shared_through=shared_through(keys.object("models")),
        autoscale=autoscale(keys),
        promotes=promotes(keys),
    )
    keys.finish()
    return settings


def _read_logs(gates: Collection[Gate], compared: Source | None) -> bool:
    """Return whether a gate reads logs, or may: with `auto` that shows only at a look."""
    asked = any(isinstance(gate, FixedGate) and gate.kql is not None for gate in gates)
    return asked or compared in {Source.AUTO, Source.LOGS}


def _workspace(keys: Keys) -> WorkspaceSettings:
    return WorkspaceSettings(
        resource_group=keys.take(
            "resourceGroup", values.resource_group, "", required="a resource group's name"
        ),
        name=keys.take("workspace", values.workspace, "", required="an Azure ML workspace's name"),
        create=keys.take("createWorkspace", values.flag, default=False),
        log_analytics=keys.take("logAnalyticsWorkspace", values.log_analytics, None),
    )


def _deployment(keys: Keys) -> DeploymentSettings:
    return DeploymentSettings(
        model=keys.take(
            "model",
            values.asset(AssetKind.MODEL),
            _ANY_MODEL,
            required="a model, such as azureml:credit-risk:7",
        ),
        environment=keys.take("environment", values.asset(AssetKind.ENVIRONMENT), None),
        code=keys.take("code", values.folder, None),
        scoring_script=keys.take("scoringScript", values.script, None),
        instance_type=keys.take("instanceType", values.instance_type, "Standard_DS3_v2"),
        instances=keys.take("instances", values.whole(1, 50), 1),
        serving=serving(keys.object("settings")),
    )
