from __future__ import annotations

import errno
from pathlib import Path

import pytest

from localazure import daemon


@pytest.mark.parametrize(("port", "taken", "tries"), [(0, 1, 2), (0, 9, 3), (8443, 9, 1)])
def test_a_free_port_that_is_taken_meanwhile(
    monkeypatch: pytest.MonkeyPatch, port: int, taken: int, tries: int
) -> None:
    tried: list[int | None] = []

    async def run(_home: Path, asked: int | None, _rate: float | None) -> None:
        tried.append(asked)
        if len(tried) <= taken:
            raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(daemon, "_run", run)
    if taken < tries:
        daemon._serve(Path(), port, None)
    else:
        with pytest.raises(OSError, match="Address already in use"):
            daemon._serve(Path(), port, None)
    assert tried == [port] * tries
