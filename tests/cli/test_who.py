"""Who says what a command writes down, and what the doctor calls them."""

from __future__ import annotations

import base64
import getpass
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout.azure.errors import Unauthorised
from rollout.cli import who
from rollout.cli.health import place
from rollout.cli.health.patient import Patient

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.cli.stack import StackView

APP, OBJECT = "11111111-aaaa", "22222222-bbbb"


def stack(folder: Path, said: dict[str, str] | None) -> StackView:
    """Return a stack whose login's token says that of itself; None: nobody is logged in."""

    def token(_: str) -> str:
        if said is None:
            raise Unauthorised("a token", "nobody is logged in")
        return f".{base64.urlsafe_b64encode(json.dumps(said).encode()).decode()}."

    cloud = SimpleNamespace(arm_audience="arm", name="AzureCloud")
    arm = SimpleNamespace(tokens=SimpleNamespace(token=token), cloud=cloud, subscription="s")
    return cast("StackView", SimpleNamespace(arm=arm, root=folder))


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where git knows no name."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def nobody() -> str:
    raise KeyError("getpwuid(): uid not found: 4711")


def nobody_since_313() -> str:
    raise OSError("No username set in the environment")


@pytest.mark.parametrize("user", [nobody, nobody_since_313])
@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"upn": "ada@example.org", "appid": APP}, "ada@example.org"),
        ({"appid": APP, "oid": OBJECT}, APP),
        ({"oid": OBJECT}, OBJECT),
        ({}, "somebody"),
        (None, "somebody"),
    ],
)
def test_where_the_machine_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str] | None, name: str, user: Any
):
    monkeypatch.setattr(getpass, "getuser", user)
    assert who.who(stack(tmp_path, said)) == name


def test_the_machines_name_is_better_than_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "runner")
    assert who.who(stack(tmp_path, {"appid": APP})) == "runner"


def test_a_name_in_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "git").write_bytes(b"[user]\n\tname = J\xfcrg\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "git"))
    assert who.who(stack(tmp_path, None)) == "J\ufffdrg"


def test_the_doctor_reads_a_token_alike(tmp_path: Path):
    for said, name in (({"name": "Ada  L."}, "Ada  L."), ({"oid": OBJECT}, OBJECT), ({}, "somebody")):
        assert place.login(Patient(tmp_path, stack(tmp_path, said))).said.startswith(f"{name} in AzureCloud")
