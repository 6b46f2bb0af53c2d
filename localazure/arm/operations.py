"""Long-running operations: what goes on after ARM has answered 201, 200 or 202."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from localazure.clock import iso
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from localazure.azure import Azure
    from localazure.faults import Faults

__all__ = ["POLL_AGAIN", "Operation", "Operations", "Worker"]

POLL_AGAIN = {"retry-after-ms": "50"}  # both azure-core and azcore prefer it to their 10 to 30 s
SCHEMA = """
CREATE TABLE IF NOT EXISTS operations (
  id TEXT PRIMARY KEY, resource TEXT NOT NULL, verb TEXT NOT NULL, status TEXT NOT NULL,
  error TEXT, started TEXT NOT NULL, ended TEXT
) WITHOUT ROWID
"""
KEPT = 2000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Operation:
    """One long-running operation.

    Attributes:
        id: `<kind>:<workspace guid>:<guid>`, as in its URL.
        resource: The id of the resource it works on.
        verb: The HTTP method that began it.
        status: `InProgress`, `Succeeded`, `Failed` or `Canceled`.
        error: `{"code", "message"}` when it failed.
    """

    id: str
    resource: str
    verb: str
    status: str
    started: datetime
    ended: datetime | None = None
    error: dict[str, str] | None = None

    def body(self, path: str) -> dict[str, Any]:
        """The operation as Azure's status JSON."""
        shown: dict[str, Any] = {"id": path, "name": self.id, "status": self.status}
        shown["startTime"] = iso(self.started)
        if self.ended is None:
            return shown | {"percentComplete": 0.0}
        shown["endTime"] = iso(self.ended)
        return shown | ({"error": self.error} if self.error else {"percentComplete": 100.0})


@runtime_checkable
class Worker(Protocol):
    """What an operation does, and what remains of it when it fails."""

    async def work(self, operation: Operation) -> None:
        """Do it; everything needed is in the store, so that a restart can do it again."""
        ...

    def failed(self, operation: Operation, error: dict[str, str]) -> None:
        """Leave the resource as a failed operation leaves it."""
        ...


class Operations:
    """Begins, runs, remembers and resumes operations."""

    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults
        self._database = azure.store.database
        self._database.execute(SCHEMA)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._current: dict[str, Operation] = {}

    def begin(self, worker: Worker, resource_id: str, verb: str, operation_id: str) -> Operation:
        """Record an operation and start it."""
        operation = Operation(operation_id, resource_id, verb, "InProgress", self._azure.clock.now())
        self._keep(operation)
        self._start(worker, operation)
        return operation

    def resume(self, worker: Worker, operation: Operation) -> None:
        """Run again what a restart cut short."""
        self._start(worker, operation)

    def get(self, operation_id: str) -> Operation | None:
        """The operation with this id."""
        return next(iter(self._select("id = ?", operation_id)), None)

    def unfinished(self) -> list[Operation]:
        """Operations that a restart cut short."""
        return [found for found in self._select("status = ?", "InProgress") if found.id not in self._running]

    def on(self, resource_id: str) -> Operation | None:
        """The operation that runs on this very resource."""
        key = resource_id.lower()
        return next((found for found in self._current.values() if found.resource.lower() == key), None)

    def below(self, resource_id: str) -> Operation | None:
        """An operation that runs on something below this resource."""
        start = resource_id.lower() + "/"
        running = self._current.values()
        return next((found for found in running if found.resource.lower().startswith(start)), None)

    async def abandon(self, resource_id: str) -> None:
        """Cancel what runs below a resource that is about to go."""
        while (operation := self.below(resource_id)) is not None:
            task = self._running[operation.id]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._keep(replace(operation, status="Canceled", ended=self._azure.clock.now()))

    async def stop(self) -> None:
        """End the work without ending the operations: the next start resumes them."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def forget(self) -> None:
        """Stop and forget every operation."""
        await self.stop()
        self._database.execute("DELETE FROM operations")

    def url(self, operation_id: str, where: str = "mfeOperationsStatus") -> str:
        """Where to ask for an operation: `mfeOperationsStatus` or `mfeOperationResults`."""
        settings = self._azure.settings
        return (
            f"{settings.base_url}/subscriptions/{settings.subscription}/providers/"
            f"Microsoft.MachineLearningServices/locations/{settings.location}/{where}/{operation_id}"
            "?api-version=2025-12-01"
        )

    def _start(self, worker: Worker, operation: Operation) -> None:
        self._current[operation.id] = operation
        task = asyncio.create_task(self._run(worker, operation), name=f"operation {operation.id}")
        self._running[operation.id] = task

    async def _run(self, worker: Worker, operation: Operation) -> None:
        try:
            error = await self._outcome(worker, operation)
            if error is not None:
                worker.failed(operation, error)
            status = "Failed" if error else "Succeeded"
            self._keep(replace(operation, status=status, error=error, ended=self._azure.clock.now()))
        finally:
            self._current.pop(operation.id, None)
            self._running.pop(operation.id, None)

    async def _outcome(self, worker: Worker, operation: Operation) -> dict[str, str] | None:
        started = self._azure.clock.now()
        try:
            await self._go_wrong(operation)
            least = self._azure.settings.operation_seconds
            taken = (self._azure.clock.now() - started).total_seconds()
            await self._azure.clock.sleep(least - taken)
            await worker.work(operation)
        except ProvisioningError as error:
            return {"code": error.code, "message": error.message}
        except Exception:
            log.exception("operation %s on %s", operation.id, operation.resource)
            return {"code": "InternalServerError", "message": "Local Azure failed: see `localazure logs`."}
        return None

    async def _go_wrong(self, operation: Operation) -> None:
        fault = self._faults.of_operation(operation.resource)
        if fault is None:
            return
        endless = fault.hang and fault.seconds is None
        wait = asyncio.Event().wait() if endless else self._azure.clock.sleep(fault.seconds or 0)
        if await self._faults.endured(wait) and not fault.hang:
            raise ProvisioningError(fault.code, fault.message)

    def _keep(self, operation: Operation) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                operation.id,
                operation.resource,
                operation.verb,
                operation.status,
                json.dumps(operation.error) if operation.error else None,
                operation.started.isoformat(),
                operation.ended.isoformat() if operation.ended else None,
            ),
        )
        self._database.execute(
            "DELETE FROM operations WHERE status != 'InProgress' AND id NOT IN "
            "(SELECT id FROM operations ORDER BY started DESC LIMIT ?)",
            (KEPT,),
        )

    def _select(self, where: str, value: str) -> list[Operation]:
        columns = "id, resource, verb, status, started, ended, error"
        statement = f"SELECT {columns} FROM operations WHERE {where}"  # noqa: S608 - our own words
        return [
            Operation(
                id=row[0],
                resource=row[1],
                verb=row[2],
                status=row[3],
                started=datetime.fromisoformat(row[4]),
                ended=datetime.fromisoformat(row[5]) if row[5] else None,
                error=json.loads(row[6]) if row[6] else None,
            )
            for row in self._database.execute(statement, (value,)).fetchall()
        ]


def new_operation_id(kind: str, workspace_guid: str) -> str:
    """An operation's id in Azure's form: `oeidp:<workspace>:<guid>`."""
    return f"{kind}:{workspace_guid}:{uuid.uuid4()}"
