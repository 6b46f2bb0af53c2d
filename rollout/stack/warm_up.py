"""Imports that take half a second, done while the program waits for the provider and for Azure."""

from __future__ import annotations

import importlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_REQUESTS = ("rollout.azure._pipeline", "requests")
_ALWAYS = ("machinelearningservices.OnlineEndpoint", "monitor.DiagnosticSetting")
_WORKSPACE = (
    "resources.ResourceGroup",
    "storage.StorageAccount",
    "keyvault.Vault",
    "operationalinsights.Workspace",
    "applicationinsights.Component",
    "containerregistry.Registry",
)


@contextmanager
def imports(*, whole_workspace: bool) -> Generator[None]:
    """Import what is declared later in a thread of its own; it has ended when the block is left.

    The provider's modules load themselves when a class of theirs is first asked for, which must not happen in
    two threads at once: so nothing may ask for one inside the block.
    """
    thread = threading.Thread(target=_load, args=(whole_workspace,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(whole_workspace: bool) -> None:  # noqa: FBT001 - a thread's only argument
    for module in _REQUESTS:
        importlib.import_module(module)
    sdk = importlib.import_module("pulumi_azure_native")
    for path in (*_ALWAYS, *(_WORKSPACE if whole_workspace else ())):
        module, kind = path.split(".")
        getattr(getattr(sdk, module), kind)
