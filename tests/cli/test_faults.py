"""Every error that a person may meet: raised by a test, and on the page of commands with its exit code."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rollout
from rollout import cli
from rollout.cli import pause
from rollout.cli.usage import UsageError
from rollout.core.config import ConfigError
from rollout.stack import faults
from rollout.stack.hooks import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = "docs/commands.md"
INSIDE = {
    "NotAllowedError": "a value of config; becomes part of a ConfigError",
    "RecordError": "a tag of the endpoint; becomes a hold that says so",
    "NotReadError": "a measurement; becomes a gate's verdict Error",
    "NoNumberError": "an answer of the model; becomes a probe's verdict",
    "NoMatplotlibError": "PNGs of a report; becomes a warning",
    "_StopError": "ends a probe early",
    "AzureFault": "the common class of what follows it",
    "ReadError": "likewise",
}
"""Errors that nobody meets as such, and what becomes of them."""


def modules() -> Iterator[str]:
    for each in pkgutil.walk_packages(rollout.__path__, "rollout."):
        yield each.name


def classes() -> dict[str, type[BaseException]]:
    """Return every class of errors in the program, by name."""
    found: dict[str, type[BaseException]] = {}
    for name in modules():
        module = importlib.import_module(name)
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, BaseException) and each.__module__ == name:
                found[each.__name__] = each
    return found


CLASSES = classes()
MET = sorted(set(CLASSES) - set(INSIDE))


@cache
def raised() -> set[str]:
    """Return the names of errors that tests expect to be raised, or make and see the end of."""
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "raises" and node.args:
                found |= {
                    inner.id if isinstance(inner, ast.Name) else inner.attr
                    for inner in ast.walk(node.args[0])
                    if isinstance(inner, (ast.Name, ast.Attribute))
                }
    return found


def documented() -> dict[str, str]:
    """Return the exit code of each error as the page has it."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+|none) \|", (ROOT / PAGE).read_text(), re.MULTILINE)
    return dict(rows)


def test_what_becomes_of_the_others_is_still_so():
    assert set(INSIDE) <= set(CLASSES)


@pytest.mark.parametrize("name", MET)
def test_a_test_raises_it(name: str):
    assert name in raised()


def test_each_is_documented():
    assert set(documented()) == set(MET)


@pytest.mark.parametrize("name", MET)
def test_a_command_that_meets_it_ends_as_documented(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    error = CLASSES[name]

    def meet(_: object) -> int:
        raise error.__new__(error)

    monkeypatch.setattr(error, "__str__", lambda _: f"the sentence of {name}")
    monkeypatch.setattr(pause, "run", meet)
    if documented()[name] == "none":
        assert error is RefusedError, "only the engine meets it"
        return
    assert cli.main(["resume"]) == int(documented()[name])
    assert capsys.readouterr().err == f"the sentence of {name}\n"


def test_what_ends_a_run_of_the_program_is_listed_once():
    ends = {name for name in MET if issubclass(CLASSES[name], faults.FAULTS)}
    assert set(MET) - ends == {UsageError.__name__, RefusedError.__name__}
    assert ConfigError in faults.FAULTS
