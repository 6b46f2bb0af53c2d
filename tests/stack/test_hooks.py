from __future__ import annotations

from typing import Any

import pulumi
import pytest

from rollout.core.traffic import Routing
from rollout.stack.hooks import RefusedError, change_nothing, compare_and_swap, keep_serving

STEP = Routing({"blue": 90, "green": 10})
SEEN = Routing({"blue": 100})
COPIES = {"green": 20.0}


def _put(traffic: dict[str, float], mirror: dict[str, float] | None = None) -> pulumi.ResourceHookArgs:
    inputs: dict[str, Any] = {"properties": {"traffic": traffic, "authMode": "Key"}}
    if mirror is not None:
        inputs["properties"]["mirrorTraffic"] = mirror
    return pulumi.ResourceHookArgs("urn", "id", "endpoint", "type", new_inputs=inputs, old_inputs=inputs)


@pytest.mark.parametrize(
    ("live", "put", "refused"),
    [
        (SEEN.traffic, {"blue": 90.0, "green": 10.0}, None),
        ({"blue": 100, "green": 0}, {"blue": 90.0, "green": 10.0}, None),
        ({"blue": 70, "green": 30}, {"blue": 90.0, "green": 10.0}, "is blue 70, green 30 now"),
        (SEEN.traffic, {"blue": 50.0, "green": 50.0}, "would become blue 50, green 50"),
        (SEEN.traffic, {}, "would become no traffic"),
        ({}, {"blue": 90.0, "green": 10.0}, "is no traffic now"),
    ],
)
def test_an_endpoint_is_written_only_from_what_was_decided_from(
    live: dict[str, int], put: dict[str, float], refused: str | None
) -> None:
    guard = compare_and_swap(SEEN, STEP, lambda: Routing(live))
    if refused is None:
        guard(_put(put))
        return
    with pytest.raises(RefusedError, match=refused):
        guard(_put(put))


def test_a_put_that_is_not_the_steps_is_refused_before_anything_is_read() -> None:
    def never() -> Routing:
        raise AssertionError("read")

    with pytest.raises(RefusedError, match="isn't written"):
        compare_and_swap(SEEN, STEP, never)(_put({"green": 100.0}))


@pytest.mark.parametrize(
    ("live", "put", "refused"),
    [
        ({}, COPIES, None),
        ({"green": 0}, COPIES, None),
        ({"green": 5}, COPIES, "is blue 100, mirrored to green 5 now"),
        ({}, {}, "would become blue 100, and this step decided blue 100, mirrored to green 20"),
        ({}, {"green": 50.0}, "would become blue 100, mirrored to green 50"),
    ],
)
def test_the_mirror_is_compared_like_the_traffic(
    live: dict[str, int], put: dict[str, float], refused: str | None
) -> None:
    step = Routing({"blue": 100}, {"green": 20})
    guard = compare_and_swap(SEEN, step, lambda: Routing({"blue": 100}, live))
    if refused is None:
        guard(_put({"blue": 100.0}, put))
        return
    with pytest.raises(RefusedError, match=refused):
        guard(_put({"blue": 100.0}, put))


@pytest.mark.parametrize(
    ("traffic", "tags", "refused"),
    [
        ({"blue": 100.0}, {"PROD_DEPLOYMENT": "blue", "team": "credit"}, False),
        ({"blue": 100.0, "green": 0.0}, {"PROD_DEPLOYMENT": "blue"}, False),
        ({"blue": 90.0, "green": 10.0}, {"PROD_DEPLOYMENT": "blue"}, True),
        ({"blue": 100.0}, {"PROD_DEPLOYMENT": "green"}, True),
        ({"blue": 100.0}, {"PROD_DEPLOYMENT": "blue", "CANDIDATE_DEPLOYMENT": "green"}, True),
        ({"blue": 100.0}, {}, True),
    ],
)
def test_where_nothing_is_due_only_what_is_live_is_sent_again(
    traffic: dict[str, float], tags: dict[str, str], *, refused: bool
) -> None:
    put = _put(traffic)
    assert put.new_inputs is not None
    put.new_inputs["tags"] = tags
    guard = change_nothing(SEEN, {"PROD_DEPLOYMENT": "blue"})
    if not refused:
        guard(put)
        return
    with pytest.raises(RefusedError, match=r"would send that again .*which isn't due now; `pulumi refresh`"):
        guard(put)


def test_what_serves_is_not_changed_in_place() -> None:
    old = {"properties": {"model": "one"}, "tags": {}}
    new = {"properties": {"model": "two"}, "tags": {}}
    args = pulumi.ResourceHookArgs("urn", "id", "blue", "type", new_inputs=new, old_inputs=old)
    with pytest.raises(RefusedError, match=r"blue serves 90 % .*\(properties\)"):
        keep_serving("blue", 90)(args)
