"""Whatever is asked of ARM and Monitor, the answer is Azure's: no 5xx, no traceback, always an error's shape.

`LOCALAZURE_FUZZ=5000 pytest tests/localazure/test_robust.py` asks more.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localazure.openapi import described
from tests.localazure.bodies import bodies
from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import Workspace, make_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.localazure.local import Arm

EXAMPLES = int(os.environ.get("LOCALAZURE_FUZZ", "100"))
OFTEN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
OPERATIONS = sorted(
    (path, method)
    for path, item in described()["paths"].items()
    for method in item
    if method != "parameters" and not path.startswith("/registrymanagement")
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e400,
        2**70,
        "",
        "x",
        "é\u0000",
        [],
        {},
        [None],
        {"": None},
        [[]],
        "P1D",
        "2026-13-99",
    ]
)
NAMES = st.sampled_from(["credit", "blue", "e", "1", "default", "%", "..", "é", "x" * 300]) | st.text(
    min_size=1, max_size=6
)
KEYS = [
    *("$top", "$skip", "$orderBy", "$filter", "count", "orderBy", "tags", "listViewType", "hash", "names"),
    *("isDefault", "interval", "timespan", "starttime", "endtime", "metricnames", "metricnamespace"),
    *("aggregation", "filter", "rollupby", "top", "orderby"),
]
VALUES = ["", "0", "1", "-1", "²", "9" * 30, "x", "createdtime desc", "PT1M", "PT0S", "a/b", "(" * 50]
MONITORED = ["RequestsPerMinute", "deployment eq '*'", "Average", "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z"]
QUERIES = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from(VALUES + MONITORED) | st.text(max_size=10), max_size=3
)


@dataclass(frozen=True)
class Fuzzed:
    """Whom to ask, and what can be asked of it."""

    arm: Arm
    workspace: Workspace
    known: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """A workspace in an Azure that nobody else uses, with one of much that there is."""
    with in_process(tmp_path_factory.mktemp("fuzzed"), NotingServing(), most_endpoints=10**6) as arm:
        workspace = make_workspace(arm)
        workspace.endpoint("credit")
        workspace.deployment("credit", "blue")
        yield Fuzzed(arm, workspace, bodies(workspace))


def places(node: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every node of a body."""
    yield at
    inner: dict[Any, Any] = {}
    if isinstance(node, dict):
        inner = cast("dict[Any, Any]", node)
    elif isinstance(node, list):
        inner = dict(enumerate(cast("list[Any]", node)))
    for key, value in inner.items():
        yield from places(value, (*at, key))


def put(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A body with another value at one place."""
    if not at:
        return value
    changed = deepcopy(body)
    inner = changed
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return changed


def asked(arm: Arm, method: str, path: str, body: Any, query: dict[str, str]) -> None:
    """Ask, and look whether the answer is one of Azure's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = arm.http.request(
        method,
        arm.settings.base_url + path,
        data=None if method in {"get", "delete"} else raw,
        params={"api-version": "2025-12-01"} | query,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert answer.status_code < 500, f"{method} {path} {query} {raw!r}: {answer.text}"
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error["code"]
        assert error["message"]


def how(path: str) -> list[str]:
    """The methods that a body of `bodies` is sent with."""
    last = path.rsplit("/", 1)[1]
    actions = {"regenerateKeys", "getLogs", "startPendingUpload", "import", "query", "$batch"}
    return ["post"] if last in actions or ":" in last else ["put", "patch"]


@OFTEN
@given(data=st.data())
def test_a_good_body_with_something_odd_in_it(fuzzed: Fuzzed, data: st.DataObject):
    path = data.draw(st.sampled_from(sorted(fuzzed.known)))
    good = fuzzed.known[path]
    body = put(good, data.draw(st.sampled_from(list(places(good)))), data.draw(ODD | JSON))
    asked(fuzzed.arm, data.draw(st.sampled_from(how(path))), path, body, {})


@OFTEN
@given(data=st.data())
def test_any_path_with_any_query(fuzzed: Fuzzed, data: st.DataObject):
    path, method = data.draw(st.sampled_from(OPERATIONS))
    ours = {
        "subscriptionId": fuzzed.arm.settings.subscription,
        "resourceGroupName": fuzzed.workspace.group.rsplit("/", 1)[1],
        "workspacesName": fuzzed.workspace.id.rsplit("/", 1)[1],
        "onlineEndpointsName": "credit",
        "scope": fuzzed.workspace.id.removeprefix("/"),
    }
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        value = ours.get(name) if data.draw(st.integers(0, 5)) else None
        path = path.replace(f"{{{name}}}", value or quote(data.draw(NAMES), safe=""))
    body = data.draw(JSON | st.binary(max_size=20))
    asked(fuzzed.arm, method, path, body, data.draw(QUERIES))
