"""Taking a candidate back, and whether prod can take its traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import moves
from rollout.core.observed import Provisioning
from rollout.core.step import Outcome, Phase
from rollout.core.traffic import live as serving
from rollout.core.traffic import show

if TYPE_CHECKING:
    from rollout.core.moves import Scene
    from rollout.core.step import Step

WAIT = "run again when Azure has finished"


def take_back(scene: Scene, reason: str, *, failed: bool) -> Step:
    """Return the abort, or a hold where prod can't take the traffic."""
    record = scene.record
    share = scene.endpoint.traffic.get(record.candidate or "", 0)
    if share and (unfit := _unfit(scene)) and not prod_serves(scene):
        mended = WAIT if _busy(scene) else f"restore {record.prod}, then run again"
        return moves.stay(
            scene,
            f"{reason}; but prod {unfit} and can't take its {share} %: nothing is written; {mended}",
            phase=Phase.DEGRADED,
            outcome=Outcome.STUCK if failed else Outcome.FINE,
        )
    moved = _moved(scene, share)
    roles = (record.prod, record.candidate)
    others = {name: part for name, part in serving(scene.endpoint.traffic).items() if name not in roles}
    if others:
        moved += f"; {show(others)} stay as they are"
    return moves.abort(scene, f"{reason}; {moved}", failed=failed)


def _moved(scene: Scene, share: int) -> str:
    """Return what becomes of the candidate's traffic."""
    record = scene.record
    if share:
        return f"its {share} % go back to {record.prod}"
    if scene.endpoint.mirror.get(record.candidate or "", 0):
        return "its mirrored requests end, and it never had live traffic"
    if record.stage or record.mirror:
        return f"somebody took its {scene.rung} away already"
    return "it never had traffic"


def unsound_prod(scene: Scene) -> Step | None:
    """Return the hold for a prod that can't be relied on, or that Azure works on, or None."""
    unfit = _unfit(scene)
    if unfit is None:
        return None
    if _busy(scene):
        return moves.stay(scene, f"prod {unfit}: {WAIT}")
    said = f"prod {unfit.removesuffix(',')}: restore it, then run again"
    candidate = scene.live(scene.record.candidate)
    if candidate is not None and candidate.state is Provisioning.SUCCEEDED:
        said += f", or `rollout skip` makes {candidate.name} prod"
    return moves.stay(scene, said, phase=Phase.DEGRADED)


def _busy(scene: Scene) -> bool:
    """Return whether Azure works on prod, which is there once that is over."""
    prod = scene.live(scene.record.prod)
    return prod is not None and prod.state.at_work


def prod_serves(scene: Scene) -> bool:
    """Return whether prod serves users already and may be given more, though it isn't all it should be.

    It is scaled or updated just when load shifts, and serves meanwhile: Azure may refuse the change then,
    which leaves what a hold leaves. One that has lost its own release tag is still the one that served.
    """
    record, prod = scene.record, scene.live(scene.record.prod)
    if prod is None or not scene.endpoint.traffic.get(prod.name):
        return False
    if unready(scene, prod.name) and prod.state not in (Provisioning.UPDATING, Provisioning.SCALING):
        return False
    untagged = prod.release is None and (record.adopted is None or record.adopted.name != prod.name)
    return untagged or scene.carries(prod, record.prod_release)


def _unfit(scene: Scene) -> str | None:
    """Return why prod can't be given traffic, or None: it is gone, not `Succeeded` or another release."""
    record = scene.record
    if record.prod is None:
        return None
    return unfit_as(scene, record.prod, record.prod_release)


def unfit_as(scene: Scene, name: str, release: str | None) -> str | None:
    """Return why a deployment can't be given traffic as that release, or None."""
    live = scene.live(name)
    if (lacking := unready(scene, name)) or live is None:
        return lacking
    if not scene.carries(live, release):
        known = release or "what the record says"
        if live.release is None and scene.record.adopted and scene.record.adopted.name == name:
            return f"{name} serves another model, environment or code than when it was adopted,"
        return f"{name} carries {live.release or 'no release'}, not {known},"
    return None


def unready(scene: Scene, name: str) -> str | None:
    """Return why a deployment can't be given traffic, whatever it serves, or None."""
    live = scene.live(name)
    if live is None or live.state is not Provisioning.SUCCEEDED:
        return f"{name} is {'gone' if live is None else live.state}"
    return None
