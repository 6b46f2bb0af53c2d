"""The conformance table of `docs/local-azure.md` names tests that exist, in Python files or Go ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "local-azure.md"
HEADER = "| operation | client | covered by | source of the rule |"
SOURCES = {"client", "docs", "ours", "specification"}


def table() -> list[list[str]]:
    """The cells of each row."""
    lines = PAGE.read_text().split(HEADER)[1].splitlines()[2:]
    rows = lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0].replace(" ", "-"))
def test_a_row_names_tests_that_exist(row: list[str]):
    operation, client, covered, source = row
    assert operation
    assert client
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", covered)
    assert named, f"{operation}: no test is named"
    for file, test in named:
        path = ROOT / "tests" / file
        assert path.is_file(), f"{operation}: there is no tests/{file}"
        assert re.search(rf"^(async )?def {test}\(", path.read_text(), re.MULTILINE), f"{file} has no {test}"
    words = {word.strip(" ?") for word in source.split(",")}
    assert words <= SOURCES, f"{operation}: {source}"


def test_the_table_has_each_operation_once():
    operations = [(row[0], row[1]) for row in table()]
    assert len(operations) == len(set(operations))
    assert len(operations) > 30
