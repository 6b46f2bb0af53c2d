"""`python -m benchmarks.localazure.serve HOME CORE`: a local Azure on one core, until standard input ends.

It is the daemon's own server. Only the environments named `trivial` aren't built: `trivial.py` serves them.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.env import prepare
from localazure.server import Server
from localazure.serving.environment import Environments
from localazure.serving.pool import Serving
from localazure.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIVIAL = "name: trivial"


class TrivialToo(Environments):
    """Environments, one of which is the trivial model server."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._trivial = home / "trivial"
        program = shlex.join([sys.executable, str(Path(__file__).with_name("trivial.py"))])
        self._trivial.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        self._trivial.chmod(0o700)

    async def python(self, conda_file: str | None, image: str | None, brought: Sequence[str] = ()) -> Path:
        if conda_file == TRIVIAL:
            return self._trivial
        return await super().python(conda_file, image, brought)


async def serve(home: Path, port: int) -> None:
    settings = Settings(home=home, port=port)
    server = Server.make(settings, serving=lambda azure: Serving(azure, TrivialToo(home)))
    prepare(settings)
    await server.start()
    settings.save()
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[3])})
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
