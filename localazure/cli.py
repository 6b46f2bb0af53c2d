"""`localazure`: start, stop and look at a local Azure."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localazure.running import Running, running
from localazure.settings import DEFAULT_PORT, MERGES, Settings, default_home

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

START_SECONDS = 30.0
TAIL = 50
LARGEST_LOG = 8 * 2**20
LONGEST_DELAY = 86400
MOST = 1_000_000
CHANGEABLE = (
    "metric_delay",
    "log_delay",
    "requests_per_minute",
    "most_endpoints",
    "most_instances",
    "stand_ins",
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parser().parse_args(arguments)
    home: Path = options.home.resolve() if options.home else default_home()
    command: Callable[[Path, Any], int] = options.command
    try:
        return command(home, options)
    except (OSError, ValueError) as error:
        print(f"localazure: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    home = argparse.ArgumentParser(add_help=False)
    home.add_argument("--home", type=Path, help="state folder (default: $LOCALAZURE_HOME or ./.local/azure)")
    parser = argparse.ArgumentParser(
        "localazure", description="A local Azure that speaks Azure's wire protocol."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("up", _up, "start it in the background"),
        ("down", _down, "end it and everything it runs"),
        ("status", _status, "say whether it is up, and what it serves"),
        ("logs", _logs, "show the end of the daemon's log"),
        ("env", _env, 'print what a shell needs: eval "$(localazure env)"'),
    ):
        sub = commands.add_parser(name, help=text, parents=[home])
        sub.set_defaults(command=command)
        if name == "up":
            sub.add_argument(
                "--port", type=_port, help="port on loopback; 0 picks a free one (default: 8443)"
            )
            sub.add_argument("--rate", type=_rate, help="local seconds in a real second (default: 1)")
            sub.add_argument("--metric-delay", type=_seconds, help="local seconds before metrics show (60)")
            sub.add_argument("--log-delay", type=_seconds, help="local seconds before log rows show (60)")
            sub.add_argument(
                "--requests-per-minute", choices=MERGES, help="what it is of several merged series"
            )
            sub.add_argument("--most-endpoints", type=_count, help="endpoints in a subscription (100)")
            sub.add_argument("--most-instances", type=_count, help="quota of instances (no limit)")
            sub.add_argument(
                "--stand-in",
                dest="stand_ins",
                type=_stand_in,
                action="append",
                metavar="NAME=FILE",
                help="serve deployments of environment NAME with conda file FILE instead; NAME= ends that",
            )
        if name == "logs":
            sub.add_argument("--tail", type=int, default=TAIL, help=f"lines (default: {TAIL})")
    return parser


def _up(home: Path, options: argparse.Namespace) -> int:
    found = running(home)
    if found is None:
        _keep(home, options)
        found = _wait(home, _start(home, options.port, options.rate))
        print(f"Local Azure is up at {_settings(home).base_url} (pid {found.pid}, state in {home}).")
    else:
        settings = _settings(home)
        print(f"Local Azure is up already at {settings.base_url} (pid {found.pid}, state in {home}).")
        if options.port not in {None, 0, settings.port} or _changed(options):
            kept = ", ".join([f"port {settings.port}", *_changed(options)])
            print(f"It keeps its settings: run `localazure down` first to change {kept}.", file=sys.stderr)
            return 1
        if options.rate is not None:
            found.ask("clock", {"rate": options.rate})
            print(f"Its clock runs at rate {options.rate:g} from now on.")
    waiting = found.ask("status")["restarting"]
    if waiting:
        print(f"{len(waiting)} deployments are being started again: `localazure status` shows them.")
    for line in _told(_settings(home)):
        print(line)
    where = "" if home == default_home() else f" --home {shlex.quote(str(home))}"
    print(f'Next: eval "$(localazure env{where})"')
    return 0


def _changed(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line gives."""
    given = {name: getattr(options, name) for name in CHANGEABLE}
    given["stand_ins"] = dict(given["stand_ins"]) if given["stand_ins"] else None
    return {name: value for name, value in given.items() if value is not None}


