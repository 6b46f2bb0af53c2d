"""How a deployment is declared: fresh from config, or frozen as it is live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from rollout.stack import hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollout.core.place import Place
    from rollout.stack.remembered import Remembered

EVERY_INPUT = ["properties", "sku", "tags", "identity", "kind", "location"]
"""What freezing ignores: all that a deployment is made of, apart from its place in ARM."""


def fresh(
    place: Place,
    name: str,
    inputs: Mapping[str, Any],
    clear: Callable[[], None],
    opts: pulumi.ResourceOptions,
) -> ml.OnlineDeployment:
    """Declare the candidate from config: created, or replaced where its slot is occupied.

    A slot is replaced by deletion first. `clear` removes what ARM may hold there and the state has lost.
    """

    def before_create(_: pulumi.ResourceHookArgs) -> None:
        clear()

    guards = pulumi.ResourceHookBinding(before_create=[hooks.hook(f"{name}-clear", before_create)])
    return _declare(
        place,
        name,
        inputs,
        pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                replace_on_changes=["properties"], delete_before_replace=True, hooks=guards
            ),
        ),
    )


def frozen(
    place: Place,
    name: str,
    inputs: Mapping[str, Any],
    share: int,
    opts: pulumi.ResourceOptions,
    *,
    held: Remembered,
) -> ml.OnlineDeployment:
    """Declare a deployment as it is live: immune to config, and adopted where the state has lost it."""
    guards = pulumi.ResourceHookBinding(
        before_update=[hooks.hook(f"{name}-serves", hooks.keep_serving(name, share))] if share else []
    )
    return _declare(
        place,
        name,
        inputs,
        pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                import_=held.taken_over(ml.OnlineDeployment, name, place.deployment_id(name)),
                ignore_changes=EVERY_INPUT,
                hooks=guards,
            ),
        ),
    )


def remembered(
    place: Place, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> ml.OnlineDeployment:
    """Declare a deployment that Azure has lost as the state remembers it: nothing is created or deleted."""
    kept = pulumi.ResourceOptions(ignore_changes=EVERY_INPUT)
    return _declare(place, name, inputs, pulumi.ResourceOptions.merge(opts, kept))


def _declare(
    place: Place, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> ml.OnlineDeployment:
    known: Any = {key: inputs[key] for key in EVERY_INPUT if inputs.get(key) is not None}
    return ml.OnlineDeployment(
        name,
        resource_group_name=place.resource_group,
        workspace_name=place.workspace,
        endpoint_name=place.endpoint,
        deployment_name=name,
        opts=opts,
        **known,
    )
