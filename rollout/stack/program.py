"""The program: settings, observe, decide, declare."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pulumi

from rollout.azure import cloud, observe
from rollout.azure.arm import Arm
from rollout.azure.assess import aborted, assess
from rollout.core.foresight import too_slow
from rollout.core.intent import Verb
from rollout.core.only import refuse_others
from rollout.core.step import StepKind
from rollout.stack import configuration, declare, login, remembered, rescue, tags, tell, warm_up
from rollout.stack.declare import Ground
from rollout.stack.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.config import ConfigError, Salvaged, Settings
    from rollout.core.step import Step

TOLD = 32
"""The exit code by which a program lets Pulumi's Python host know that it has said itself what is wrong.

Any other makes the host add an error of its own; `pulumi up` exits with 1 either way.
"""


def run() -> None:
    """Take the one step that is due, and say why.

    Whatever can't be read, or is wrong in config, ends the run in one sentence before anything is declared.
    """
    try:
        with tags.PendingTags(stack_name()) as pending:
            step = _rollout(pending)
    except FAULTS as error:
        _end(str(error))
    if step is not None and step.outcome.exits_non_zero and not pulumi.runtime.is_dry_run():
        _end(tell.headline(step))


def _end(why: str) -> NoReturn:
    """End the run with a sentence. What is registered by then is still carried out, saved and published."""
    pulumi.log.error(why)
    sys.exit(TOLD)


def stack_name() -> str:
    """Return the stack's whole name, as the CLI takes it whatever organisation is the default one."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


def _rollout(pending: tags.PendingTags) -> Step | None:
    """Observe, decide and declare. Returns the step, or None where there is only a workspace to create."""
    config = configuration.found()
    if config.error is not None:
        return _abort_alone(pending.result(), config, config.error)
    settings = config.settings
    with warm_up.imports(whole_workspace=settings.workspace.create):
        ground = _observe(settings)
    present = pending.result()
    if ground.sight.workspace is None:
        declare.workspace(ground)
        pulumi.log.info(
            f"the workspace {ground.place.workspace} is created first: register "
            f"{ground.settings.deployment.model} there, then run again"
        )
        return None
    found = assess(
        ground.settings,
        ground.arm,
        ground.place,
        sight=ground.sight,
        published=tags.parse(present),
        root=ground.root,
    )
    tell.warn(f"{found.lacking}: the abort goes on without it" if found.lacking else None)
    tell.tell(found.step, found.judgement)
    refuse_others(found.step, os.environ)
    tell.warn(too_slow(found.plan, found.step, settings.gates, settings.comparison, found.judgement))
    declare.rollout(ground, found.step, found.wanted, tags.Stack(stack_name(), present), found.judgement)
    tell.export(ground.place, found.step)
    return found.step


def _abort_alone(present: Mapping[str, str], config: Salvaged, error: ConfigError) -> Step:
    """Take the candidate back although config can't be used, where a person asked for that.

    Raises `error` where nobody did, or where something else comes first.
    """
    published = tags.parse(present)
    if published.intent is None or published.intent.verb is not Verb.ABORT:
        raise error
    settings, told = rescue.rescued(config, error, stack_name(), Path.cwd())
    rescue.same_subscription(settings, told, login.subscription(), configuration.subscription())
    with warm_up.imports(whole_workspace=settings.workspace.create):
        ground = _observe(settings, whole=False)
    found = aborted(settings, ground.sight, published)
    if found is None:
        raise error
    tell.tell(found.step, None)
    if found.step.kind is not StepKind.ABORT:
        raise error
    pulumi.log.warn(f"nothing is done but the abort: {error}")
    declare.rollout(ground, found.step, None, tags.Stack(stack_name(), present))
    tell.export(ground.place, found.step)
    return found.step


def _observe(settings: Settings, *, whole: bool = True) -> Ground:
    subscription = login.subscription()
    place = settings.place(subscription)
    where = cloud.resolve(cloud.chosen(configuration.whole(), os.environ))
    arm = Arm(where, login.ProviderTokens(), subscription)
    root = Path.cwd()
    with ThreadPoolExecutor(max_workers=1) as pool:
        held = pool.submit(remembered.read, stack_name(), root)
        sight = observe.look(arm, place)
        return Ground(settings, place, arm, sight, held.result(), root, whole)
