"""What people say by stack tags: looked at before it is written, with what the next `up` makes of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.azure import observe, releases
from rollout.azure.assess import aborted, assess
from rollout.cli.stack import open_stack, open_to_abort
from rollout.cli.usage import UsageError
from rollout.core.approval import Approval
from rollout.core.known import known
from rollout.core.publication import TAG_LENGTH
from rollout.stack import tags

if TYPE_CHECKING:
    import argparse

    from rollout.azure.assess import Assessment
    from rollout.azure.observe import Sight
    from rollout.cli.stack import StackView
    from rollout.core.intent import Intent, Paused
    from rollout.core.observed import Published
    from rollout.core.plan import Plan
    from rollout.core.record import Record


@dataclass(frozen=True)
class Moment:
    """A stack at the moment at which a person says something about it."""

    stack: StackView
    sight: Sight
    published: Published

    @cached_property
    def plan(self) -> Plan:
        """The release that config names, and its ladder."""
        stack = self.stack
        wanted = releases.wanted(stack.settings, stack.arm, stack.place, self.sight, stack.root, self.record)
        return stack.settings.plan(wanted.release.id)

    @property
    def record(self) -> Record | None:
        """The live endpoint's record; None where there is no endpoint, or no record that can be read."""
        return known(self.sight.observed(self.published))

    def outlook(self, **said: Any) -> Assessment:
        """Return what the next `pulumi up` would do if these things were said: fields of `Published`."""
        stack = self.stack
        published = replace(self.published, **said)
        if stack.error is not None:
            found = aborted(stack.settings, self.sight, published)
            if found is None:
                raise stack.error
            return found
        return assess(
            stack.settings, stack.arm, stack.place, sight=self.sight, published=published, root=stack.root
        )


def moment(args: argparse.Namespace, *, to_abort: bool = False) -> Moment:
    """Return how things stand; to abort, whatever is wrong with config.

    Raises `StackError`, `ConfigError` and `ReadError`.
    """
    opened = open_to_abort if to_abort else open_stack
    stack = opened(args.stack, Path(args.cwd).resolve())
    published = tags.parse(stack.tags())
    return Moment(stack, observe.look(stack.arm, stack.place), published)


def reason(given: str | None, verb: str, *, needed: bool) -> str:
    """Return why a person wants it, in one line, asked at the terminal where it is needed and missing.

    Raises `UsageError` where there is nobody to ask.
    """
    text = " ".join((given or "").split())
    if not text and needed and sys.stdin.isatty():
        text = _answer(f"why {verb}? ")
    if not text and needed:
        raise UsageError(f"{verb} needs a --reason: it is written down, and said by the next `pulumi up`")
    return text


def _answer(question: str) -> str:
    try:
        return " ".join(input(question).split())
    except EOFError:
        return ""


def fitting(said: Intent | Paused | Approval) -> str:
    """Return what a tag is to say. Raises `UsageError` where it doesn't hold all of it."""
    text = said.show()
    if _whole(said):
        return text
    if not isinstance(said, Approval) and _whole(bare := replace(said, why="")):
        left = max(TAG_LENGTH - len(bare.show()) - len(": "), 0)
        raise UsageError(f"the reason is too long: it may have {left} of the tag's {TAG_LENGTH} characters")
    names = f"a stack tag holds {TAG_LENGTH} characters, and the names alone take more"
    raise UsageError(f"it can't be written: {names}: {text}")


def _whole(said: Intent | Paused | Approval) -> bool:
    """Return whether a tag holds all of it; two of them are cut where it doesn't."""
    text = said.show()
    if isinstance(said, Approval):
        return len(text) <= TAG_LENGTH
    read = said.parse(text)
    return read is not None and read.why == said.why


def told(said: dict[str, Any], found: Assessment, headline: str, *, as_json: bool) -> None:
    """Print what was written, and what the next `pulumi up` will do."""
    if as_json:
        step = {"step": found.step.kind.value, "phase": found.step.phase.value, "reason": found.step.reason}
        print(json.dumps({**said, "next": step}, indent=2))
        return
    print(headline)
    print(f"next `pulumi up`: {found.step.kind}: {found.step.reason}")
