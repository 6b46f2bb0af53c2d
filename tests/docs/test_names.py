"""What pages name is in the code, and what people meet of the code is in the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from localazure import cli as local_cli
from localazure.env import environment
from localazure.settings import Settings
from rollout.cli import arguments, codes
from rollout.core.bodies import RELEASE_TAG, STARTED_TAG
from rollout.core.publication import APPROVED, INTENT, PAUSED, PUBLISHED_TAGS, RESUMED
from rollout.core.record import TAGS
from rollout.core.step import Phase, StepKind
from tests.docs.pages import NAMES, ROOT, code, sources, spans, text

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

COMMAND = re.compile(r"(?:^|[;&|(]\s*)(rollout|localazure) ([a-z]+)\b([^|&;)]*)")
MAKE = re.compile(r"(?<![\w./-])make ([a-z]+)\b((?: [A-Za-z]+=\S+)*)")
NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
EXAMPLES = {"WORKER_COUNT"}
OTHERS_OPTIONS = {"--upgrade", "--upgrade-package", "--expect-no-changes"}
MAKEFILE = (ROOT / "Makefile").read_text()
SOURCES = sources()


def commands(parser: Any) -> dict[str, set[str]]:
    """Return the options of each command of a command line."""
    return {
        name: {option for action in sub._actions for option in action.option_strings}
        for name, sub in subparsers(parser).items()
    }


def subparsers(parser: Any) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command of a command line."""
    return next(each.choices for each in parser._actions if isinstance(each.choices, dict))


KNOWN = {"rollout": commands(arguments.parser()), "localazure": commands(vars(local_cli)["_parser"]())}
OPTIONS = {option for each in KNOWN.values() for options in each.values() for option in options}
PAGE = "docs/commands.md"
ALL, SAYING = f"{PAGE}#What all have", f"{PAGE}#Saying something"
PLACES = {name: f"{PAGE}#{name}" for name in ("release", "run", "history", "status", "doctor")}
PLACES |= {"check": "docs/check.md", "guard": "docs/guard.md"}
"""Where a command of `rollout` is explained that isn't something to say."""


@pytest.mark.parametrize("page", NAMES)
def test_commands_and_options_exist(page: str):
    for line in code(page):
        for program, command, rest in COMMAND.findall(line):
            assert command in KNOWN[program], f"{page}: {program} {command}"
            for option in re.findall(r"--[a-z-]+", rest):
                assert option in KNOWN[program][command], f"{page}: {program} {command} {option}"


@pytest.mark.parametrize("page", NAMES)
def test_options_that_stand_alone_exist(page: str):
    alone = {span.split(" ")[0] for span in spans(page) if span.startswith("--")}
    assert alone - OPTIONS - OTHERS_OPTIONS == set()


@pytest.mark.parametrize("page", NAMES)
def test_make_targets_and_their_variables_exist(page: str):
    targets = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    for line in code(page):
        for target, given in MAKE.findall(line):
            assert target in targets, f"{page}: make {target}"
            for variable in re.findall(r"(\w+)=", given):
                read = f"$({variable})" in MAKEFILE or f'"{variable}"' in SOURCES
                assert read, f"{page}: make {target} {variable}="


@pytest.mark.parametrize("page", NAMES)
def test_variables_and_tags_exist(page: str):
    named = {name for span in code(page) for name in NAME.findall(span)} - EXAMPLES
    assert {name for name in named if not re.search(rf"\b{name}\b", SOURCES)} == set()


def test_every_tag_step_and_phase_is_explained():
    page = text("docs/architecture.md")
    rows = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    assert set(TAGS) | set(PUBLISHED_TAGS) <= rows
    assert all(f"`{tag}`" in page for tag in (RELEASE_TAG, STARTED_TAG))
    assert {APPROVED, INTENT, PAUSED, RESUMED} <= rows
    assert {kind.value for kind in StepKind} <= rows
    assert all(phase in page for phase in Phase)


def test_every_command_is_explained():
    rows = set(re.findall(r"^\| `rollout ([a-z]+)` \|", text(PAGE), re.MULTILINE))
    assert rows == set(KNOWN["rollout"])


@pytest.mark.parametrize("command", KNOWN["rollout"])
def test_every_option_of_a_command_is_explained(command: str):
    lines = [*code(ALL), *code(PLACES.get(command, SAYING))]
    explained = {option for line in lines for option in re.findall(r"--[a-z-]+", line)}
    assert KNOWN["rollout"][command] - explained == {"-h", "--help"}


@pytest.mark.parametrize("command", KNOWN["rollout"])
def test_exit_codes_are_those_that_help_names(command: str):
    """A row of the common table is for the commands that it names, or for all."""
    help_text = subparsers(arguments.parser())[command].description or ""
    named = set(re.findall(r"(?:Exit code: |, )(\d+) ", help_text))
    common = re.findall(r"^\| (\d+) \| (.*) \|$", text(ALL), re.MULTILINE)
    own = {exit_code for exit_code, row in common if f"`{command}`" in row}
    for_all = {exit_code for exit_code, row in common if not re.search(r"`[a-z]+`[:,]", row)}
    assert {"0", "2"} <= named <= own | for_all, f"{PAGE}: {command}"
    assert own <= named, f"{PAGE}: {command}"
    if command in ("check", "guard"):
        assert named == set(re.findall(r"^\| (\d+) \|", text(PLACES[command]), re.MULTILINE))


def test_every_command_of_the_local_azure_is_explained():
    page = text("docs/local-azure.md")
    assert [name for name in KNOWN["localazure"] if f"`localazure {name}`" not in page] == []


def test_every_variable_of_the_local_azure_is_explained(tmp_path: Path):
    page = text("docs/local-azure.md")
    names = set(environment(Settings(home=tmp_path, port=1), {})) - {"PATH", "no_proxy"}
    assert {name for name in names if f"`{name}`" not in page} - {"PULUMI_SKIP_UPDATE_CHECK"} == set()


def test_control_paths_are_those_there_are():
    routes = re.findall(r'web\.(\w+)\("(/_local/\w+)"', (ROOT / "localazure/control.py").read_text())
    rows = re.findall(r"^\| (GET|POST|DELETE) `(/_local/\w+)", text("docs/local-azure.md"), re.MULTILINE)
    assert {(method.upper(), path) for method, path in routes} == set(rows)


def test_exit_codes_are_those_there_are():
    from rollout.cli.status import EXIT_CODES  # noqa: PLC0415 - Azure's packages

    page = text("docs/operating.md")
    for phase, exit_code in EXIT_CODES.items():
        assert re.search(rf"^\| {exit_code} \|.*{phase}", page, re.MULTILINE), phase
    for exit_code in (codes.USAGE, codes.FAULT):
        assert f"\n| {exit_code} |" in page
