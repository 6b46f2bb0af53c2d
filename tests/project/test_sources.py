"""What holds for the project's files as a whole."""

import re
import statistics
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400
LONGEST_MEDIAN = 150
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
LOCK = (ROOT / "requirements.lock").read_text()


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def test_files_are_small_enough_to_read_in_one_go():
    too_long = {str(f.relative_to(ROOT)): lines(f) for f in tracked("*.py") if lines(f) > LONGEST}
    assert too_long == {}


@pytest.mark.parametrize("part", ["rollout", "localazure", "ml", "policies"])
def test_the_median_file_is_short(part: str):
    sizes = [lines(file) for file in tracked(f"{part}/*.py")]
    assert not sizes or statistics.median(sizes) <= LONGEST_MEDIAN


def test_nothing_has_a_name_that_says_nothing():
    parts = {part for file in tracked("*.py") for part in file.relative_to(ROOT).with_suffix("").parts}
    assert parts & VAGUE == set()


def test_the_lock_file_has_no_addresses_and_a_hash_for_every_package():
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", LOCK) == []
    unhashed = [line for line in re.findall(r"^\w.*==.*", LOCK, re.MULTILINE) if not line.endswith("\\")]
    assert unhashed == []


def test_the_sdk_the_cli_and_the_language_host_are_of_one_version():
    sdk = re.search(r"^pulumi==(\S+)", LOCK, re.MULTILINE)
    assert sdk is not None
    modules = (ROOT / "tools" / "pulumi" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{sdk[1]}" in modules
    assert f"github.com/pulumi/pulumi/sdk/v3 v{sdk[1]}" in modules
    assert f'_VERSION = "{sdk[1]}"' in (ROOT / "tools" / "language_host" / "service.py").read_text()


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    wanted = [
        *project["project"]["dependencies"],
        *(r for group in groups for r in group if isinstance(r, str)),
    ]
    names = {re.split(r"[\[<>=!~ ;]", requirement)[0].lower() for requirement in wanted}
    assert names - set(re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE)) == set()
