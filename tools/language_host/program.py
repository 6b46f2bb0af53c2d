"""Runs a Pulumi program: started by the host with the program's own interpreter, settings on standard input.

What a program sees and what its end means are as under Pulumi's own host: 0 is success, `sys.exit(n)` is
passed on after all registered resources are saved, an exception is told once and ends with 32.
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime

TOLD_THE_USER = 32
_INTERRUPTED = 130
_THREADS_PER_OPERATION = 4


def main() -> int:
    """Runs the program that the host describes and returns the exit code."""
    host = os.dup(0)
    settings = json.loads(_first_line(host))
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with, args=(host,), daemon=True).start()

    pulumi.runtime.set_all_config(settings["config"], settings["secret_keys"])
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings["engine"]))
    sys.argv = [settings["entry_point"], *settings["arguments"]]
    os.chdir(settings["folder"])
    # A failed update leaves futures that nobody awaits; asyncio would report each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    return _run(settings["entry_point"], settings["engine"]["parallel"])


def _run(entry_point: str, parallel: int) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(parallel, 1) * _THREADS_PER_OPERATION)
    loop.set_default_executor(executor)
    program = Path(entry_point).resolve()
    if program.is_dir() and not (program / "__main__.py").is_file():
        pulumi.log.error(f"unable to find main python program `__main__.py` in `{program}`")
        return TOLD_THE_USER
    try:
        loop.run_until_complete(
            pulumi.runtime.run_in_stack(lambda: _discard(runpy.run_path(entry_point, run_name="__main__")))
        )
    except KeyboardInterrupt:
        # The engine is closing: what is still under way would only complain that it is gone.
        os._exit(_INTERRUPTED)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 whatever a program raises, it is shown and not ours
        pulumi.log.error("Program failed with an unhandled exception:\n" + _own_frames(error, program))
        return TOLD_THE_USER
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _discard(_: dict[str, Any]) -> None:
    """A program's globals are no awaitable."""


def _own_frames(error: BaseException, program: Path) -> str:
    """The traceback from the program's own first frame on: what lies above it is ours and Pulumi's."""
    main = program / "__main__.py" if program.is_dir() else program
    frame = error.__traceback__
    while frame is not None and Path(frame.tb_frame.f_code.co_filename).resolve() != main:
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame or error.__traceback__))


def _first_line(descriptor: int) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        read = os.read(descriptor, 65536)
        if not read:
            sys.exit("the language host went away before it said what to run")
        line += read
    return bytes(line)


def _end_with(host: int) -> None:
    """The host never writes a second line; the end of its pipe means that it was killed."""
    os.read(host, 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
