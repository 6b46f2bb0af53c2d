import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.agreement import Agree
from rollout.core.answers import Path
from rollout.core.assets import AssetKind, AssetRef
from rollout.core.autoscale import Autoscale
from rollout.core.comparison.blocks import Tier
from rollout.core.config import (
    Auth,
    ConfigError,
    EndpointSettings,
    ProbeSettings,
    PublicAccess,
    Settings,
    WorkspaceSettings,
    read,
)
from rollout.core.config.filters import metric_filter
from rollout.core.config.promoting import Promotes
from rollout.core.expected import Range
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.plan import OnInconclusive, OnNoData, Plan, Stage
from rollout.core.promotion import Override
from rollout.core.serving import (
    Collection,
    DataCollector,
    HealthProbe,
    RequestSettings,
    RollingRate,
    ServingSettings,
)
from tests.config.stack import FULL, PROJECT, as_pulumi_gives_it, with_value

MINUTE = timedelta(minutes=1)
LEAST: dict[str, Any] = {key: FULL[key] for key in ("resourceGroup", "workspace", "endpoint", "model")} | {
    "probe": {"file": "sample.json"},
    "stages": [{"traffic": 100, "bake": "10m"}],
    "gates": [{"name": "latency", "metric": "RequestLatency_P90", "max": 50}],
}


def settings_of(config: dict[str, Any]) -> Settings:
    return read(as_pulumi_gives_it(config), file="Pulumi.prod.yaml")


def test_every_key_arrives_typed():
    settings = settings_of(FULL)
    assert settings.workspace == WorkspaceSettings(
        "rg-credit", "mlw-credit", create=False, log_analytics=FULL["logAnalyticsWorkspace"]
    )
    assert settings.endpoint == EndpointSettings("credit", Auth.AAD_TOKEN, PublicAccess.DISABLED)
    wanted = settings.deployment
    assert str(wanted.model) == "azureml:credit-risk:7"
    assert str(wanted.environment) == "azureml:credit-serving:3"
    assert settings.shared_through == "credit-models"
    assert settings.promotes == Promotes(
        FULL["promotesFrom"], Override("azureml:credit-risk:7", "the incident of 21 November")
    )
    assert (wanted.code, wanted.scoring_script) == ("ml/serving", "score.py")
    assert (wanted.instance_type, wanted.instances) == ("Standard_DS3_v2", 2)
    assert settings.autoscale == Autoscale(2, 6, 70)
    assert wanted.serving == ServingSettings(
        RequestSettings(timedelta(seconds=10), 20, timedelta(milliseconds=500)),
        HealthProbe(timedelta(seconds=10), timedelta(seconds=10), timedelta(seconds=2), 30, 1),
        HealthProbe(timedelta(seconds=20), timedelta(seconds=5), timedelta(seconds=1), 3, 2),
        {"WORKER_COUNT": "2"},
        "/var/models",
        "Disabled",
        DataCollector(
            (
                Collection(
                    "model_inputs", 0.5, "azureml:credit-inputs:1", "11111111-2222-3333-4444-555555555555"
                ),
                Collection("request"),
            ),
            RollingRate.DAY,
            ("x-request-id",),
        ),
    )
    assert settings.probe == ProbeSettings(
        "ml/serving/sample-request.json",
        "/score",
        {"probabilities": [0.5]},
        timedelta(milliseconds=500),
        5,
        ranges=(Range(Path.parse("probabilities[*]"), 0, 1),),
        slow=0.02,
        budget=timedelta(minutes=5),
        agree=Agree(0.3, 0.1, 0.15, (Path.parse("probabilities"),)),
    )
    assert settings.plan("credit-risk:7-0a1b2c3d") == Plan(
        "credit-risk:7-0a1b2c3d",
        (
            Stage(10, 30 * MINUTE, 500, deadline=360 * MINUTE),
            Stage(50, 30 * MINUTE),
            Stage(100, 120 * MINUTE),
        ),
        ("blue", "green"),
        timedelta(hours=24),
        keep_failed=True,
        settle=2 * MINUTE,
        lag=3 * MINUTE,
        compared_gates=2,
        max_wait=45 * MINUTE,
        on_inconclusive=OnInconclusive.ABORT,
        on_no_data=OnNoData.ABORT,
    )
    assert settings.comparison == ComparisonSettings(
        Tier.LOGS, alpha=0.04, beta=0.03, min_requests=60, min_blocks=8, block=MINUTE / 2
    )
    assert settings.gates == (
        FixedGate(
            "errors",
            "RequestsPerMinute",
            filter="statusCodeClass ne '2xx'",
            max=Limit(by_stage={10: 1, 50: 0, 100: 0}),
            min=Limit(0),
            empty=Empty.ZERO,
        ),
        FixedGate("latency", "RequestLatency_P90", max=Limit(50)),
        ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.02, slack=0.2),
        ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01),
        FixedGate("timeouts", kql=FULL["gates"][4]["query"], max=Limit(3)),
    )


