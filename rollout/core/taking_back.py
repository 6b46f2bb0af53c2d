"""Taking a candidate back, and whether prod can take its traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import moves
from rollout.core.observed import Provisioning
from rollout.core.step import Phase
from rollout.core.traffic import live, show

if TYPE_CHECKING:
    from rollout.core.moves import Scene
    from rollout.core.step import Step


def take_back(scene: Scene, reason: str, *, failed: bool) -> Step:
    """Return the abort, or a hold where prod can't take the traffic."""
    record = scene.record
    share = scene.endpoint.traffic.get(record.candidate or "", 0)
    if unfit := _unfit(scene):
        return moves.stay(
            scene,
            f"{reason}; but prod {unfit} and can't take its {share} %: nothing is written; "
            f"restore {record.prod}, then run again",
            phase=Phase.DEGRADED,
        )
    moved = _moved(scene, share)
    roles = (record.prod, record.candidate)
    others = {name: part for name, part in live(scene.endpoint.traffic).items() if name not in roles}
    if others:
        moved += f"; {show(others)} stay as they are"
    return moves.abort(scene, f"{reason}; {moved}", failed=failed)


def _moved(scene: Scene, share: int) -> str:
    """Return what becomes of the candidate's traffic."""
    record = scene.record
    if share:
        return f"its {share} % go back to {record.prod}" if record.prod is not None else "its traffic ends"
    if scene.endpoint.mirror.get(record.candidate or "", 0):
        return "its mirrored requests end, and it never had live traffic"
    return "it never had traffic"


def unsound_prod(scene: Scene) -> Step | None:
    """Return the hold for a prod that can't be relied on, or None."""
    if unfit := _unfit(scene):
        return moves.stay(scene, f"prod {unfit}: restore it, then run again", phase=Phase.DEGRADED)
    return None


def _unfit(scene: Scene) -> str | None:
    """Return why prod can't be given traffic, or None: it is gone, not `Succeeded` or another release."""
    record = scene.record
    if record.prod is None:
        return None
    prod = scene.live(record.prod)
    if prod is None or prod.state is not Provisioning.SUCCEEDED:
        return f"{record.prod} is {'gone' if prod is None else prod.state}"
    if prod.release != record.prod_release:
        return f"{record.prod} carries {prod.release or 'no release'}, not {record.prod_release},"
    return None