def _keep(home: Path, options: argparse.Namespace) -> None:
    """Keep the given settings, for this start and those after it."""
    if changed := _changed(options):
        kept = Settings.load(home) or Settings(home=home, port=DEFAULT_PORT)
        if "stand_ins" in changed:
            every = kept.stand_ins | changed["stand_ins"]
            changed["stand_ins"] = {name: path for name, path in every.items() if path}
        replace(kept, **changed).save()


def _told(settings: Settings) -> list[str]:
    """What is served otherwise than its environment says, a line each."""
    return [
        f"Environment '{name}' is not built as registered: its deployments are served with {path}."
        for name, path in settings.stand_ins.items()
    ]


def _start(home: Path, port: int | None, rate: float | None) -> subprocess.Popen[bytes]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = [str(home), "-" if port is None else str(port), "-" if rate is None else str(rate)]
    path = home / "daemon.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(home / "daemon.1.log")
    with path.open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "localazure.daemon", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
        )


def _wait(home: Path, started: subprocess.Popen[bytes]) -> Running:
    """The daemon as soon as it answers.

    Raises:
        OSError: It ended, or didn't answer in time.
    """
    shown = sys.stderr.isatty()
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        found = running(home)
        if found is not None and found.answers():
            if shown:
                print(file=sys.stderr)
            return found
        if found is None and started.poll() is not None:
            break
        if shown:
            print(".", end="", file=sys.stderr, flush=True)
        time.sleep(0.05)
    end = (home / "daemon.log").read_text().splitlines()[-5:]
    raise OSError("it didn't come up. The end of its log:\n  " + "\n  ".join(end))


def _down(home: Path, options: argparse.Namespace) -> int:
    del options
    found = running(home)
    if found is None:
        print(f"No local Azure runs on {home}.")
        return 0
    found.stop()
    print(f"Local Azure is down. Its state stays in {home}.")
    return 0


def _status(home: Path, options: argparse.Namespace) -> int:
    del options
    found = running(home)
    if found is None:
        print(f"Local Azure is down (state in {home}). Start it with `localazure up`.")
        return 3
    status = found.ask("status")
    print(f"Local Azure is up at {status['baseUrl']} (pid {status['pid']}, state in {home}).")
    for line in _told(_settings(home)):
        print(line)
    print(f"Its clock says {status['now'][:19]}Z, at rate {status['rate']:g}.")
    for one in status["deployments"]:
        pids = ", ".join(str(instance["pid"]) for instance in one["instances"])
        print(f"  {one['endpoint']}/{one['deployment']}: {len(one['instances'])} instances (pids {pids})")
    for resource_id in status["restarting"]:
        print(f"  being started again: {resource_id}")
    return 0


def _logs(home: Path, options: argparse.Namespace) -> int:
    path = home / "daemon.log"
    if not path.exists():
        print(f"There is no log in {home}: local Azure was never started there.", file=sys.stderr)
        return 1
    print("\n".join(path.read_text(errors="replace").splitlines()[-options.tail :]))
    return 0


def _env(home: Path, options: argparse.Namespace) -> int:
    del options
    if running(home) is None:
        print(f"localazure: nothing runs on {home}: start it with `localazure up`", file=sys.stderr)
        return 1
    from localazure.env import environment, exports  # noqa: PLC0415 - the other commands start without it

    print(exports(environment(_settings(home), os.environ)), end="")
    return 0


def _settings(home: Path) -> Settings:
    found = Settings.load(home)
    if found is None:
        raise ValueError(f"{home} has no settings: run `localazure up`")
    return found


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the highest port
        raise argparse.ArgumentTypeError(f"{text!r}: 0 to 65535")
    return int(text)


def _seconds(text: str) -> timedelta:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_DELAY:
        raise argparse.ArgumentTypeError(f"{text!r}: local seconds, 0 to {LONGEST_DELAY}")
    return timedelta(seconds=seconds)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 to {MOST}")
    return int(text)


def _stand_in(text: str) -> tuple[str, str]:
    name, sign, file = text.partition("=")
    if not name or not sign or (file and not Path(file).is_file()):
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=FILE, the file being a conda file that is there")
    return name, str(Path(file).resolve()) if file else ""


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1e6:  # noqa: PLR2004 - what the clock takes
        raise argparse.ArgumentTypeError(
            f"{text!r}: local seconds in a real second, above 0, at most 1000000"
        )
    return rate
