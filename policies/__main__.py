"""The policy pack: `pulumi preview --policy-pack policies`, and the same with `up`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationArgs, StackValidationPolicy

sys.path.insert(0, str(Path(__file__).parent))

import config
import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _policy(
    name: str, rule: Callable[[rules.Stack], Iterator[str]], level: EnforcementLevel
) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: Any) -> None:
        for wrong in rule(_stack(args)):
            report(wrong)

    return StackValidationPolicy(
        name=name, description=str(rule.__doc__), enforcement_level=level, validate=validate
    )


def _stack(args: StackValidationArgs) -> rules.Stack:
    """Return what the rules see. A resource's URN begins `urn:pulumi:<stack>::`."""
    stack = next((each.urn.split(":")[2] for each in args.resources), "")
    return rules.Stack(
        name=stack,
        resources=tuple(
            rules.Declared(each.resource_type, each.name, each.props, tuple(each.opts.ignore_changes))
            for each in args.resources
        ),
        config=config.read(Path.cwd(), stack),
    )


PolicyPack(
    name="azureml-rollout",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        _policy("traffic-adds-up", rules.traffic_adds_up, EnforcementLevel.MANDATORY),
        _policy("traffic-names-declared", rules.traffic_names_what_is_declared, EnforcementLevel.MANDATORY),
        _policy("mirror-apart-from-live", rules.mirror_is_apart_from_live, EnforcementLevel.MANDATORY),
        _policy("serving-is-frozen", rules.what_serves_is_frozen, EnforcementLevel.MANDATORY),
        _policy("gates-judge", rules.gates_judge, EnforcementLevel.MANDATORY),
        _policy("no-keys-in-production", rules.keys_are_for_trying_out, EnforcementLevel.ADVISORY),
    ],
)
