"""What may only happen in an update, and only at its place in the graph.

The engine calls a hook where a resource is really created or updated, never in a preview. Each hook is one
object with a name of its own, and none can be made under Python's mocks: hence the factory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from rollout.core.record import TAGS
from rollout.core.traffic import Routing, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class RefusedError(Exception):
    """A write that would do harm was refused before it was sent; nothing was changed."""


def hook(name: str, run: Callable[[pulumi.ResourceHookArgs], None]) -> pulumi.ResourceHook:
    """Register a hook under a name that no other resource uses."""
    return pulumi.ResourceHook(name, run)


def compare_and_swap(
    decided_from: Routing, decided: Routing, live_now: Callable[[], Routing]
) -> Callable[[pulumi.ResourceHookArgs], None]:
    """Return the hook that lets an endpoint PUT through only where nothing changed since the decision.

    It refuses a PUT when live traffic or mirror aren't those that were decided from any more, or when the
    PUT's own aren't the step's.
    """

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        written = _routing_in(args.new_inputs or {})
        if not written.same(decided):
            raise RefusedError(
                f"the endpoint isn't written: its traffic would become {written.show()}, and this step "
                f"decided {decided.show()}"
            )
        live = live_now()
        if not live.same(decided_from):
            raise RefusedError(
                f"the endpoint isn't written: its traffic is {live.show()} now, and this step was decided "
                f"from {decided_from.show()}; run `pulumi up` again, which decides from what is live"
            )

    return before_update


def change_nothing(routing: Routing, record: Mapping[str, str]) -> Callable[[pulumi.ResourceHookArgs], None]:
    """Return the hook of an endpoint that isn't to be written: it lets through only what is live already.

    The engine sends an update again that Azure took and then failed, in whatever run comes next.
    """

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        inputs = args.new_inputs or {}
        written = _routing_in(inputs)
        if not written.same(routing) or record_in(inputs) != record:
            raise RefusedError(
                "the endpoint isn't written: Azure took an earlier change of it and failed, and the engine "
                f"would send that again ({written.show()}), which isn't due now; `pulumi refresh` ends that, "
                "or the next step that writes the endpoint"
            )

    return before_update


def keep_serving(name: str, share: int) -> Callable[[pulumi.ResourceHookArgs], None]:
    """Return the hook that refuses every change of a deployment that has live traffic."""

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        old, new = args.old_inputs or {}, args.new_inputs or {}
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        raise RefusedError(
            f"deployment {name} serves {share} % and isn't changed in place ({', '.join(changed)}): a new "
            "release goes into the other slot"
        )

    return before_update


def record_in(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the record's tags in the body of an endpoint."""
    tags = cast("Mapping[str, str]", inputs.get("tags") or {})
    return {name: tags[name] for name in TAGS if name in tags}


def _routing_in(inputs: Mapping[str, Any]) -> Routing:
    properties = cast("Mapping[str, Any]", inputs.get("properties") or {})
    return Routing(_shares_in(properties, "traffic"), _shares_in(properties, "mirrorTraffic"))


def _shares_in(properties: Mapping[str, Any], key: str) -> Traffic:
    shares = cast("Mapping[str, float]", properties.get(key) or {})
    return {name: int(share) for name, share in shares.items()}
