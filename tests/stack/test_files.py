"""Where a stack's config file is, and which keys it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollout.stack.files import stack_file, stack_keys

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("project", "folder"),
    [
        ("name: rollout\n", "."),
        ("name: rollout\nstackConfigDir: stacks\n", "stacks"),
        ("name: rollout\nstackConfigDir: 7\n", "."),
        ("name: [", "."),
        (None, "."),
    ],
)
def test_the_file_is_where_the_project_says(tmp_path: Path, project: str | None, folder: str):
    if project is not None:
        (tmp_path / "Pulumi.yaml").write_text(project)
    assert stack_file(tmp_path, "organization/rollout/dev") == tmp_path / folder / "Pulumi.dev.yaml"
    assert stack_file(tmp_path, "dev") == tmp_path / folder / "Pulumi.dev.yaml"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("config:\n  rollout:model: azureml:m:1\n", ["rollout:model"]),
        ("config: {}\n", []),
        ("encryptionsalt: v1\n", None),
        ("config: [", None),
        ("config:\n  rollout:model: azureml:für:1\n", ["rollout:model"]),
        ("config:\n  rollout:model: 2026-02-30\n", None),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_keys_that_it_sets(tmp_path: Path, text: str, keys: list[str] | None, encoding: str):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text, encoding=encoding)
    keys = keys if text.isascii() or encoding == "utf-8" else None
    assert stack_keys(file) == keys
    assert stack_keys(tmp_path / "missing") is None
