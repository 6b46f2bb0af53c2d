"""The plugin process: serves one engine and ends with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent import futures
from importlib.metadata import version
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from localazure.provider.servicer import Servicer

_THREADS: Final = 64
_WATCH_SECONDS: Final = 0.5


def serve() -> None:
    """Serve on a free loopback port, printed first as the engine expects; end when the engine is gone."""
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine says Cancel, and waits for the running PUT
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    watched = threading.Thread(target=_wait_for_orphanage, args=(os.getppid(),), daemon=True)
    watched.start()
    watched.join()
    server.stop(grace=None)
    os._exit(0)


def _wait_for_orphanage(parent: int) -> None:
    """Return when the engine that started this process has ended, by `kill -9` too."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
