"""Each wrong key gets the file, the key, the value and what is allowed; all wrong keys at once."""

import json
import re
from typing import Any

import pytest

from rollout.core.config import ConfigError, Problem, read
from rollout.core.config.problems import parsed, show
from tests.config.stack import FULL, as_pulumi_gives_it, known_keys, with_value, without
from tests.config.wrong import WRONG

STACK = "Pulumi.prod.yaml"

ONCE = [
    pytest.param(path, value, allowed, id=f"{path}={value!r}"[:60])
    for path, (values, allowed) in WRONG.items()
    for value in values
]


def problems(config: dict[str, Any], **also: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(as_pulumi_gives_it(config), file=STACK, **also)
    return caught.value.problems


def test_the_table_has_every_key():
    assert {re.sub(r"\[\d+\]", "[]", path) for path in WRONG} >= set(known_keys())


UNSHOWN = {
    "alerts.webhook": '"(not shown)"',
    "notify.webhook": '"(not shown)"',
    "notify.secret": "(not shown)",
}
"""Where people put the secret itself by mistake."""


def shown(path: str, value: object) -> str:
    if path in UNSHOWN:
        return UNSHOWN[path]
    return show(value if "." in path or "[" in path else parsed(as_pulumi_gives_it({"": value})[""]))


@pytest.mark.parametrize(("path", "value", "allowed"), ONCE)
def test_one_wrong_value_is_one_problem(path: str, value: object, allowed: str):
    config = with_value(FULL, path, value)
    (problem,) = problems(config)
    assert (problem.file, problem.key) == (STACK, f"rollout:{path}")
    assert allowed in problem.allowed
    assert problem.value == shown(path, value)
    assert str(problem) == f"{STACK}: rollout:{path} is {problem.value}; allowed: {problem.allowed}"


def test_all_wrong_at_once():
    config: dict[str, Any] = FULL
    leaves = [
        path for path in WRONG if not any(other.startswith((f"{path}.", f"{path}[")) for other in WRONG)
    ]
    for path in leaves:
        config = with_value(config, path, WRONG[path][0][0])
    config |= {"mirror": 20, "instanceTyp": "x"}
    found = problems(config)
    assert {problem.key for problem in found} == {
        *(f"rollout:{path}" for path in leaves),
        "rollout:mirror",
        "rollout:instanceTyp",
    }
    text = str(ConfigError(found))
    assert text.startswith(f"{len(found)} problems in the config:")
    assert all(f"{STACK}: {problem.key} " in text for problem in found)


@pytest.mark.parametrize(
    "path",
    [
        "resourceGroup",
        "workspace",
        "endpoint",
        "model",
        "probe.file",
        "stages",
        "gates",
        "stages[0].traffic",
        "stages[0].bake",
        "gates[0].name",
        "gates[0].metric",
        "gates[2].measure",
        "gates[4].query",
    ],
)
def test_a_missing_key_is_named(path: str):
    (problem,) = problems(without(FULL, path))
    assert problem.value is None
    assert str(problem).startswith(f"{STACK}: rollout:{path} is missing; write ")


def test_empty_text_is_no_value():
    (problem,) = problems(FULL | {"endpoint": ""}, stack_keys=["endpoint"])
    assert "rollout:endpoint is missing" in str(problem)
    assert (
        read(as_pulumi_gives_it(FULL | {"code": "", "scoringScript": ""}), file=STACK).deployment.code is None
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("stage", "did you mean stages?"),
        ("InstanceType", "did you mean instanceType?"),
        ("stages[0].minRequest", "did you mean minRequests?"),
        ("gates[0].failLimit", "did you mean failureLimit?"),
        ("settings.requestSettings.timeout", "did you mean requestTimeout?"),
        ("stages[0].mirrored", "did you mean mirror?"),
        ("stages[0].approve", "did you mean approval?"),
        ("stages[0].timeout", "only the keys traffic, mirror, bake, minRequests, approval, deadline"),
        ("gates[0].comparison", "did you mean compare?"),
        ("gates[0].margin", "only the keys source, name, metric, filter"),
        ("gates[0].query", "only the keys source, name, metric, filter"),
        ("gates[0].dryrun", "did you mean dryRun?"),
        ("gates[0].onInconclusive", "only the keys"),
        ("gates[2].metric", "only the keys name, compare, measure, margin, slack, source, dryRun"),
        ("gates[2].margins", "did you mean margin?"),
        ("gates[3].slack", "only the keys name, compare, measure, margin, source, dryRun"),
        ("gates[4].metric", "only the keys source, name, query, max, min"),
        ("gates[4].failureLimit", "only the keys source, name, query, max, min, empty, dryRun"),
        ("comparison.minRequest", "did you mean minRequests?"),
        ("comparison.minBlocks", "only the keys block, minMinutes, alpha, beta, minRequests"),
        ("autoscaling", "did you mean autoscale?"),
        ("autoscale.maximum", "only the keys min, max, cpu"),
        ("promoteFrom", "did you mean promotesFrom?"),
        ("maxwait", "did you mean maxWait?"),
        ("settings.dataCollecter", "did you mean dataCollector?"),
        ("settings.dataCollector.rate", "only the keys collections, rollingRate, captureHeaders"),
    ],
)
def test_an_unknown_key_is_refused_with_the_known_ones(path: str, hint: str):
    (problem,) = problems(with_value(FULL, path, 5))
    assert (problem.key, problem.value) == (f"rollout:{path}", "5")
    assert hint in problem.allowed


