from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest

from localazure.serving.environment import Environments, default_cache
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from pathlib import Path

CONDA = "dependencies:\n  - pip:\n      - azureml-inference-server-http\n      - {}\n"
UV = """\
#!/bin/sh
echo "$@" >> {log}
for last; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin"; echo built > "$last/bin/python"; sleep 0.2; exit 0; fi
if grep -q broken "$last"; then echo "No solution found: broken-package==9 was not found"; exit 1; fi
"""


@pytest.fixture
def uv(tmp_path: Path) -> list[str]:
    script = tmp_path / "uv"
    script.write_text(UV.format(log=tmp_path / "log"))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return [str(script)]


def build(cache: Path, uv: list[str], text: str) -> Path:
    return asyncio.run(Environments(cache, uv).python(text, None))


def test_same_content_is_built_once(tmp_path: Path, uv: list[str]):
    first = build(tmp_path / "cache", uv, CONDA.format("numpy"))
    commented = CONDA.format("numpy") + "# a comment, and another name\nname: y\n"
    assert build(tmp_path / "cache", uv, commented) == first
    assert build(tmp_path / "cache", uv, CONDA.format("scipy")) != first
    runs = (tmp_path / "log").read_text().splitlines()
    assert [each.split()[0] for each in runs] == ["venv", "pip", "venv", "pip"]


def test_two_builds_at_once_leave_one_whole_environment(tmp_path: Path, uv: list[str]):
    async def both() -> list[Path]:
        builders = [Environments(tmp_path / "cache", uv) for _ in range(2)]
        return await asyncio.gather(*(each.python(CONDA.format("numpy"), None) for each in builders))

    one, other = asyncio.run(both())
    assert one == other
    assert one.read_text() == "built\n"
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [one.parent.parent.name]


def test_a_requirement_that_fails_is_named_with_its_line(tmp_path: Path, uv: list[str]):
    with pytest.raises(
        ProvisioningError, match=r"line 4: 'broken-package==9' can't be installed:\nNo solution"
    ) as caught:
        build(tmp_path / "cache", uv, CONDA.format("broken-package==9"))
    assert caught.value.code == "ImageBuildFailure"
    assert not list((tmp_path / "cache").iterdir())


def test_an_image_alone_needs_a_container_engine(tmp_path: Path):
    with pytest.raises(
        ProvisioningError, match="image mine:1 alone, which needs a container engine"
    ) as caught:
        asyncio.run(Environments(tmp_path).python(None, "mine:1"))
    assert caught.value.code == "ImageBuildFailure"


def test_without_uv_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localazure.serving.environment.sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ProvisioningError, match="pip install uv"):
        asyncio.run(Environments(tmp_path / "cache").python(CONDA.format("numpy"), None))


def test_the_cache_is_where_caches_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "azureml-rollout" / "environments"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_cache() == tmp_path / "home" / ".cache" / "azureml-rollout" / "environments"
