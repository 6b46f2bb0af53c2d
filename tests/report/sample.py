"""A report as a check of a rollout makes it: all that can be drawn, and names that mustn't break anything."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.report.schema import Gate, Points, Report

BEGIN = datetime(2026, 11, 21, 9, 12, tzinfo=UTC)
NASTY = "</script><script>alert(1)</script>"


def instant(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def points(
    level: float, spread: float, *, missing: tuple[int, ...] = (), count: int = 44, seed: int = 1
) -> Points:
    dice = random.Random(seed)  # noqa: S311 - made-up measurements
    return [(instant(n), None if n in missing else max(0.0, dice.gauss(level, spread))) for n in range(count)]


def evidence() -> Points:
    return [(instant(n), -0.2 + 0.9 * max(0, n - 22) / 9 + 0.05 * math.sin(n)) for n in range(44)]


def fixed() -> Gate:
    return {
        "name": "latency",
        "kind": "fixed",
        "verdict": "Successful",
        "dryRun": False,
        "noData": False,
        "reason": "latency: RequestLatency_P90 38.4 at 09:41:00Z at worst, limit <= 50",
        "value": 38.4,
        "limit": "<= 50",
        "unit": "ms",
        "lineUnit": "ms",
        "bounds": {"min": None, "max": 50.0},
        "margin": None,
        "evidence": None,
        "eta": None,
        "requests": None,
        "events": None,
        "lines": [{"name": "candidate", "points": points(33, 3, missing=(7, 8, 30), seed=2)}],
        "worst": [],
        "warnings": [],
    }


def comparison() -> Gate:
    return {
        "name": "errors-vs-prod",
        "kind": "comparison",
        "verdict": "Failed",
        "dryRun": False,
        "noData": False,
        "reason": (
            "errors-vs-prod: 3.2 % of 2 640 against prod's 0.4 % of 23 760; "
            "evidence 10^1.9 of 10^1.6 that it is worse"
        ),
        "value": 2.78,
        "limit": "< +1 pp",
        "unit": "pp",
        "lineUnit": "share",
        "bounds": None,
        "margin": {"allowed": 1.0, "certified": 3.4},
        "evidence": {"log10": 1.9, "bound": 1.602, "points": evidence()},
        "eta": "22m",
        "requests": {"candidate": 2640, "prod": 23760},
        "events": {"candidate": 84, "prod": 95},
        "lines": [
            {"name": "candidate", "points": points(0.032, 0.012, missing=(14,), seed=3)},
            {"name": "prod", "points": points(0.004, 0.001, seed=4)},
        ],
        "worst": [{"at": instant(31), "log10": 0.44}, {"at": instant(36), "log10": 0.31}],
        "warnings": ["the split is 8.1 % where 10 % is expected"],
    }


def silent() -> Gate:
    return {
        **fixed(),
        "name": "gpu",
        "verdict": "Inconclusive",
        "dryRun": True,
        "noData": True,
        "reason": f"gpu: {NASTY} was measured at 0 of the newest 5 points",
        "value": None,
        "lines": [],
    }


def report() -> Report:
    return {
        "stack": "prod",
        "endpoint": "credit-prod",
        "deployment": "green",
        "prod": "blue",
        "at": instant(47),
        "verdict": "Failed",
        "reason": comparison()["reason"],
        "stage": {"traffic": 10, "mirror": 0, "since": instant(20), "until": None},
        "past": [{"traffic": 0, "mirror": 20, "since": instant(-2), "until": instant(19)}],
        "window": {"start": instant(0), "end": instant(44)},
        "tier": "logs",
        "requests": 2640.0,
        "gates": [fixed(), comparison(), silent()],
        "next": {"step": "abort", "reason": "green failed at 10 %: its 10 % go back to blue"},
    }