def test_what_isn_t_written_has_the_default_of_its_type():
    settings = settings_of(LEAST)
    wanted = settings.deployment
    assert wanted.environment is wanted.code is wanted.scoring_script is None
    assert (wanted.instances, wanted.serving) == (1, ServingSettings())
    assert settings.endpoint == EndpointSettings("credit", Auth.KEY, PublicAccess.ENABLED)
    assert settings.plan("x") == Plan("x", (Stage(100, 10 * MINUTE),))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (50, 50),
        (0.5, 0.5),
        ("50", 50),
        ("50ms", 50),
        ("1.5s", 1500),
        ({"100": "50ms"}, {100: 50}),
    ],
)
def test_a_limit_is_a_number_or_a_duration_in_milliseconds(written: object, meant: object):
    (gate,) = settings_of(with_value(LEAST, "gates[0].max", written)).gates
    assert gate.max == (Limit(by_stage=meant) if isinstance(meant, dict) else Limit(meant))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({}, ComparativeGate("g", Measure.ERRORS, margin=0.01)),
        ({"measure": "latency"}, ComparativeGate("g", Measure.LATENCY, margin=0.025, slack=0.1)),
        ({"margin": "0.5pp", "dryRun": "true"}, ComparativeGate("g", Measure.ERRORS, 0.005, dry_run=True)),
        ({"measure": "latency", "slack": "0%"}, ComparativeGate("g", Measure.LATENCY, 0.025, slack=0)),
    ],
)
def test_a_gate_that_compares_has_defaults(written: dict[str, object], meant: ComparativeGate):
    entry = {"name": "g", "compare": "prod", "measure": "errors"} | written
    also = {"name": "counts", "metric": "RequestLatency", "max": 1}
    settings = settings_of(
        LEAST
        | {
            "gates": [entry, also],
            "stages": [{"traffic": 10, "bake": "17m"}, {"traffic": 100, "bake": "17m"}],
        }
    )
    assert settings.gates[0] == meant
    assert settings.comparison == ComparisonSettings()
    assert settings.plan("x").compared_gates == 1


@pytest.mark.parametrize(("trials", "count"), [((), 2), ((0,), 1), ((1,), 1), ((0, 1), 2)])
def test_dry_runs_take_no_part_of_the_error_rate_unless_all_are(trials: tuple[int, ...], count: int):
    gates = [COMPARED | {"name": f"g{number}", "dryRun": number in trials} for number in (0, 1)]
    gates.append({"name": "limit", "metric": "RequestLatency", "max": 1})
    settings = settings_of(
        LEAST | {"gates": gates, "stages": [{"traffic": 10, "bake": "17m"}, {"traffic": 100, "bake": "17m"}]}
    )
    assert settings.plan("x").compared_gates == count


COMPARED: dict[str, Any] = {"name": "g", "compare": "prod", "measure": "errors"}


