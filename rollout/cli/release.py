"""`rollout release`: names in the stack's file what the next `pulumi up`s roll out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rollout.azure import ids, observe, releases, sharing
from rollout.azure.errors import WriteRefused
from rollout.azure.promotion import lacking_proof
from rollout.azure.workspace import read_asset
from rollout.cli import elsewhere, say
from rollout.cli.say import Moment
from rollout.cli.stack import open_stack
from rollout.cli.usage import UsageError
from rollout.core.assets import AssetKind, AssetRef, allowed
from rollout.core.promotion import not_started
from rollout.stack import tags
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Set as AbstractSet

    from rollout.azure.observe import Sight
    from rollout.cli.elsewhere import Brought
    from rollout.cli.stack import StackView

OVERRIDE = "promotionOverride"


def run(args: argparse.Namespace) -> int:
    """Write the stack's file, say what the next `pulumi up` will do, and return 0.

    Raises `UsageError` for what isn't there or isn't Healthy, and then the file stays as it is. What has to
    be in a registry is copied there once all else is known to be right; only whether it was Healthy where it
    is promoted from, and what the next `up` makes of it, need the copy.
    """
    if (args.model is None) == (args.source is None):
        raise UsageError("name a MODEL, or take what is Healthy elsewhere with --from")
    if args.source and (args.code or args.environment):
        raise UsageError("--from brings the environment with it, and finds the code here")
    stack = open_stack(args.stack, Path(args.cwd).resolve())
    brought = elsewhere.find(stack, args.source) if args.source else None
    copies = brought.copies if brought else ()
    changes = _new(stack, brought.changes if brought else _named(stack, args))
    changes |= _override(stack, changes, args.override)
    after = stack.with_config(changes)
    sight = observe.look(after.arm, after.place)
    _exist(after, sight, to_come={each.to for each in copies})
    later = Moment(after, sight, tags.parse(stack.tags()))
    shared = elsewhere.share(stack, copies)
    if changes:
        _proved(later)
    found = later.outlook()
    _write(stack, changes)
    lines = "\n".join(_lines(stack, changes, brought, shared))
    say.told(_said(stack, changes, brought, shared), found, lines, as_json=args.json)
    return 0


def _proved(after: Moment) -> None:
    """Raise `UsageError` for a release that wasn't Healthy where it is promoted from."""
    stack = after.stack
    promotes, asked = stack.settings.promotes, stack.settings.deployment
    if promotes is None or (promotes.override and promotes.override.model == str(asked.model)):
        return
    found = releases.wanted(stack.settings, stack.arm, stack.place, after.sight, stack.root, after.record)
    wanted = found.release
    if why := lacking_proof(stack.arm, stack.place, promotes.endpoint_id, wanted):
        raise UsageError(not_started(wanted.id, why))


def reference(text: str, kind: AssetKind, now: AssetRef | None) -> AssetRef:
    """Return the asset that people mean by `azureml:NAME:8`, `NAME:8`, `NAME@latest` or `8`.

    Raises `UsageError` where it is none.
    """
    forms = [text, f"azureml:{text}"]
    if now is not None and not any(mark in text for mark in ":@/"):
        forms = [str(now.pinned(text))]
    for form in forms:
        try:
            return AssetRef.parse(form, kind)
        except ValueError:
            continue
    raise UsageError(f"{text!r} is no {kind.removesuffix('s')}: {allowed(kind)}")


def _named(stack: StackView, args: argparse.Namespace) -> dict[str, str]:
    asked = stack.settings.deployment
    changes = {"model": str(reference(args.model, AssetKind.MODEL, asked.model))}
    if args.environment:
        changes["environment"] = str(reference(args.environment, AssetKind.ENVIRONMENT, asked.environment))
    if args.code:
        changes["code"] = args.code
    return changes


def _new(stack: StackView, changes: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in changes.items() if value != stack.config.get(key, "")}


def _override(stack: StackView, changes: dict[str, str], reason: str | None) -> dict[str, str]:
    """Return what becomes of the override: a new one, or none for what isn't released any more."""
    promotes = stack.settings.promotes
    if reason is None:
        stale = promotes and promotes.override and promotes.override.model != changes.get("model")
        return {OVERRIDE: ""} if stale and "model" in changes else {}
    if promotes is None:
        raise UsageError("--override needs rollout:promotesFrom: without it, nothing needs a proof")
    if not reason.strip():
        raise UsageError("--override needs a reason: it is written down, and said by the next `pulumi up`")
    model = changes.get("model", str(stack.settings.deployment.model))
    return {OVERRIDE: json.dumps({"model": model, "reason": " ".join(reason.split())})}


def _exist(stack: StackView, sight: Sight, to_come: AbstractSet[AssetRef]) -> None:
    """Raise `UsageError` for a model or an environment that neither is registered nor will be copied."""
    asked = stack.settings.deployment
    for ref in (asked.model, asked.environment):
        if (
            ref is None
            or ref in to_come
            or ref.version is None
            or (ref.registry is None and sight.workspace is None)
        ):
            continue
        if ref.registry is not None:
            there, where = _in_registry(stack, ref), f"the registry {ref.registry}"
        else:
            there = read_asset(stack.arm, stack.place.workspace_id, ref) is not None
            where = f"the workspace {stack.place.workspace}"
        if not there:
            raise UsageError(f"{ref} isn't registered in {where}: register it there, or name another")


def _in_registry(stack: StackView, ref: AssetRef) -> bool:
    try:
        return sharing.in_registry(stack.arm, ref)
    except WriteRefused as error:
        raise UsageError(f"{ref} can't be used yet: {error.why}") from None


def _write(stack: StackView, changes: dict[str, str]) -> None:
    """Write the stack's file key by key; where one isn't written, the file is put back as it was.

    Raises `StackError`.
    """
    before = stack.file.read_bytes() if stack.file.exists() else None
    try:
        for key, value in changes.items():
            _set(stack, key, value)
    except BaseException:
        _put_back(stack.file, before)
        raise


def _put_back(file: Path, before: bytes | None) -> None:
    try:
        if before is None:
            file.unlink(missing_ok=True)
        elif not (file.exists() and file.read_bytes() == before):
            file.write_bytes(before)
    except OSError as error:
        why = f"{file} is half written, and can't be put back as it was: {error.strerror}"
        raise StackError(f"{why}; take it from git") from None


def _set(stack: StackView, key: str, value: str) -> None:
    if key != OVERRIDE:
        stack.set_config(key, value)
    elif value:
        for inner, text in json.loads(value).items():
            stack.set_config(f"{OVERRIDE}.{inner}", text)
    else:
        stack.remove_config(OVERRIDE)


def _said(
    stack: StackView, changes: dict[str, str], brought: Brought | None, shared: list[str]
) -> dict[str, object]:
    return {
        "stack": stack.name,
        "file": stack.file.name,
        "from": {"endpoint": brought.endpoint, "release": brought.release} if brought else None,
        "shared": shared,
        "changes": {
            key: {"was": stack.config.get(key) or None, "is": value or None} for key, value in changes.items()
        },
    }


def _lines(
    stack: StackView, changes: dict[str, str], brought: Brought | None, shared: list[str]
) -> list[str]:
    lines = [f"{each} is in its registry now" for each in shared]
    if brought:
        lines.append(f"{brought.release} is Healthy at {ids.name_of(brought.endpoint)}")
    for key, value in changes.items():
        was = f" (was {stack.config[key]})" if stack.config.get(key) else ""
        lines.append(f"{stack.file.name}: rollout:{key} is {value or 'empty'}{was}")
    return lines if changes else [*lines, f"{stack.file.name} says so already"]
