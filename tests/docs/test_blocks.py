"""Blocks of code are what they claim to be: config that is taken, Python that compiles, shell that parses."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rollout.core.config import read
from tests.docs.pages import NAMES, ROOT, blocks, text

if TYPE_CHECKING:
    from tests.docs.pages import Block

WHOLE = re.compile(r"# (Pulumi\.[\w-]+\.yaml)\n")
"""How a block begins that claims to be a whole stack; one with keys of config only claims to be a part."""
PROD = "Pulumi.prod.yaml"


def of(*languages: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{page} {number}")
        for page in NAMES
        for number, block in enumerate(blocks(page, *languages))
    ]


@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_parses_and_config_is_good_config(block: Block):
    document = yaml.safe_load(block.text)
    if claim := WHOLE.match(block.text):
        taken(document["config"], claim[1])
    elif set(document) <= {f"rollout:{key}" for key in project()}:
        taken(yaml.safe_load((ROOT / PROD).read_text())["config"] | document, PROD)


def project() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def taken(config: dict[str, Any], file: str) -> None:
    own = {key.removeprefix("rollout:"): value for key, value in config.items() if key.startswith("rollout:")}
    merged = {key: schema["default"] for key, schema in project().items()} | own
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in merged.items()}
    read(raw, file=file, stack_keys=own)


@pytest.mark.parametrize("block", of("python"))
def test_python_compiles(block: Block):
    compile(block.text, "a page", "exec")


@pytest.mark.parametrize("block", of("sh"))
def test_shell_parses(block: Block):
    subprocess.run(["sh", "-n"], input=block.text, text=True, check=True)


@pytest.mark.parametrize("page", NAMES)
def test_every_block_says_what_it_is(page: str):
    fences = re.findall(r"^ *```(.*)$", text(page), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert set(fences[::2]) <= {"sh", "yaml", "python", "mermaid", "text", ""}
