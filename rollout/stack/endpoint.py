"""The endpoint, which owns the traffic map, with its deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from rollout.core.record import TAGS as RECORD_TAGS
from rollout.core.step import Form
from rollout.stack import deployments, hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollout.core.place import Place
    from rollout.core.step import Step
    from rollout.core.traffic import Routing
    from rollout.stack.remembered import Remembered

EVERY_INPUT = ["properties", "tags", "identity", "kind", "sku", "location"]
_ENDPOINT = "endpoint"
"""Its name in the state."""


@dataclass(frozen=True)
class EndpointArgs:
    """What the endpoint is to be after the step, and what it is now."""

    place: Place
    held: Remembered
    """What the state has: only what it lacks is imported."""
    step: Step
    inputs: Mapping[str, Any]
    """The endpoint's writable body: as it is live where it is, else from config."""
    exists: bool
    live: Routing
    """Where requests go now: what was decided from."""
    live_inputs: Mapping[str, Mapping[str, Any]]
    """The writable bodies of the live deployments."""
    fresh_inputs: Mapping[str, Any]
    """The body of a deployment of the release that config names."""
    read_routing: Callable[[], Routing]
    clear_slot: Callable[[str], None]
    assets: Mapping[str, list[pulumi.Resource]]
    """What each deployment serves: declared before it."""
    forms: Mapping[str, Form]
    """The deployments to declare."""
    protected: frozenset[str]
    """Those that the engine is to refuse to delete."""
    gone: Mapping[str, Mapping[str, Any]]
    """The deployments that Azure has lost and the state must not: their inputs there."""


class Endpoint(pulumi.ComponentResource):
    """One managed online endpoint with its blue and green deployments."""

    resource: ml.OnlineEndpoint
    """The endpoint itself."""
    resources: list[pulumi.Resource]
    """All that the record comes after."""

    def __init__(self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rollout:stack:Endpoint", name, None, opts)
        endpoint = self.resource = self._endpoint(args)
        below = pulumi.ResourceOptions(parent=self, deleted_with=endpoint)
        self.resources = [endpoint]
        for slot, form in sorted(args.forms.items()):
            after = pulumi.ResourceOptions(
                depends_on=[endpoint, *args.assets.get(slot, [])], protect=slot in args.protected
            )
            self.resources.append(self._deployment(args, slot, form, _merge(below, after)))
        for slot, inputs in sorted(args.gone.items()):
            kept = pulumi.ResourceOptions(depends_on=[endpoint], protect=slot in args.protected)
            self.resources.append(deployments.remembered(args.place, slot, inputs, _merge(below, kept)))
        self.register_outputs({})

    def _endpoint(self, args: EndpointArgs) -> ml.OnlineEndpoint:
        place, step = args.place, args.step
        writes = step.kind.writes_endpoint
        inputs = _written(args) if writes else dict(args.inputs)
        guard = hooks.change_nothing(args.live, hooks.record_in(args.inputs))
        if writes:
            guard = hooks.compare_and_swap(args.live, step.routing, args.read_routing)
        known: Any = {key: inputs[key] for key in EVERY_INPUT if inputs.get(key) is not None}
        return ml.OnlineEndpoint(
            _ENDPOINT,
            resource_group_name=place.resource_group,
            workspace_name=place.workspace,
            endpoint_name=place.endpoint,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=True,
                import_=args.held.taken_over(ml.OnlineEndpoint, _ENDPOINT, place.endpoint_id)
                if args.exists
                else None,
                ignore_changes=[] if writes else EVERY_INPUT,
                hooks=pulumi.ResourceHookBinding(
                    before_update=[hooks.hook("endpoint-compare-and-swap", guard)]
                ),
            ),
            **known,
        )

    def _deployment(
        self, args: EndpointArgs, slot: str, form: Form, opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        if form is Form.FRESH:

            def clear() -> None:
                args.clear_slot(slot)

            return deployments.fresh(args.place, slot, args.fresh_inputs, clear, opts)
        share = args.live.traffic.get(slot, 0)
        return deployments.frozen(args.place, slot, args.live_inputs[slot], share, opts, held=args.held)


def _written(args: EndpointArgs) -> dict[str, Any]:
    """Return the body of the endpoint's PUT: everything as it is, but for the step's traffic and record."""
    inputs = dict(args.inputs)
    record = args.step.record.tags()
    present = cast("Mapping[str, str]", inputs.get("tags") or {})
    kept = {name: text for name, text in present.items() if name not in RECORD_TAGS}
    inputs["tags"] = {**kept, **record}
    routing = args.step.routing
    inputs["properties"] = {
        **inputs["properties"],
        "traffic": dict(routing.traffic),
        "mirrorTraffic": dict(routing.mirror),
    }
    return inputs


def _merge(one: pulumi.ResourceOptions, other: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(one, other)
