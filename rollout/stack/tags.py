"""The stack's tags, read and written with the Pulumi CLI that runs the program."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from rollout.core import times
from rollout.core.observed import Approval, Intent, Paused, Probe, Published
from rollout.core.publication import (
    APPROVED,
    INTENT,
    PAUSED,
    PHASE,
    PROBE,
    REASON,
    REPAIRED,
    RESUMED,
    SETTLED,
    TAG_LENGTH,
)
from rollout.core.record import SINCE, TAGS
from rollout.stack import pulumi_cli
from rollout.stack.pulumi_cli import PATIENCE, last_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


SILENT = "the Pulumi CLI said nothing"


class TagError(Exception):
    """The stack's tags couldn't be read or written; says what the CLI said."""


class PendingTags:
    """The stack's tags, being read while other work goes on."""

    def __init__(self, stack: str, cwd: str | None = None) -> None:
        """Start reading the tags of that stack."""
        self._stack, self._cwd = stack, Path(cwd or ".")
        self._arguments = ("stack", "tag", "ls", "--json", "--non-interactive", "--stack", stack)
        try:
            self._process = subprocess.Popen(
                ["pulumi", *self._arguments],
                cwd=self._cwd,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise TagError(pulumi_cli.not_run(self._cwd, error)) from None

    def result(self) -> dict[str, str]:
        """Return the tags. Raises `TagError` if they can't be read: that is not the same as none."""
        try:
            out, err = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise TagError(f"the tags of stack {self._stack} weren't read within {PATIENCE:.0f} s") from None
        if self._process.returncode and pulumi_cli.is_being_written(err):
            out = self._again()
        elif self._process.returncode:
            raise TagError(f"the tags of stack {self._stack} can't be read: {last_line(err) or SILENT}")
        try:
            tags = json.loads(out or "{}")
        except json.JSONDecodeError:
            raise TagError(f"the tags of stack {self._stack} can't be read: not JSON: {out[:80]!r}") from None
        return cast("dict[str, str]", tags)

    def _again(self) -> str:
        try:
            return pulumi_cli.run(self._cwd, *self._arguments)
        except pulumi_cli.StackError as error:
            raise TagError(f"the tags of stack {self._stack} can't be read: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the reading, if it still goes on."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@dataclass(frozen=True)
class Stack:
    """A stack and the tags it had when the step was decided."""

    name: str
    present: Mapping[str, str]


def parse(tags: Mapping[str, str]) -> Published:
    """Return what the stack's tags publish of the record, and what people said."""
    said = tags.get(APPROVED)
    approved = Approval.parse(said) if said is not None else None
    wanted = tags.get(INTENT)
    intent = Intent.parse(wanted) if wanted is not None else None
    return Published(
        record={name: tags[name] for name in TAGS if name in tags},
        phase=tags.get(PHASE),
        probe=Probe.parse(tags.get(PROBE, "")),
        repaired=_instant(tags.get(REPAIRED)),
        settled=_instant(tags.get(SETTLED)),
        reason=tags.get(REASON),
        approved=approved,
        misread=said if approved is None else None,
        paused=Paused.parse(tags[PAUSED]) if PAUSED in tags else None,
        resumed=_instant(tags.get(RESUMED)),
        intent=intent,
        unread_intent=wanted if intent is None else None,
    )


def write(stack: Stack, wanted: Mapping[str, str | None]) -> None:
    """Make the stack's tags say what is wanted; None is a tag that goes. Tags that say it already are left.

    `ROLLOUT_SINCE` is written last, and the record after what goes with it: a publish that dies half-way
    leaves a record that lags, and so is published again. Raises `TagError` at the first tag that the CLI
    doesn't write.
    """
    for name in sorted(wanted, key=_turn):
        value = wanted[name]
        if value is None and name in stack.present:
            _tag(stack.name, "rm", name)
        elif value is not None and value[:TAG_LENGTH] != stack.present.get(name):
            _tag(stack.name, "set", name, value[:TAG_LENGTH])


def unchanged(stack: Stack, names: Iterable[str]) -> list[str]:
    """Return those of the tags that still say what was decided from.

    A person may have said something new since then, and that is for the next `up`. Raises `TagError`.
    """
    said = [name for name in names if name in stack.present]
    if not said:
        return []
    with PendingTags(stack.name) as pending:
        now = pending.result()
    return [name for name in said if now.get(name) == stack.present[name]]


def _turn(name: str) -> int:
    return 2 if name == SINCE else int(name in TAGS)


def _tag(stack: str, verb: str, name: str, *value: str) -> None:
    command = ("stack", "tag", verb, "--non-interactive", "--stack", stack, "--", name, *value)
    try:
        pulumi_cli.run(Path(), *command)
    except pulumi_cli.StackError as error:
        raise TagError(f"stack tag {name} wasn't written: {error}") from None


def _instant(text: str | None) -> datetime | None:
    try:
        return times.parse_instant(text) if text else None
    except ValueError:
        return None
