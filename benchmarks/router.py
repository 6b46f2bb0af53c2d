"""What the gateway of the local Azure adds to a call of the model server, at a fixed rate of requests.

A whole local Azure runs in a process of its own, with one real model server; the same open-loop load goes to
the model server and through the gateway, in turns, and the percentiles of each are pooled over the turns.

    python -m benchmarks.router --rate 200 --seconds 10 --turns 3 --json router.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.openloop import PERCENTS, Report, percentile, run
from localazure.server import Server
from localazure.serving.pool import DeploymentSpec, EndpointRoute, ProbeSpec
from localazure.settings import Settings
from localazure.tls import bundle_path

AIM_P50 = 2.0
LATE = 10.0  # milliseconds of the generator at which its figures are about the machine
CONDA = "dependencies:\n  - pip:\n      - azureml-inference-server-http~=1.5\n"
SCORE = """\
import json

def init():
    pass

def run(data):
    return {"sum": sum(json.loads(data)["data"])}
"""
BODY = json.dumps({"data": list(range(20))}).encode()
ML = "/subscriptions/s/resourcegroups/rg/providers/microsoft.machinelearningservices"
ID = f"{ML}/workspaces/w/onlineendpoints/bench"


async def serve(home: Path) -> None:
    """The local Azure: says where it is on standard output, and ends with standard input."""
    server = Server.make(Settings(home=home, port=0))
    await server.start()
    code = home / "code"
    code.mkdir()
    (code / "score.py").write_text(SCORE)
    spec = DeploymentSpec(
        endpoint_id=ID,
        endpoint_name="bench",
        name="blue",
        model_dir=code,
        code_dir=code,
        scoring_script="score.py",
        image=None,
        conda_file=CONDA,
        environment_variables={},
        instances=1,
        request_timeout=30,
        max_concurrent=50,
        liveness=ProbeSpec(),
        readiness=ProbeSpec(),
    )
    serving = server.azure.serving
    await serving.deploy(spec)
    serving.route(EndpointRoute(ID, "bench", {"blue": 100}, {}, "Key", "key", ""))
    deployment = serving.deployment(ID, "blue")
    assert deployment is not None
    assert server.runner is not None
    port = server.runner.addresses[0][1]
    where = {
        "direct": f"{deployment.instances[0].url}/score",
        "gateway": f"https://localhost:{port}/endpoints/bench.{server.azure.settings.location}/score",
    }
    print(json.dumps(where), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


async def measure(rate: float, seconds: float, turns: int) -> dict[str, Any]:
    """The figures of both ways."""
    with tempfile.TemporaryDirectory(prefix="router-") as folder:
        home = Path(folder)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.router",
            "--serve",
            folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = await process.stdout.readline()
            if not line:
                raise SystemExit("the local Azure did not start; it says why above")
            where = json.loads(line)
            context = ssl.create_default_context(cafile=str(bundle_path(home)))
            reports: dict[str, list[Report]] = {"direct": [], "gateway": []}
            for way in reports:
                await _load(where[way], way, context, rate, 1)  # connections and caches
            for _ in range(turns):
                for way, done in reports.items():
                    done.append(await _load(where[way], way, context, rate, seconds))
        finally:
            process.stdin.close()
            await process.wait()
    found = {way: _pooled(done) for way, done in reports.items()}
    added = {
        f"p{percent}": round(found["gateway"][f"p{percent}"] - found["direct"][f"p{percent}"], 3)
        for percent in PERCENTS
    }
    return {"rate": rate, "seconds": seconds, "turns": turns, **found, "added_ms": added}


async def _load(url: str, way: str, context: ssl.SSLContext, rate: float, seconds: float) -> Report:
    secure = context if way == "gateway" else None
    headers = {"Authorization": "Bearer key"}
    return await run(url, rate=rate, seconds=seconds, bodies=[BODY], headers=headers, context=secure)


def _pooled(reports: list[Report]) -> dict[str, Any]:
    samples = [sample for each in reports for sample in each.samples]
    ordered = sorted(sample.latency_ms for sample in samples)
    return {
        **{f"p{percent}": percentile(ordered, percent) for percent in PERCENTS},
        "sent": len(samples),
        "failed": sum(each.failed for each in reports),
        "lost": sum(each.lost for each in reports),
        "sent_late_p99": percentile(sorted(sample.late_ms for sample in samples), 99),
    }


def main() -> int:
    """The command; exits 1 where a request was lost or the aim is missed."""
    parser = argparse.ArgumentParser(description="What the gateway adds to a call of the model server.")
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--serve", metavar="HOME", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(Path(arguments.serve)))
        return 0
    figures = asyncio.run(measure(arguments.rate, arguments.seconds, arguments.turns))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=1) + "\n")
    return report(figures)


def report(figures: dict[str, Any]) -> int:
    """Print the table and the verdict; 0 only where the aim was reached."""
    rows = {"model server": figures["direct"], "gateway": figures["gateway"], "added": figures["added_ms"]}
    head = f"ms at {figures['rate']:g}/s"
    print(f"{head:<14}" + "".join(f"{f'p{p}':>9}" for p in PERCENTS) + "   failed")
    for name, row in rows.items():
        print(
            f"{name:<14}" + "".join(f"{row[f'p{p}']:>9.2f}" for p in PERCENTS) + f"{row.get('failed', ''):>9}"
        )
    late = max(figures[way]["sent_late_p99"] for way in ("direct", "gateway"))
    failed = sum(figures[way]["failed"] for way in ("direct", "gateway"))
    aim = f"p50 adds at most {AIM_P50:g} ms, and no request fails"
    if failed == 0 and figures["added_ms"]["p50"] <= AIM_P50:
        print(f"holds: {aim}")
        return 0
    if late > LATE:
        print(
            f"CAN'T TELL: {aim}. The generator itself was {late:.0f} ms late: this machine is busy with more"
        )
    else:
        print(f"MISSED: {aim}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
