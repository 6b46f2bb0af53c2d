"""`python -m localazure.daemon HOME`: runs one local Azure until it is told to end."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

from localazure.env import prepare
from localazure.malformed import log_in_a_line
from localazure.running import hold_lock
from localazure.server import Server
from localazure.settings import DEFAULT_PORT, Settings

__all__ = ["main"]

TRIES = 3


def main(arguments: list[str]) -> int:
    """Run the daemon: state folder, port or `-`, rate or `-`."""
    home = Path(arguments[0]).resolve()
    port = None if arguments[1] == "-" else int(arguments[1])
    rate = None if arguments[2] == "-" else float(arguments[2])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    log_in_a_line()
    lock = hold_lock(home)
    if lock is None:
        print(f"localazure: another daemon holds {home}", file=sys.stderr)
        return 1
    try:
        _serve(home, port, rate)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"localazure: {error.strerror}: `localazure up --port 0` picks a free port", file=sys.stderr)
        return 1
    finally:
        lock.close()
    return 0


def _serve(home: Path, port: int | None, rate: float | None) -> None:
    """Run until told to end. A free port may be taken by another before it is bound: then the next one."""
    for left in reversed(range(TRIES if port == 0 else 1)):
        try:
            asyncio.run(_run(home, port, rate))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not left:
                raise
        else:
            return


async def _run(home: Path, port: int | None, rate: float | None) -> None:
    settings = Settings.load(home) or Settings(home=home, port=DEFAULT_PORT)
    if port is not None:
        settings = replace(settings, port=port or _free_port())
    server = Server.make(settings, rate=rate)
    prepare(settings)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await server.start()
        settings.save()  # a port that could not be had is not kept
        log = logging.getLogger(__name__)
        log.info("up at %s", settings.base_url)
        for name, path in settings.stand_ins.items():
            log.warning("environment '%s' is not built as registered: %s stands in for it", name, path)
        await ended.wait()
    finally:
        await server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
