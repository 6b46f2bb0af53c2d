from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from localazure.serving.console import failure
from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from localazure.serving.console import Console
    from localazure.serving.spec import DeploymentSpec

__all__ = ["Instance", "Program"]

LAUNCH = Path(__file__).with_name("launch.py")
FROM_US = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
POLL = 0.05
GRACE = 5.0
CONTAINER = "inference-server"
SLOWEST_RESTART = 10.0
SETTLED = 30.0


@dataclass(frozen=True)
class Program:
    """What every instance of a deployment runs.

    Attributes:
        python: The environment's interpreter.
        entry_script: The scoring script, absolute.
        console: Where their output is gathered, and their home folder is.
        tell: Told of what becomes of an instance: its id, the event's name and message, which are those that
            Azure documents (learn.microsoft.com, Monitor online endpoints, event logs).
    """

    spec: DeploymentSpec
    python: Path
    entry_script: Path
    console: Console
    http: aiohttp.ClientSession
    tell: Callable[[str, str, str], None] = lambda _id, _name, _message: None

    def variables(self) -> dict[str, str]:
        """The environment variables of an instance: the user's, and over them what Azure sets."""
        ours = {name: os.environ[name] for name in FROM_US if name in os.environ}
        return {
            **ours,
            "PATH": f"{self.python.parent}{os.pathsep}{ours.get('PATH', os.defpath)}",
            "HOME": str(self.console.home),
            "PYTHONDONTWRITEBYTECODE": "1",  # the code folder stays as it was uploaded
            "PYTHONUNBUFFERED": "1",  # the console keeps its order
            **self.spec.environment_variables,
            "AML_APP_ROOT": str(self.spec.code_dir),
            "AZUREML_ENTRY_SCRIPT": str(self.spec.scoring_script),
            "AZUREML_MODEL_DIR": str(self.spec.model_dir or ""),
        }

    def arguments(self, port: int) -> list[str]:
        """What follows the interpreter's name and the launcher's own two arguments."""
        model_dir = ["--model_dir", str(self.spec.model_dir)] if self.spec.model_dir else []
        return ["--entry_script", str(self.entry_script), *model_dir, "--port", str(port)]


class Instance:
    """One model server: a process group on a loopback port, started again when it crashes.

    Attributes:
        id: Its own, for as long as it is started again.
        in_flight: Requests it is working on.
        ready: Whether it answered its probe and hasn't ended since.
        retired: Whether it is being taken out of service.
    """

    def __init__(self, program: Program, on_ready: Callable[[], None]) -> None:
        self.id = str(uuid.uuid4())
        self.in_flight = 0
        self.ready = False
        self.retired = False
        self.port = 0
        self.pid = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._program = program
        self._on_ready = on_ready
        self._console_size = 0
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def _console(self) -> Console:
        return self._program.console.of(self.id)

    def enter(self) -> None:
        """A request is about to be sent to it."""
        self.in_flight += 1
        self._idle.clear()

    def leave(self) -> None:
        """A request it was sent is answered or given up."""
        self.in_flight -= 1
        if not self.in_flight:
            self._idle.set()

    async def idle(self) -> None:
        """Wait until it works on no request."""
        await self._idle.wait()

    async def start(self) -> None:
        """Start it and wait until it answers its probe.

        Raises:
            ProvisioningError: `ResourceNotReady`, with the last lines of its console. Azure says so of a
                container that crashes in `init()`, in these words (github.com/Azure/mlops-v2 issue 120).
        """
        try:
            await self._launch()
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """End the process group: asked first, killed after a grace of seconds."""
        if self._process is not None and not self.retired:
            self._tell("Killing", f"Stopping container {CONTAINER}")
        self.retired = True
        self.ready = False
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
        await self._end()

    async def _launch(self) -> None:
        program = self._program
        self._console_size = self._console.size
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
            with self._console.open() as console, _started(program):
                self._process = await asyncio.create_subprocess_exec(
                    str(program.python),
                    "-P",
                    str(LAUNCH),
                    str(os.getpid()),
                    str(listener.fileno()),
                    *program.arguments(self.port),
                    cwd=program.entry_script.parent,
                    env=program.variables(),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=console,
                    stderr=console,
                    pass_fds=(listener.fileno(),),
                    start_new_session=True,
                )
        self.pid = self._process.pid
        self._tell("Created", f"Created container {CONTAINER}")
        self._tell("Started", f"Started container {CONTAINER}")

    async def _until_ready(self) -> None:
        probe = self._program.spec.readiness
        deadline = time.monotonic() + probe.patience
        while not await self._healthy(probe.timeout):
            if self._process is None or self._process.returncode is not None:
                why = "Liveness probe failed: the inference server has ended"
                self._tell("LivenessProbeFailed", why)
                raise self._crashed(why)
            if time.monotonic() > deadline:
                why = f"Readiness probe failed for {probe.patience:.0f} s"
                self._tell("ReadinessProbeFailed", why)
                raise self._crashed(why)
            await asyncio.sleep(POLL)
        self.ready = True
        self._on_ready()

    def _crashed(self, why: str) -> ProvisioningError:
        said = "\n".join(failure(self._console.since(self._console_size)))
        return ProvisioningError(
            "ResourceNotReady",
            f"User container has crashed or terminated: {why}. "
            f"Deployment '{self._program.spec.name}' says on its console:\n{said}",
        )

    async def _healthy(self, seconds: float) -> bool:
        try:
            async with self._program.http.get(
                f"{self.url}/", timeout=aiohttp.ClientTimeout(seconds)
            ) as answer:
                return answer.status == 200  # noqa: PLR2004
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _supervise(self) -> None:
        wait = POLL
        while True:
            started = time.monotonic()
            why = await self._watch()
            self.ready = False
            wait = POLL if time.monotonic() - started > SETTLED else wait
            while not self.ready:
                self._console.write(f"localazure: {why}; starting the instance again")
                self._tell("LivenessProbeFailed", f"Liveness probe failed: {why}")
                self._tell("Killing", f"Container {CONTAINER} failed liveness probe, will be restarted")
                await self._end()
                await asyncio.sleep(wait)
                wait = min(wait * 2, SLOWEST_RESTART)
                try:
                    await self._launch()
                    await self._until_ready()
                except ProvisioningError as error:
                    why = error.message.splitlines()[0]

    async def _watch(self) -> str:
        """Wait until the process ends or fails its liveness probe; says which."""
        process, probe = self._process, self._program.spec.liveness
        if process is None or process.returncode is not None:
            return "the inference server has ended"
        ended = asyncio.create_task(process.wait())
        failures = 0
        try:
            while failures < probe.failure_threshold:
                done, _ = await asyncio.wait({ended}, timeout=probe.period)
                if done:
                    return f"the inference server has ended with code {process.returncode}"
                failures = 0 if await self._healthy(probe.timeout) else failures + 1
            return f"the liveness probe failed {failures} times"
        finally:
            ended.cancel()

    def _tell(self, name: str, message: str) -> None:
        self._program.tell(self.id, name, message)

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        for what in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, what)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE)
                break
        with contextlib.suppress(ProcessLookupError):  # workers that outlived their master
            os.killpg(process.pid, signal.SIGKILL)
        self._process = None


@contextlib.contextmanager
def _started(program: Program) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ProvisioningError(
            "ResourceNotReady",
            f"deployment '{program.spec.name}': {program.python} can't be started: {error.strerror}",
        ) from error
