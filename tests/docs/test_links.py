from __future__ import annotations

import re

import pytest

from tests.docs.pages import NAMES, ROOT, anchors, prose, spans

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"(?:rollout|localazure|ml|tests|tools|docs|demo|benchmarks|\.ci)/[\w./-]*[\w/]")
FILE = re.compile(r"Pulumi\.(?:dev|staging|prod)\.yaml|requirements\.lock|pyproject\.toml|Makefile|LICENSE")


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str):
    here = ROOT / page
    for target in LINK.findall(prose(page)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (here.parent / path).resolve() if path else here
        assert there.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(there), f"{page}: {target}"


@pytest.mark.parametrize("page", NAMES)
def test_files_that_are_named_are_there(page: str):
    named = [span for span in spans(page) if PATH.fullmatch(span) or FILE.fullmatch(span)]
    assert [span for span in named if not (ROOT / span).exists()] == []


def test_every_page_is_reached_from_the_readme():
    readme = prose("README.md")
    assert [name for name in NAMES if name != "README.md" and f"({name}" not in readme] == []