@pytest.mark.parametrize(
    ("gate", "lag"),
    [
        (LEAST["gates"][0], 3),
        (COMPARED, 5),
        (COMPARED | {"source": "logs"}, 5),
        (COMPARED | {"source": "metrics"}, 3),
        ({"name": "g", "source": "logs", "query": "T | count", "max": 1}, 5),
    ],
)
def test_what_may_read_logs_lags_more(gate: dict[str, Any], lag: int):
    config = LEAST | {
        "gates": [gate],
        "stages": [{"traffic": 10, "bake": "1h"}, {"traffic": 100, "bake": "1h"}],
    }
    assert settings_of(config).ladder.lag == lag * MINUTE
    assert settings_of(config | {"lag": "4m"}).ladder.lag == 4 * MINUTE


@pytest.mark.parametrize("source", ["auto", "logs", "metrics"])
def test_the_source_of_the_gates_is_that_of_the_comparison(source: str):
    stages = [{"traffic": 10, "bake": "1h"}, {"traffic": 100, "bake": "1h"}]
    found = settings_of(LEAST | {"gates": [COMPARED | {"source": source}], "stages": stages}).comparison
    assert found.source == (None if source == "auto" else Tier(source))


def test_shadow_rungs_are_stages_without_live_traffic():
    stages = [
        {"traffic": 0, "mirror": 5, "bake": "10m"},
        {"traffic": 0, "mirror": 50, "bake": "10m"},
        {"traffic": 100, "bake": "10m"},
    ]
    settings = settings_of(with_value(LEAST | {"stages": stages}, "gates[0].max", {"0": 90, "100": 50}))
    assert [(stage.traffic, stage.mirror) for stage in settings.ladder.stages] == [(0, 5), (0, 50), (100, 0)]
    assert settings.plan("x").compared_stages == 2
    gate = settings.gates[0]
    assert isinstance(gate, FixedGate)
    assert [gate.max.at(stage.traffic) for stage in settings.ladder.stages] == [90, 90, 50]


@pytest.mark.parametrize("text", ["true", "false"])
def test_pulumi_gives_scalars_as_text(text: str):
    settings = settings_of(LEAST | {"keepFailed": text, "instances": "3"})
    assert settings.ladder.keep_failed is (text == "true")
    assert settings.deployment.instances == 3


@pytest.mark.parametrize(
    "text",
    [
        "statusCodeClass ne '2xx'",
        "statusCode eq '500' and modelStatusCode eq '*'",
        "(statusCode eq '500' or statusCode eq '502') and statusCodeClass ne '2xx'",
        "statusCode sw '5' and modelStatusCode ne '500'",
        "note eq 'it''s and or (deployment eq x)'",
    ],
)
def test_filters_of_azure_monitor_are_allowed(text: str):
    assert metric_filter(text) == text


@pytest.mark.parametrize(
    "reference",
    [
        "azureml:credit-risk:7",
        "azureml:credit-risk@latest",
        "azureml://registries/r/models/credit-risk/versions/7",
    ],
)
def test_a_model_is_a_version_the_latest_or_a_registry_s(reference: str):
    assert str(settings_of(LEAST | {"model": reference}).deployment.model) == reference


def test_a_release_is_made_of_settings_versions_and_code():
    settings = settings_of(FULL | {"model": "azureml:credit-risk@latest", "promotesFrom": ""})
    model = settings.deployment.model.pinned("8")
    release = settings.release(model, settings.deployment.environment, "c0de")
    assert release.model == AssetRef(AssetKind.MODEL, "credit-risk", "8")
    assert release.id.startswith("credit-risk:8-")
    more = settings_of(FULL | {"instances": 9}).release(model, settings.deployment.environment, "c0de")
    assert more.id == release.id


def test_one_bad_key_spoils_nothing_else():
    with pytest.raises(ConfigError, match="1 problem in the config"):
        settings_of(LEAST | {"auth": "none"})


def test_reading_config_imports_neither_pulumi_nor_azure_nor_much_else():
    code = "import sys, json, rollout.core.config; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True, cwd=PROJECT))
    heavy = {"pulumi", "azure", "pydantic", "asyncio", "requests", "rich"}
    assert not {name.partition(".")[0] for name in loaded} & heavy
