"""The plugin process: serves one engine and ends with it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from concurrent import futures
from importlib.metadata import version
from typing import Final, NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from localazure.provider.servicer import Servicer

_THREADS: Final = 64
_WATCH_SECONDS: Final = 0.5
_INIT: Final = 1


def serve(arguments: list[str]) -> None:
    """Serve on a free loopback port, printed first as the engine expects; end when the engine is gone.

    Args:
        arguments: the engine's own address, if it gives one.
    """
    watch = threading.Thread(target=_wait_for_end, args=(os.getppid(), *arguments[:1]), daemon=True)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_THREADS),
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(version("pulumi-azure-native")), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # A plugin has a process group of its own: only the engine interrupts it, when it is done with it, and
    # waits 5 s before it kills it. Ctrl-C at a terminal reaches the engine, which says Cancel.
    signal.signal(signal.SIGINT, _end)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    watch.start()
    watch.join()
    _end()


def _end(*_: object) -> NoReturn:
    os._exit(0)


def _wait_for_end(parent: int, engine: str = "") -> None:
    """Return when the engine has ended, by `kill -9` too: its child goes to another parent.

    One that ended before this process looked leaves the init process as parent; then its address tells.
    """
    while os.getppid() == parent and (parent != _INIT or _listens(engine)):
        time.sleep(_WATCH_SECONDS)


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return True  # nobody to ask
    try:
        socket.create_connection((host or "127.0.0.1", int(port)), timeout=_WATCH_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True
