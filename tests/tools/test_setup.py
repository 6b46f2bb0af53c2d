"""Set-up says what it does, and where it cannot go on, in one sentence, what to install."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from provision import places, pulumi, running
from provision.running import SetupError

ROOT = Path(__file__).parents[2]


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env={"HOME": os.environ["HOME"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def only(tmp_path: Path, *names: str) -> str:
    """A PATH that has just these commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


def test_without_a_python_it_says_what_to_install(tmp_path: Path):
    answer = shell("tools/setup", PATH=only(tmp_path, "dirname"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("setup: Python 3.11 or newer is needed")
    assert "apt install python3" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_an_old_python_is_passed_over(tmp_path: Path):
    path = only(tmp_path, "dirname")
    old = Path(path) / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert "Python 3.11 or newer is needed" in shell("tools/setup", PATH=path).stderr


def test_tools_come_first_on_path_and_only_once(tmp_path: Path):
    tools = tmp_path / "azureml-rollout" / "tools" / places.locked("pulumi").version
    tools.mkdir(parents=True)
    cli = tools / "pulumi"
    cli.touch(mode=0o755)
    answer = shell(
        'eval "$(tools/env)" && eval "$(tools/env)" && echo "$PATH"',
        PATH=os.defpath,
        XDG_CACHE_HOME=str(tmp_path),
    )
    assert answer.stdout.strip().split(":") == [str(ROOT / ".venv/bin"), str(tools), *os.defpath.split(":")]


def test_a_quote_in_path_survives():
    answer = shell('eval "$(tools/env)" && echo "$PATH"', PATH=f"{os.defpath}:/it's here")
    assert answer.stdout.strip().endswith(":/it's here")


def test_a_failing_step_says_what_failed_why_and_where_its_log_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(running, "LOGS", tmp_path)
    with pytest.raises(SetupError) as failure:
        running.run("packages", ["sh", "-c", "echo no space left; exit 3"], folder=tmp_path)
    assert "packages failed with exit code 3" in str(failure.value)
    assert "no space left" in str(failure.value)
    assert str(tmp_path / "packages.log") in str(failure.value)


def test_a_step_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running, "LOGS", tmp_path)
    started = time.monotonic()
    with pytest.raises(SetupError):
        running.run("installer", ["sleep", "60"], folder=tmp_path, timeout=0.2)
    assert time.monotonic() - started < 5


def test_without_pulumi_network_and_go_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def unreachable(*_: object) -> bool:
        return False

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pulumi, "_install_release", unreachable)
    with pytest.raises(SetupError, match=r"install Pulumi, or install Go 1\.25 or newer"):
        pulumi.provide()


def test_an_old_pulumi_on_path_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    cli = tmp_path / "pulumi"
    cli.write_text("#!/bin/sh\necho v3.100.0\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    assert not pulumi._usable_on_path(tmp_path / "ours")
    assert "is older than Pulumi 3.249" in capsys.readouterr().err


def test_a_new_pulumi_with_its_language_host_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in (("pulumi", "echo v3.300.1"), ("pulumi-language-python", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pulumi._usable_on_path(tmp_path / "ours")
    (tmp_path / "pulumi-language-python").unlink()
    assert not pulumi._usable_on_path(tmp_path / "ours")


def test_two_runs_at_once_take_turns(tmp_path: Path):
    inside = 0
    most = 0

    def make() -> None:
        nonlocal inside, most
        with running.only_one(tmp_path):
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_locked_package_comes_with_its_hashes():
    uv = places.locked("uv")
    assert uv.lines.startswith(f"uv=={uv.version} ")
    assert "--hash=sha256:" in uv.lines
    assert "\n\n" not in uv.lines
    with pytest.raises(LookupError):
        places.locked("left-pad")