def test_a_collection_is_named_once():
    (problem,) = problems(with_value(FULL, "settings.dataCollector.collections[1].name", "model_inputs"))
    assert problem.key == "rollout:settings.dataCollector.collections[1].name"
    assert problem.allowed == "a name that no other collection has"


def test_a_problem_is_in_the_file_that_holds_the_key():
    config = with_value(with_value(FULL, "lag", "x"), "stages[0].bake", "x")
    found = problems(without(config, "endpoint"), stack_keys=["rollout:stages"], defaults_file="Pulumi.yaml")
    assert {problem.key: problem.file for problem in found} == {
        "rollout:stages[0].bake": STACK,
        "rollout:lag": "Pulumi.yaml",
        "rollout:endpoint": STACK,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "hunter2hunter2"),
        ("OPENAI_APIKEY", "hunter2hunter2"),
        ("HF_TOKEN", "hunter2hunter2"),
        ("DbPassword", "hunter2hunter2"),
        ("CLIENT_SECRET", "hunter2hunter2"),
        ("STORAGE_CONNECTION_STRING", "hunter2hunter2"),
        ("storageConnectionString", "hunter2hunter2"),
        ("STORE", "DefaultEndpointsProtocol=https;AccountKey=hunter2hunter2"),
        ("SAS", "https://x.blob.core.windows.net/c?sv=1&sig=hunter2hunter2"),
    ],
)
def test_credentials_are_refused_and_never_shown(name: str, value: str):
    found = problems(with_value(FULL, f"settings.environmentVariables.{name}", value))
    text = str(ConfigError(found))
    assert len(found) == 1
    assert "hunter2" not in text
    assert "azureml://connections" in text
    assert "keyvault:https://" in text


@pytest.mark.parametrize("wrong", [[{"API_KEY": "hunter2"}], "AccountKey=hunter2"])
def test_credentials_aren_t_shown_by_other_problems(wrong: object):
    config = with_value(with_value(FULL, "settings.environmentVariables", wrong), "probe.apiKey", "hunter2")
    assert "hunter2" not in str(ConfigError(problems(config)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "${{azureml://connections/scoring/credentials/key}}"),
        ("DB_PASSWORD", "${{keyvault:https://kv.vault.azure.net/secrets/db}}"),
        ("MAX_TOKENS", "512"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("KEYBOARD", "us"),
    ],
)
def test_references_and_harmless_names_are_allowed(name: str, value: str):
    config = with_value(FULL, f"settings.environmentVariables.{name}", value)
    settings = read(as_pulumi_gives_it(config), file=STACK)
    assert settings.deployment.serving.environment_variables[name] == value


def test_text_that_is_no_json_is_shown_as_it_is():
    raw = as_pulumi_gives_it(FULL) | {"stages": "[{traffic: 10"}
    with pytest.raises(ConfigError) as caught:
        read(raw, file=STACK)
    assert caught.value.problems[0].value == json.dumps("[{traffic: 10")
