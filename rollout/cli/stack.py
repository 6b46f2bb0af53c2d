"""A stack as the Pulumi CLI shows it: its config and its tags."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import cloud
from rollout.azure.arm import Arm
from rollout.azure.credential import default_tokens
from rollout.core.config import ConfigError, read, salvage
from rollout.stack import pulumi_cli, rescue
from rollout.stack.files import stack_file, stack_keys
from rollout.stack.pulumi_cli import StackError
from rollout.stack.tags import PendingTags, TagError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollout.core.config import Settings
    from rollout.core.place import Place

_PREFIX = "rollout:"
_SUBSCRIPTION = ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID")


@dataclass(frozen=True)
class StackView:
    """One stack, ready to be looked at."""

    name: str
    root: Path
    settings: Settings
    place: Place
    arm: Arm
    config: Mapping[str, str]
    """Every `rollout:` key without that prefix, as text; an object or a list as JSON."""
    error: ConfigError | None = None
    """What is wrong with config, where it was opened for an abort: then the settings hold stand-ins."""
    unreadable: str | None = None
    """Why the stack's file can't be read at all; likewise."""

    @property
    def file(self) -> Path:
        """The stack's config file."""
        return stack_file(self.root, self.name)

    def with_config(self, changes: Mapping[str, str]) -> StackView:
        """Return the stack as it would be with these keys set. Raises `ConfigError`."""
        config, own = {**self.config, **changes}, stack_keys(self.file)
        settings = read(config, file=self.file.name, stack_keys=None if own is None else [*own, *changes])
        return replace(self, config=config, settings=settings, place=settings.place(self.place.subscription))

    def set_config(self, key: str, value: str) -> None:
        """Write one `rollout:` key, or `key.of.an.object`, into the stack's file. Raises `StackError`."""
        path = ("--path",) if "." in key else ()
        command = ("config", "set", *path, "--non-interactive", "--stack", self.name, "--")
        pulumi_cli.run(self.root, *command, _PREFIX + key, value)

    def remove_config(self, key: str) -> None:
        """Take one `rollout:` key out of the stack's file. Raises `StackError`."""
        pulumi_cli.run(self.root, "config", "rm", "--stack", self.name, "--non-interactive", _PREFIX + key)

    def tags(self) -> dict[str, str]:
        """Return the stack's tags as they are now. Raises `StackError`."""
        try:
            return PendingTags(self.name, str(self.root)).result()
        except TagError as error:
            raise StackError(str(error)) from None

    def set_tag(self, name: str, value: str) -> None:
        """Write one of the stack's tags. Raises `StackError`."""
        command = ("stack", "tag", "set", "--non-interactive", "--stack", self.name, "--", name, value)
        pulumi_cli.run(self.root, *command)

    def remove_tag(self, name: str) -> None:
        """Remove one of the stack's tags. Raises `StackError`."""
        command = ("stack", "tag", "rm", "--non-interactive", "--stack", self.name, "--", name)
        pulumi_cli.run(self.root, *command)


def open_stack(name: str | None, root: Path) -> StackView:
    """Return the stack of that name, which may be `organization/project/stack`, or the selected one.

    Raises `StackError` if there is none, `ConfigError` with all that is wrong in its config, `ReadError` if
    the cloud can't be told.
    """
    stack = name or selected(root)
    return _view(stack, root, _config(stack, root))


def open_to_abort(name: str | None, root: Path) -> StackView:
    """Return the stack, with as much of its config as can be used: its `error` tells what is wrong.

    Raises `StackError` and `ReadError` as `open_stack` does, and where neither config nor the stack's state
    says which endpoint it is, what is wrong with config: `ConfigError`, or `StackError` where it is no YAML.
    """
    stack = name or selected(root)
    try:
        config, why = _config(stack, root), None
    except StackError as error:
        config, why = dict[str, str](), str(error)
    try:
        return replace(_view(stack, root, config, strict=False), unreadable=why)
    except ConfigError:
        if why is None:
            raise
        raise StackError(why) from None


def _view(stack: str, root: Path, config: Mapping[str, str], *, strict: bool = True) -> StackView:
    raw = {key.removeprefix(_PREFIX): text for key, text in config.items() if key.startswith(_PREFIX)}
    file = stack_file(root, stack)
    found = salvage(raw, file=file.name, stack_keys=stack_keys(file))
    settings, told = found.settings, None
    if found.error is not None:
        if strict:
            raise found.error
        settings, told = rescue.rescued(found, found.error, stack, root)
    subscription = config.get("azure-native:subscriptionId") or told or _subscription()
    where = cloud.resolve(cloud.chosen(config, os.environ))
    arm = Arm(where, default_tokens(where), subscription)
    return StackView(stack, root, settings, settings.place(subscription), arm, raw, found.error)


def selected(root: Path) -> str:
    """Return the name of the selected stack. Raises `StackError` if none is."""
    stacks = cast("list[dict[str, Any]]", pulumi_cli.ask(root, "stack", "ls"))
    chosen = [str(stack["name"]) for stack in stacks if stack.get("current")]
    if not chosen:
        raise StackError("no stack is selected: name one with --stack, or run `pulumi stack select`")
    return chosen[0]


def _config(stack: str, root: Path) -> dict[str, str]:
    found = cast("dict[str, dict[str, Any]]", pulumi_cli.ask(root, "config", "--stack", stack))
    return {key: str(entry["value"]) for key, entry in found.items() if "value" in entry}


def _subscription() -> str:
    for name in _SUBSCRIPTION:
        if os.environ.get(name):
            return os.environ[name]
    raise StackError(
        "the subscription isn't known: set ARM_SUBSCRIPTION_ID, or `pulumi config set "
        "azure-native:subscriptionId ...`"
    )
