"""A plugin written in Python, such as a policy pack: a process whose output the engine reads line by line."""

import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .interpreter import Interpreter

ANALYZER = "analyzer"


@dataclass(frozen=True)
class Output:
    """A piece of what the plugin wrote, or the exit code it ended with."""

    stdout: bytes | None = None
    stderr: bytes | None = None
    exit_code: int | None = None


def command(interpreter: Interpreter, kind: str, program: Path, arguments: Sequence[str]) -> list[str]:
    """Returns what starts the plugin.

    A policy pack goes through the SDK's `pulumi.policy`, which takes the engine's address and then the pack.
    """
    python = [str(interpreter.executable), "-u"]
    if kind == ANALYZER:
        return [*python, "-m", "pulumi.policy", *arguments[:1], str(program), *arguments[1:]]
    return [*python, str(program), *arguments]


def run(
    started: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    on_end: Callable[[Callable[[], None]], object],
) -> Iterator[Output]:
    """Runs the plugin and yields what it writes as it comes, its exit code last.

    Args:
        started: The command line.
        folder: Where it runs.
        environment: Its variables.
        on_end: Takes what ends the process, to be called when nobody listens any more.
    """
    process = subprocess.Popen(
        started,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    on_end(process.kill)
    written: queue.SimpleQueue[Output | None] = queue.SimpleQueue()
    pipes: list[tuple[IO[bytes] | None, str]] = [(process.stdout, "stdout"), (process.stderr, "stderr")]
    for pipe, name in pipes:
        threading.Thread(target=_read, args=(pipe, name, written), daemon=True).start()
    for _ in pipes:
        while (output := written.get()) is not None:
            yield output
    yield Output(exit_code=process.wait())


def _read(pipe: IO[bytes] | None, name: str, written: "queue.SimpleQueue[Output | None]") -> None:
    for line in pipe or ():
        written.put(Output(stdout=line) if name == "stdout" else Output(stderr=line))
    written.put(None)
