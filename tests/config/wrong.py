"""Each key wrong in each way: the path, values that are refused, and what the message says is allowed."""

from __future__ import annotations

NAME = "3 to 32 letters, digits and single dashes, a letter first"
TRUTH = "true or false"
TIME = "a duration such as 90s, 15m or 1h30m"
LIMIT = "a number, a duration such as 50ms"
FILTER = "statusCodeClass ne '2xx'"
OBJECT = "an object of keys and values"
HEALTH = {
    "initialDelay": ([5, "soon", "2h", ""], f"{TIME}, 0s to 1h"),
    "period": (["0s", "500ms", 1, "x"], f"{TIME}, 1s to 1h"),
    "timeout": (["0s", "-1s", None], f"{TIME}, 1s to 1h"),
    "failureThreshold": ([0, -1, 1.5, "many", True], "a whole number from 1 to 1000"),
    "successThreshold": ([0, "x", [1]], "a whole number from 1 to 1000"),
}

WRONG: dict[str, tuple[list[object], str]] = {
    "resourceGroup": (["rg.", "r g", "x" * 91, ["rg"], "rg/a"], "1 to 90 letters, digits and _ - . ( )"),
    "workspace": (["ml", "-mlw", "m" * 34, "mlw credit", {"a": 1}], "3 to 33 letters, digits, - and _"),
    "createWorkspace": (["maybe", 1, "yes", []], TRUTH),
    "logAnalyticsWorkspace": (
        ["logs", "/subscriptions/s", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/x"],
        "the ARM id of a Log Analytics workspace",
    ),
    "endpoint": (["ab", "1credit", "credit_prod", "a--b", "credit-", "x" * 33, "crédit", ["credit"]], NAME),
    "auth": (["key", "None", 1], "Key, AMLToken or AADToken"),
    "model": (
        [
            "credit-risk:7",
            "azureml:credit-risk",
            "azureml:credit-risk@newest",
            "azureml:credit risk:7",
            "azureml://registries/r/environments/credit-risk/versions/7",
            "azureml://registries/r/models/credit-risk",
            7,
        ],
        "azureml:NAME:VERSION, azureml:NAME@latest or azureml://registries/REGISTRY/models/NAME/versions/VERSION",
    ),
    "environment": (
        ["credit-serving", "azureml:x:", "azureml://registries/r/models/x/versions/1", {"image": "x"}],
        "azureml://registries/REGISTRY/environments/NAME/versions/VERSION",
    ),
    "code": (
        ["/abs", "../up", "a/../b", "ml/serving/", ["x"]],
        "a folder inside the project, such as ml/serving",
    ),
    "scoringScript": (
        ["score", "/score.py", "../score.py", "score.ipynb"],
        "a Python file inside the code folder",
    ),
    "instanceType": (["a b", "D", "Standard-DS3", 4], "a virtual machine size, such as Standard_DS3_v2"),
    "instances": ([0, 51, -1, 2.5, "two", True, [2]], "a whole number from 1 to 50"),
    "models": (["credit-models", 1, [1]], OBJECT),
    "models.share": (["r", "-r", "a b", 1, "x" * 34], "the name of an Azure ML registry: 2 to 33 letters"),
    "promotesFrom": (
        [
            "staging",
            "/subscriptions/s",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/x",
            [1],
        ],
        "the ARM id of an online endpoint",
    ),
    "promotionOverride": (["credit-risk:7", 1, [1]], OBJECT),
    "promotionOverride.model": (["credit-risk:7", 7, [1]], "the value of rollout:model that is let through"),
    "promotionOverride.reason": ([" ", 1, ["x"]], "a text: why it is let through"),
    "settings": (["x", 1, [1], True], OBJECT),
    "settings.requestSettings": (["10s", [1], 1], OBJECT),
    "settings.requestSettings.requestTimeout": ([10, "181s", "0s", "10 seconds", True], f"{TIME}, 1s to 3m"),
    "settings.requestSettings.maxConcurrentRequestsPerInstance": (
        [0, "x", 1.5, 1001],
        "a whole number from 1 to 1000",
    ),
    "settings.requestSettings.maxQueueWait": ([1, "4m", "x"], f"{TIME}, 0s to 3m"),
    "settings.livenessProbe": (["x", [1]], OBJECT),
    "settings.readinessProbe": ([1, False], OBJECT),
    **{
        f"settings.{probe}Probe.{key}": wrong
        for probe in ("liveness", "readiness")
        for key, wrong in HEALTH.items()
    },
    "settings.environmentVariables": (["A=1", ["A"], 1], OBJECT),
    "settings.environmentVariables.WORKER_COUNT": (
        [2, True, None, {"a": 1}],
        "put numbers and true or false in quotes",
    ),
    "settings.environmentVariables.1ST": (["x"], "names of letters, digits and _, no digit first"),
    "settings.modelMountPath": (["models", "/var models", 1, "/"], "an absolute path in the container"),
    "settings.egress": (["enabled", True, ""], "Enabled or Disabled"),
    "settings.dataCollector": (["x", [1], True], OBJECT),
    "settings.dataCollector.collections": ([[], "request", 1], "a list of collections, such as"),
    "settings.dataCollector.collections[0].name": (["", "1st", "a b", 1], "1 to 64 letters, digits, - and _"),
    "settings.dataCollector.collections[0].samplingRate": (
        [0, 2, "50%", True],
        "a number above 0, 1 at most",
    ),
    "settings.dataCollector.collections[0].data": (["inputs", "azureml:x@latest", 1], "azureml:NAME:VERSION"),
    "settings.dataCollector.collections[0].clientId": (
        ["me", 1],
        "the client id of a user-assigned identity",
    ),
    "settings.dataCollector.rollingRate": (["hour", 1], "Year, Month, Day, Hour or Minute"),
    "settings.dataCollector.captureHeaders": (["x-id", [], ["a b"], [1]], "a list of names of HTTP headers"),
    "probe": (["sample.json", [1], 3], OBJECT),
    "probe.file": (["/etc/passwd", "../x.json", 1, ""], "a file inside the project"),
    "probe.path": (
        ["score", "https://example.com/score", 1, "/score?x=1"],
        "a path below the endpoint's address",
    ),
    "probe.expect": (["ok", 1, True, None], "an object or a list that the JSON answer must resemble"),
    "probe.maxLatency": ([500, "0s", "4m", "fast"], f"{TIME}, 1ms to 3m"),
    "probe.requests": ([0, 101, "x", 2.5], "a whole number from 1 to 100"),
    "probe.ranges": ([[0, 1], "0..1", 1], OBJECT),
    "probe.ranges.score": (
        [[1, 0], [0], [0, 1, 2], 1, [None, None], ["low", 1], [True, 1], {"min": 0}],
        "the least and the most, such as [0, 1], or null for no limit",
    ),
    "probe.slow": ([5, "5", "51%", "-1%", "few"], "percent such as 5%, 0% to 50%"),
    "probe.budget": ([60, "0s", "2h", "soon"], f"{TIME}, 1s to 1h"),
    "probe.agree": (["prod", 0.1, [1], True], OBJECT),
    "probe.agree.tolerance": (["near", -1, True, None, [1]], "a number, at least 0, such as 0.1"),
    "probe.agree.relative": ([0.1, "101%", "x"], "percent such as 5%, 0% to 100%"),
    "probe.agree.atMost": ([5, "100%", "x"], "percent such as 5%, 0% to 99%"),
    "probe.agree.only": (["probabilities", [], {}, [1]], "a list of paths in the answer"),
    "slots": (
        ["blue", ["blue"], ["blue", "blue"], ["blue", "BLUE"], ["blue", "g"], ["blue", 1], {"a": 1}, []],
        "a list of two or more deployment names, such as [blue, green]",
    ),
    "stages": (
        [[], {}, "10,50,100", 5],
        "stages whose traffic rises strictly to exactly 100, such as 10, 50, 100",
    ),
    "stages[1]": ([50, "50", [50]], OBJECT),
    "stages[1].traffic": ([-1, 101, 50.5, "half", True], "a whole number from 0 to 100"),
    "stages[1].mirror": ([0, -1, 51, 12.5, "20%", True], "a whole number from 1 to 50"),
    "stages[1].bake": ([30, "30", "half an hour", "-5m", "366d"], f"{TIME}, 0s to 365d"),
    "stages[1].minRequests": ([0, -5, "many", 1.5], "a whole number, at least 1"),
    "retireAfter": (["a day", "24", 24, "366d"], f"{TIME}, 0s to 365d"),
    "keepFailed": (["no", 0, {}], TRUTH),
    "settle": (["2", 2, "25h"], f"{TIME}, 0s to 1d"),
    "lag": (["3 minutes", True, "25h"], f"{TIME}, 0s to 1d"),
    "maxWait": (["an hour", 60, "366d"], f"{TIME}, 0s to 365d"),
    "onInconclusive": (["pass", True, "Hold"], "hold, advance or abort"),
    "onNoData": (["advance", 0], "hold or abort"),
    "comparison": (["5%", 1, []], OBJECT),
    "comparison.alpha": ([5, 0.05, "5", "0%", "21%", "5pp", "five"], "percent such as 5%, 0.1% to 20%"),
    "comparison.beta": (["-5%", "50%", None, True], "percent such as 5%, 0.1% to 20%"),
    "comparison.minRequests": ([0, "many", 1.5], "a whole number, at least 1"),
    "comparison.minMinutes": ([0, "10m", 1441], "a whole number from 1 to 1440"),
    "comparison.block": (["5s", "2m", 60, "0s", "minute"], "10s, 15s, 20s, 30s, 1m"),
    "gates": ([[], {}, "errors", 1], "a list of at least one gate"),
    "gates[1]": (["errors", 1, []], OBJECT),
    "gates[1].name": ([1, "", "two words", "x" * 41], "1 to 40 letters, digits and - _ ."),
    "gates[1].source": (["auto", "prometheus", 1], "metrics or logs"),
    "gates[1].metric": (["", 5, "a,b", ["RequestLatency"]], "the name of an Azure Monitor metric"),
    "gates[1].filter": (
        [
            "statusCodeClass is '2xx'",
            "statusCodeClass ne 2xx",
            "statusCodeClass ne '*'",
            "statusCode eq '500' or statusCode eq '502'",
            "(statusCode eq '500' or statusCodeClass eq '5xx')",
            "statusCode eq '500' and",
            "",
            5,
        ],
        FILTER,
    ),
    "gates[1].aggregation": (["average", "P90", 1], "Average, Minimum, Maximum, Total or Count"),
    "gates[1].interval": (["2m", "90s", 1, "minute", "60"], "1m, 5m, 15m, 30m, 1h, 6h, 12h, 1d"),
    "gates[1].points": ([0, "five", 2.5, 1001], "a whole number from 1 to 1000"),
    "gates[1].max": (
        ["fast", True, [], {}, {"ten": 1}, {"10": "x"}, {"10": True}, {"-1": 1}, "1e999", "nan", None],
        LIMIT,
    ),
    "gates[1].min": (["slow", False, {"10": {}}, [1]], LIMIT),
    "gates[1].empty": (["pass", True, 0], "hold, zero or abort"),
    "gates[1].failureLimit": ([-1, "x", 1.5], "a whole number from 0 to 999"),
    "gates[1].inconclusiveLimit": ([-1, "x"], "a whole number from 0 to 999"),
    "gates[1].consecutiveErrorLimit": ([-1, True], "a whole number from 0 to 999"),
    "gates[1].consecutiveSuccessLimit": ([-1, 1001, "all"], "a whole number from 0 to 1000"),
    "gates[1].dryRun": (["yes", 1], TRUTH),
    "gates[2].compare": (["blue", True, 1], "prod"),
    "gates[2].measure": (["cost", 1, "Errors"], "errors or latency"),
    "gates[2].source": (["traffic", True], "auto, logs or metrics"),
    "gates[2].margin": (
        [1, 0.01, "1%", "0pp", "51pp", "one point", "-1pp"],
        "percentage points such as 1pp or 2.5pp, 0.01pp to 50pp",
    ),
    "gates[2].slack": ([0.1, "10", "-1%", "301%", "10pp"], "percent such as 5%, 0% to 300%"),
    "gates[2].dryRun": (["no", 0], TRUTH),
    "gates[4].query": (["", "   ", 5, ["x"], "x" * 10001], "a KQL query that returns one number"),
}
