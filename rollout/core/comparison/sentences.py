"""What a comparison says to people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.counts import P95
from rollout.core.comparison.passing import TAIL
from rollout.core.gates.comparative import Measure
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from rollout.core.comparison.watch import Watch
    from rollout.core.gates.judgement import Compared

_SMALL = 0.1
_EXACT = 1e-6


def percent(share: float) -> str:
    """Return a share as `3.2 %`; as `0.04 %` where it is small."""
    return f"{share * 100:.2g} %" if 0 < share * 100 < _SMALL else f"{share * 100:.1f} %"


def points(share: float) -> str:
    """Return a margin as `+1.3 pp`."""
    return f"{share * 100:+.2g} pp" if 0 < share * 100 < _SMALL else f"{share * 100:+.1f} pp"


def power(log10: float) -> str:
    """Return evidence as `10^1.3`."""
    return f"10^{log10 + 0.0:.1f}"


def margin(watch: Watch, value: float) -> str:
    """Return a margin in the gate's own unit: points of a share, or percent of prod's P95."""
    return f"{value * 100:+.0f} % of prod's P95" if watch.by_signs else points(value)


def why(watch: Watch, compared: Compared, verdict: Verdict, waits: str, *, whole: bool) -> str:
    """Return what was measured, what is proved, and what is waited for."""
    failed = verdict is Verdict.FAILED
    said = [_measured(watch, watch.loudest() if failed and not whole else P95, whole=whole)]
    if watch.failed is not None and failed:
        since = times.show_instant(watch.failed)[11:]
        reached = f"evidence {_peak(compared)} of {power(compared.bound)} that it is worse"
        said.append(f"{reached}, beyond it since {since}")
        return "; ".join(said)
    if not whole:
        proved = (
            "nothing is proved yet"
            if compared.certified is None
            else f"at most {margin(watch, _up(watch, compared.certified))} worse is proved"
        )
        said.append(
            f"{proved}, {margin(watch, compared.allowed)} allowed{_lacking(watch, compared.certified)}"
        )
    said.append(f"evidence {_last(compared)} of {power(compared.bound)} that it is worse")
    if waits:
        said.append(waits)
    return "; ".join(said)


def waiting(watch: Watch, tell: timedelta | None, at_half: timedelta | None, elapsed: timedelta) -> str:
    """Return when a verdict is to be had at this traffic, and what would make it sooner."""
    if tell is None or tell <= elapsed:
        return ""
    wait = (
        f"can't tell {margin(watch, watch.allowed)} at this traffic before about {times.show_duration(tell)}"
    )
    if at_half is None or at_half >= tell:
        return f"{wait}: wait"
    return f"{wait}: raise the stage to 50 % ({times.show_duration(at_half)}) or wait"


def _measured(watch: Watch, level: int, *, whole: bool) -> str:
    total = watch.total
    if watch.by_signs:
        limit = "1.25 times prod's usual" if whole else f"prod's by over {watch.gate.slack * 100:g} %"
        return f"P95 above {limit} in {total.y_c} of {total.n_c} blocks"
    slow = watch.baseline.slow_ms if watch.gate.measure is Measure.LATENCY else None
    if slow is not None:
        total = watch.levels[level]
    measured = f"{percent(total.candidate_share)} ({total.y_c} of {total.n_c})"
    if slow is not None:
        measured += f" slower than {slow[level] * (1 + watch.gate.slack):.0f} ms"
    if whole:
        return f"{measured}, no prod beside it"
    prod = f"{percent(total.prod_share)} ({total.y_p} of {total.n_p})"
    if slow is not None:
        prod += f" than {slow[level]:.0f} ms"
    return f"{measured} against prod's {prod}"


def _lacking(watch: Watch, certified: float | None) -> str:
    """Return what is proved beyond prod's P99, where only that keeps the gate from being cleared."""
    if watch.certified or certified is None or not watch.only_tail():
        return ""
    proved = points(_up(watch, TAIL * certified))
    return f" (by the slowest: beyond prod's P99 {proved} is proved, {points(TAIL * watch.allowed)} allowed)"


def _up(watch: Watch, share: float) -> float:
    """Return a proved margin rounded up, so that what is said is proved too."""
    steps = 100 if watch.by_signs else 1000
    return math.ceil(share * steps - _EXACT) / steps


def _last(compared: Compared) -> str:
    last = compared.evidence.points[-1][1] if compared.evidence.points else 0.0
    return power(last or 0.0)


def _peak(compared: Compared) -> str:
    return power(max((value or 0.0 for _, value in compared.evidence.points), default=0.0))
