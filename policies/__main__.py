"""The policy pack: `pulumi preview --policy-pack policies`, and the same with `up`.

What a resource is declared with is checked before the engine touches it, beside what was declared before it:
the engine asks for an endpoint before the deployments that need it. It asks for the whole stack at the end,
which is in time in a preview only. Of the whole a pack is only shown outputs, most of which a preview doesn't
know: inputs are kept instead.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

sys.path.insert(0, str(Path(__file__).parent))

import config
import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_seen: dict[str, rules.Declared] = {}
"""What was declared in this run so far, by URN."""


def _of_resource(
    name: str, kind: str, rule: Callable[[rules.Stack], Iterator[str]], level: EnforcementLevel
) -> ResourceValidationPolicy:
    """Return a policy on each resource of a type, seen beside the endpoints that were declared before it."""

    def validate(args: ResourceValidationArgs, report: Any) -> None:
        declared = rules.Declared(
            args.resource_type, args.name, args.props, tuple(args.opts.ignore_changes or ())
        )
        _seen[args.urn] = declared
        stack = rules.Stack(_stack_of(args.urn), (declared,))
        if stack.of(kind):
            beside = [each for each in _seen.values() if each is not declared]
            endpoints = rules.Stack(stack.name, tuple(beside)).of(rules.ENDPOINT)
            others = endpoints if kind == rules.DEPLOYMENT else ()
            for wrong in rule(rules.Stack(stack.name, (*others, declared))):
                report(wrong)

    return ResourceValidationPolicy(
        name=name, description=str(rule.__doc__), enforcement_level=level, validate=validate
    )


def _of_stack(name: str, rule: Callable[[rules.Stack], Iterator[str]]) -> StackValidationPolicy:
    """Return a policy on all that a stack declares."""

    def validate(args: StackValidationArgs, report: Any) -> None:
        urns = [each.urn for each in args.resources]
        stack = next(map(_stack_of, urns), "")
        resources = tuple(_seen[urn] for urn in urns if urn in _seen)
        for wrong in rule(rules.Stack(stack, resources, config.read(Path.cwd(), stack))):
            report(wrong)

    return StackValidationPolicy(
        name=name,
        description=str(rule.__doc__),
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=validate,
    )


def _stack_of(urn: str) -> str:
    """Return the stack of a resource: a URN is `urn:pulumi:<stack>::<project>::…`."""
    return urn.split(":")[2]


_MUST, _SHOULD = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY

PolicyPack(
    name="azureml-rollout",
    enforcement_level=_MUST,
    policies=[
        _of_resource("traffic-adds-up", rules.ENDPOINT, rules.traffic_adds_up, _MUST),
        _of_resource("mirror-apart-from-live", rules.ENDPOINT, rules.mirror_is_apart_from_live, _MUST),
        _of_resource("serving-is-frozen", rules.DEPLOYMENT, rules.what_serves_is_frozen, _MUST),
        _of_resource("no-keys-in-production", rules.ENDPOINT, rules.keys_are_for_trying_out, _SHOULD),
        _of_stack("serving-is-frozen-in-any-order", rules.what_serves_is_frozen),
        _of_stack("traffic-names-declared", rules.traffic_names_what_is_declared),
        _of_stack("gates-judge", rules.gates_judge),
    ],
)
