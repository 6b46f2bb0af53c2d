"""A cut while the state folder is written leaves no file empty, and nobody is let in by one that is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from localazure.durable import kept_secret, write
from localazure.env import prepare
from localazure.identity import Tokens, client_secret, federated_token_path
from localazure.server import control_token
from localazure.settings import Settings
from localazure.tls import server_context
from tests.localazure.local import NotingServing, in_process

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = ("client.secret", "federated.token", "control.token", "pulumi.passphrase", "token.key", "ca.key")


def make_all(home: Path):
    client_secret(home)
    federated_token_path(home)
    control_token(home)
    prepare(Settings(home=home, port=1))
    Tokens(Settings(home=home, port=1))
    server_context(Settings(home=home, port=1))


def test_a_write_that_is_cut_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file"
    write(path, b"before")

    def cut(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(OSError, match="no space"):
        write(path, b"after")
    assert path.read_bytes() == b"before"
    with pytest.raises(OSError, match="no space"):
        kept_secret(tmp_path / "other")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_secrets_are_their_owners_alone_and_stay(tmp_path: Path):
    make_all(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in SECRETS}
    assert all(before.values())
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in SECRETS} == {0o600}
    make_all(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in SECRETS} == before


def test_empty_secrets_are_made_anew(tmp_path: Path):
    for name in SECRETS:
        (tmp_path / name).write_text("\n" if name == "control.token" else "")
    make_all(tmp_path)
    assert all((tmp_path / name).read_text().strip() for name in SECRETS)


def test_who_shows_no_secret_is_refused_where_a_cut_left_an_empty_one(tmp_path: Path):
    (tmp_path / "client.secret").touch()
    (tmp_path / "federated.token").touch()
    (tmp_path / "control.token").touch()
    with in_process(tmp_path, NotingServing()) as own:
        base = own.settings.base_url
        assert own.http.get(f"{base}/msi/token", params={"resource": "x"}).status_code == 401
        nothing = {"Authorization": "Bearer "}
        assert own.http.get(f"{base}/_local/clock", headers=nothing).status_code == 401
        form = {"grant_type": "client_credentials", "client_id": own.settings.client, "scope": "x/.default"}
        url = f"{base}/{own.settings.tenant}/oauth2/v2.0/token"
        assert own.http.post(url, data=form).status_code == 401
