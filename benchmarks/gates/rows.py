"""What this project is held to: twelve figures, each computed, and met or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.gates.cells import Cell
from benchmarks.gates.checks import Checks, Row
from benchmarks.gates.scenarios import HIGH, LOW, MEDIUM, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["rows"]

Results = dict[str, Any]
OURS = ("d1 hold", "d1 advance")
ERRORS, SLOWER, TAIL = "+2pp", "latency x1.3", "tail-only"


def rows(results: Results) -> list[Row]:
    """Return the twelve, from the results of a run."""
    return [row(results) for row in _ROWS]


def _cells(
    results: Results, table: str, method: str, names: set[str], rates: tuple[int, ...]
) -> Iterator[tuple[str, int, Cell]]:
    for rate in rates:
        for name, methods in results[table].get(str(rate), {}).items():
            if name in names and method in methods:
                yield name, rate, Cell.read(methods[method])


def _greatest(found: list[tuple[float, str, int]]) -> tuple[str, float, int]:
    """Whose share is the greatest (`all` where it is nobody's in particular), what it is, and of how many."""
    value, name, reps = max(found)
    return (name if value > min(found)[0] else f"all {len(found)}"), value, reps


def _back(results: Results) -> Row:
    checks = Checks()
    equal = {each.name for each in SCENARIOS if each.equal}
    for method in OURS:
        found = [
            (cell.rolled_back, f"{name} at {rate}", cell.reps)
            for name, rate, cell in _cells(results, "whole", method, equal, (LOW, MEDIUM, HIGH))
        ]
        if found:
            name, value, reps = _greatest(found)
            checks.share(f"{method.removeprefix('d1 ')}: at most ({name})", value, reps, most=2)
    return checks.row(
        1, "False rollback in a whole rollout, every A/A scenario and rate", "<= 2 % (promised: 5 %)"
    )


def _blips(results: Results) -> Row:
    checks = Checks()
    for name, each in results["calibration"].get("back", {}).items():
        if name.startswith("blips"):
            checks.share(name.split(", ")[1], each["ours"], each["reps"], most=3)
            checks.tell("(GAVI", each["gavi"], " %)")
    return checks.row(2, "False rollback with private blips, errors alone, 60 looks", "<= 3 %")


def _boundary(results: Results) -> Row:
    checks = Checks()
    cases = results["calibration"].get("boundary", {})
    found = [(each["ours"], name, each["reps"]) for name, each in cases.items()]
    if found:
        name, value, reps = _greatest(found)
        checks.share(f"at most ({name})", value, reps, most=5)
    return checks.row(3, "False promotion of a candidate worse by exactly the margin, 120 looks", "<= 5 %")


def _never(results: Results) -> Row:
    checks = Checks()
    worse = {ERRORS, SLOWER, TAIL}
    for table, method in (("single", "d1"), ("whole", "d1 hold")):
        cells = [cell for _, _, cell in _cells(results, table, method, worse, (LOW, MEDIUM, HIGH))]
        if cells:
            promoted = sum(round(cell.promoted * cell.reps / 100) for cell in cells)
            checks.most(f"{table}: of {sum(cell.reps for cell in cells)}", promoted, 0)
    return checks.row(4, "+2pp, x1.3 and tail-only promoted where doubt holds, all rates", "0 of all")


def _errors(results: Results) -> Row:
    checks = Checks()
    for rate, share, minute, excess in ((MEDIUM, 95, 11, 16), (HIGH, 100, 5, 60)):
        for _, _, cell in _cells(results, "single", "d1", {ERRORS}, (rate,)):
            checks.share(f"{rate}:", cell.rolled_back, cell.reps, least=share)
            checks.most("minute", cell.rollback_minute, minute)
            checks.most("excess failures", cell.excess, excess)
    return checks.row(
        5,
        "+2pp rolled back in a 30-minute stage of 10 %: share, median minute, mean excess failures",
        "600: >= 95 %, <= 11, <= 16; 6000: 100 %, <= 5, <= 60",
    )


def _slower(results: Results) -> Row:
    checks = Checks()
    for method, limits in (("d1", {MEDIUM: 8, HIGH: 5}), ("d2", {MEDIUM: 12, HIGH: 10})):
        for rate, limit in limits.items():
            for _, _, cell in _cells(results, "single", method, {SLOWER}, (rate,)):
                checks.most(f"{method} {rate}:", cell.rollback_minute, limit)
    return checks.row(
        6, "x1.3: median minute of the rollback", "600/6000: <= 8 / <= 5; metrics <= 12 / <= 10"
    )


def _tail(results: Results) -> Row:
    checks = Checks()
    for rate, limit in ((MEDIUM, 85), (HIGH, 100)):
        for _, _, cell in _cells(results, "single", "d1", {TAIL}, (rate,)):
            checks.share(f"{rate}:", cell.rolled_back, cell.reps, least=limit)
        for _, _, cell in _cells(results, "single", "d2", {TAIL}, (rate,)):
            checks.tell("(metrics", cell.rolled_back, " %)")
    return checks.row(7, "Tail-only rolled back in a 30-minute stage of 10 %", "600/6000: >= 85 % / 100 %")


def _promoted(results: Results) -> Row:
    checks = Checks()
    for rate, share, minute in ((MEDIUM, 95, 30), (HIGH, 100, 21)):
        for name, _, cell in _cells(results, "whole", "d1 hold", {"AA quiet", "AA bursts"}, (rate,)):
            checks.share(f"{name} {rate}:", cell.promoted, cell.reps, least=share)
            checks.most("minute", cell.promote_minute, minute)
        for name, _, cell in _cells(results, "whole", "d1 hold", {"AA blips"}, (rate,)):
            checks.tell(f"({name} {rate}:", cell.promoted, " %)")
    return checks.row(
        8, "A/A promoted in at most 60 + 60 minutes: share, median", "600: >= 95 %, <= 30; 6000: 100 %, <= 21"
    )


def _silence(results: Results) -> Row:
    checks = Checks()
    for method in ("d1", "d2"):
        for _, _, cell in _cells(results, "single", method, {"no traffic"}, (LOW,)):
            checks.share(f"{method} held for no data", min(cell.held, cell.no_data), cell.reps, least=100)
    for method in OURS:
        cells = _cells(results, "whole", method, {"AA both 5 %"}, (LOW, MEDIUM, HIGH))
        found = [(cell.rolled_back, f"at {rate}", cell.reps) for _, rate, cell in cells]
        if found:
            name, value, reps = _greatest(found)
            checks.share(f"both erring, {method.removeprefix('d1 ')}: at most ({name})", value, reps, most=2)
    return checks.row(9, "No traffic held; prod erring equally taken back", "100 % as no data; <= 2 %")


def _low(results: Results) -> Row:
    checks = Checks()
    for method, limit in (("d1 advance", 95), ("d1 hold", 35)):
        for _, _, cell in _cells(results, "whole", method, {ERRORS}, (LOW,)):
            checks.share(method.removeprefix("d1 "), cell.rolled_back, cell.reps, least=limit)
    return checks.row(10, "+2pp at 60 rpm rolled back in a whole rollout", "advance >= 95 %, hold >= 35 %")


def _schedules(results: Results) -> Row:
    checks = Checks()
    looks = results["looks"]
    if looks["traces"]:
        checks.most(f"differing looks in {looks['traces']} traces, both tiers:", looks["differing"], 0)
    return checks.row(
        11, "The verdict at a time, whether looked at every 1, 7 or 60 minutes before, or never", "the same"
    )


def _speed(results: Results) -> Row:
    checks = Checks()
    for name, each in results["speed"].items():
        checks.most(f"{name}:", each["ms"], 100, " ms")
    imported = sum(each["numpy"] for each in results["speed"].values())
    checks.most("processes with numpy:", imported, 0)
    return checks.row(12, "Time to judge 60 minutes at 6000 rpm", "<= 100 ms, without numpy")


_ROWS: tuple[Callable[[Results], Row], ...] = (
    _back,
    _blips,
    _boundary,
    _never,
    _errors,
    _slower,
    _tail,
    _promoted,
    _silence,
    _low,
    _schedules,
    _speed,
)
