from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from localazure.settings import Settings
from tests.localazure.local import daemon, localazure

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_kept_is_read_again(tmp_path: Path):
    kept = Settings(tmp_path, 1, log_delay=timedelta(minutes=5), requests_per_minute="sum")
    kept.save()
    assert Settings.load(tmp_path) == kept


def test_settings_of_an_earlier_version_have_the_defaults(tmp_path: Path):
    (tmp_path / "settings.json").write_text(json.dumps({"port": 1, "metric_delay": 7.0}))
    assert Settings.load(tmp_path) == Settings(tmp_path, 1, metric_delay=timedelta(seconds=7))


def test_another_merge_is_refused(tmp_path: Path):
    (tmp_path / "settings.json").write_text(json.dumps({"port": 1, "requests_per_minute": "median"}))
    with pytest.raises(ValueError, match="average or sum"):
        Settings.load(tmp_path)


def test_the_command_line_keeps_settings(tmp_path: Path):
    words = ("--log-delay", "300", "--metric-delay", "0", "--requests-per-minute", "sum")
    with daemon(tmp_path, *words) as arm:
        assert arm.settings.log_delay == timedelta(minutes=5)
        assert arm.settings.metric_delay == timedelta(0)
        assert arm.settings.requests_per_minute == "sum"
        again = localazure(tmp_path, "up", "--log-delay", "1")
        assert again.returncode == 1
        assert "localazure down" in again.stderr
    assert localazure(tmp_path, "up", "--log-delay", "soon").returncode == 2
