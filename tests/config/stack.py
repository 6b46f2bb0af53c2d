"""A stack's config as a mapping of keys, and as Pulumi hands it to the program."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from rollout.core.config.problems import Report
from rollout.core.config.reading import draft

PROJECT = Path(__file__).parents[2]

FULL: dict[str, Any] = {
    "resourceGroup": "rg-credit",
    "workspace": "mlw-credit",
    "createWorkspace": False,
    "logAnalyticsWorkspace": (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/logs"
    ),
    "endpoint": "credit",
    "auth": "AADToken",
    "publicNetworkAccess": "Disabled",
    "model": "azureml:credit-risk:7",
    "environment": "azureml:credit-serving:3",
    "code": "ml/serving",
    "scoringScript": "score.py",
    "instanceType": "Standard_DS3_v2",
    "instances": 2,
    "autoscale": {"min": 2, "max": 6, "cpu": 70},
    "settings": {
        "requestSettings": {
            "requestTimeout": "10s",
            "maxConcurrentRequestsPerInstance": 20,
            "maxQueueWait": "500ms",
        },
        "livenessProbe": {
            "initialDelay": "10s",
            "period": "10s",
            "timeout": "2s",
            "failureThreshold": 30,
            "successThreshold": 1,
        },
        "readinessProbe": {
            "initialDelay": "20s",
            "period": "5s",
            "timeout": "1s",
            "failureThreshold": 3,
            "successThreshold": 2,
        },
        "environmentVariables": {"WORKER_COUNT": "2"},
        "modelMountPath": "/var/models",
        "egress": "Disabled",
        "dataCollector": {
            "collections": [
                {
                    "name": "model_inputs",
                    "samplingRate": 0.5,
                    "data": "azureml:credit-inputs:1",
                    "clientId": "11111111-2222-3333-4444-555555555555",
                },
                {"name": "request"},
            ],
            "rollingRate": "Day",
            "captureHeaders": ["x-request-id"],
        },
    },
    "models": {"share": "credit-models"},
    "promotesFrom": (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
        "/workspaces/mlw-staging/onlineEndpoints/credit-staging"
    ),
    "promotionOverride": {"model": "azureml:credit-risk:7", "reason": "the incident of 21 November"},
    "probe": {
        "file": "ml/serving/sample-request.json",
        "path": "/score",
        "expect": {"probabilities": [0.5]},
        "maxLatency": "500ms",
        "requests": 5,
        "ranges": {"probabilities[*]": [0, 1]},
        "slow": "2%",
        "budget": "5m",
        "agree": {"tolerance": 0.3, "relative": "10%", "atMost": "15%", "only": ["probabilities"]},
    },
    "slots": ["blue", "green"],
    "stages": [
        {"traffic": 10, "bake": "30m", "minRequests": 500, "approval": False, "deadline": "6h"},
        {"traffic": 50, "bake": "30m", "minRequests": 1},
        {"traffic": 100, "bake": "2h", "minRequests": 1},
    ],
    "retireAfter": "24h",
    "keepFailed": True,
    "settle": "2m",
    "lag": "3m",
    "maxWait": "45m",
    "onInconclusive": "abort",
    "onNoData": "abort",
    "alerts": {
        "actionGroup": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/actionGroups/people",
        "email": ["ml-team@example.com"],
        "webhook": ["https://hooks.example.com/rollout"],
        "severity": 1,
        "enabled": True,
    },
    "notify": {"webhook": "ROLLOUT_WEBHOOK", "secret": "ROLLOUT_WEBHOOK_KEY", "events": ["abort", "promote"]},
    "comparison": {"alpha": "4%", "beta": "3%", "minRequests": 60, "minMinutes": 4, "block": "30s"},
    "gates": [
        {
            "name": "errors",
            "source": "metrics",
            "metric": "RequestsPerMinute",
            "filter": "statusCodeClass ne '2xx'",
            "aggregation": "Average",
            "interval": "1m",
            "points": 5,
            "max": {"10": 1, "50": 0, "100": 0},
            "min": 0,
            "empty": "zero",
            "failureLimit": 0,
            "inconclusiveLimit": 0,
            "consecutiveErrorLimit": 0,
            "consecutiveSuccessLimit": 0,
            "dryRun": False,
        },
        {"name": "latency", "metric": "RequestLatency_P90", "max": "50ms"},
        {
            "name": "latency-vs-prod",
            "compare": "prod",
            "measure": "latency",
            "source": "logs",
            "margin": "2pp",
            "slack": "20%",
            "dryRun": False,
        },
        {"name": "errors-vs-prod", "compare": "prod", "measure": "errors", "source": "logs"},
        {
            "name": "timeouts",
            "source": "logs",
            "query": "AmlOnlineEndpointTrafficLog | summarize countif(ResponseCode == '408')",
            "max": 3,
        },
    ],
}
"""Every key there is, with a good value."""

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def as_pulumi_gives_it(config: dict[str, Any]) -> dict[str, str]:
    """Scalars as text, objects and lists as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def with_value(config: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The config with one key, given by its path, set."""
    changed = copy.deepcopy(config)
    *way, last = _steps(path)
    place: Any = changed
    for step in way:
        place = place[step]
    place[last] = value
    return changed


def without(config: dict[str, Any], path: str) -> dict[str, Any]:
    """The config without one key."""
    changed = copy.deepcopy(config)
    *way, last = _steps(path)
    place: Any = changed
    for step in way:
        place = place[step]
    del place[last]
    return changed


def known_keys() -> list[str]:
    """Every key that is read, with `[]` for the place in a list."""
    report = Report(lambda _: "")
    draft(as_pulumi_gives_it(FULL), report)
    return list(report.known)


def _steps(path: str) -> list[str | int]:
    return [name or int(index) for name, index in _STEP.findall(path)]
