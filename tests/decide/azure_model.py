"""A model of Azure and of the engine, for `decide`: small, written from the rules, knowing nothing of either.

It refuses what Azure refuses. A refusal is never weather: a step that asks for it is a wrong step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from rollout.core.observed import Deployment, Endpoint, Observed, Probe, Provisioning, Published
from rollout.core.publication import APPROVED, INTENT, PHASE, wanted_tags
from rollout.core.record import FAILED_RELEASE, PROD, TAGS
from rollout.core.step import Form, Step, StepKind
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

GONE = None
START_OF_TIME = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


class Quality(StrEnum):
    """What a release really is; nobody sees it but by deploying."""

    GOOD = "good"
    BAD_AT_PROBE = "bad at the probe"
    BAD_AT_GATE = "bad at the gate"
    BAD_AT_HALF = "bad from 50 %"
    DOES_NOT_PROVISION = "does not provision"


class Refused(Exception):  # noqa: N818  # not a failure of the test: Azure's answer
    """Azure, or the engine, refuses what the step asks for: a 400 or 409."""


class Ended(Exception):  # noqa: N818
    """The `up` ended before its last write: it was killed, or a create failed."""


@dataclass
class Live:
    """A deployment as Azure has it."""

    release: str | None
    state: Provisioning
    ends_as: Provisioning | None = GONE
    """What the running operation comes to; None where it is a delete, or none runs."""
    content: str | None = "c0ffee00"
    """The digest of what it serves."""
    serves: str | None = None
    """The release that a step made it with, whatever its tag says by now."""


@dataclass(frozen=True)
class Write:
    """One write, in the order of the engine."""

    what: str
    name: str = ""
    at: datetime = START_OF_TIME


@dataclass
class Weather:
    """What goes wrong around an `up`, whatever the release is."""

    cut_after: int | None = None
    """Writes after which the engine is killed; None: it isn't."""
    in_the_middle: bool = False
    """Whether the last write was begun only: the operation runs on in Azure without the engine."""
    create_hangs: bool = False
    probe: Verdict | None = None
    """What the probe comes to in spite of the release: Error, Inconclusive."""


def problem(traffic: Mapping[str, int]) -> str | None:
    """Return why Azure would refuse this map, or None. It takes a sum of 100, or of 0 with no live entry."""
    negative = sorted(name for name, share in traffic.items() if not 0 <= share <= 100)
    if negative:
        return f"the share of {', '.join(negative)} is outside 0 to 100"
    total = sum(traffic.values())
    if total not in (0, 100):
        return f"the shares sum to {total}, not to 100"
    return None


@dataclass
class Azure:
    """One endpoint, its deployments, and the stack's tags."""

    quality: dict[str, Quality] = field(default_factory=dict)
    now: datetime = START_OF_TIME
    traffic: dict[str, int] | None = None
    """None: there is no endpoint."""
    mirror: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    modified: datetime = START_OF_TIME
    """When a step last wrote the endpoint."""
    edited: datetime = START_OF_TIME
    """When somebody else did."""
    adopted: set[str] = field(default_factory=set)
    """The deployments that were somebody else's and have been taken over."""
    endpoint_state: Provisioning = Provisioning.SUCCEEDED
    deployments: dict[str, Live] = field(default_factory=dict)
    state: dict[str, bool] = field(default_factory=dict)
    """The deployments in the stack's state: only these does the engine delete when they aren't declared.
    True: it saw the create fail, and would try it again wherever the deployment is declared."""
    protected: set[str] = field(default_factory=set)
    """Those of them that the engine refuses to delete."""
    published: Published = field(default_factory=Published)
    writes: list[Write] = field(default_factory=list)
    zeros_linger: bool = False
    """Whether the map still names a deployment at 0 after its delete; Azure's documents don't say."""

    def observe(self) -> Observed:
        """Return what a program would see now."""
        endpoint = None
        if self.traffic is not None:
            endpoint = Endpoint(
                self.endpoint_state,
                dict(self.traffic),
                dict(self.tags),
                dict(self.mirror),
                max(self.modified, self.edited),
            )
        seen = {
            name: Deployment(name, it.release, it.state, content=it.content)
            for name, it in self.deployments.items()
        }
        return Observed(self.now, endpoint, seen, self.published)

    def wait(self, time: timedelta) -> None:
        """Let time pass; operations that run come to their end."""
        self.now += time
        for name, it in list(self.deployments.items()):
            if it.state is Provisioning.DELETING:
                self._vanish(name)
            elif it.state.in_progress and it.ends_as is not None:
                it.state, it.ends_as = it.ends_as, None

    def share(self, name: str | None) -> int:
        """Return how much of the live traffic goes to a deployment."""
        return (self.traffic or {}).get(name or "", 0)

    def copies(self, name: str | None) -> int:
        """Return how much of the live traffic is mirrored to a deployment."""
        return self.mirror.get(name or "", 0)

    def put_endpoint(self, traffic: dict[str, int], mirror: dict[str, int], tags: dict[str, str]) -> None:
        """PUT traffic, mirror and tags, atomically."""
        self._write("endpoint")
        strange = [name for name, share in traffic.items() if not 0 <= share <= 100]
        if strange or sum(traffic.values()) not in (0, 100):
            raise Refused(f"traffic {traffic} doesn't sum to 100")
        copies = {name: share for name, share in mirror.items() if share}
        if len(copies) > 1 or any(share > 50 or traffic.get(name) for name, share in copies.items()):
            raise Refused(f"mirror {mirror} with traffic {traffic}: one deployment, at most 50, not live")
        missing = [name for name in {**traffic, **mirror} if name not in self.deployments]
        if missing:
            raise Refused(f"traffic {traffic} names {missing}, which don't exist")
        wanted = {**traffic, **copies}
        unready = [name for name, share in wanted.items() if share and self._never_was_ready(name)]
        if unready:
            raise Refused(f"traffic {wanted} goes to {unready}, which never got ready")
        self.traffic, self.mirror, self.tags = dict(traffic), dict(mirror), dict(tags)
        self.modified = self.now

    def create(self, name: str, release: str, weather: Weather) -> None:
        """Create a deployment and wait for it, as the engine does."""
        self._write("create", name)
        good = self.quality[release] is not Quality.DOES_NOT_PROVISION
        ends_as = Provisioning.SUCCEEDED if good else Provisioning.FAILED
        made = Live(release, Provisioning.CREATING, None if weather.create_hangs else ends_as, serves=release)
        self.deployments[name] = made
        self._maybe_cut(weather, begun=True)
        self.state[name] = weather.create_hangs or not good
        if not weather.create_hangs:
            made.state, made.ends_as = ends_as, None
        if self.state[name]:
            raise Ended(f"creating {name} failed")
        self._maybe_cut(weather)

    def delete(self, name: str, weather: Weather) -> None:
        """Delete a deployment and wait until it is gone; one that isn't there is gone already."""
        it = self.deployments.get(name)
        if it is None:
            self.state.pop(name, None)
            return
        unmade = bool(self.state.get(name)) and it.state is Provisioning.FAILED
        if it.release is None and name not in self.adopted and not unmade:
            raise Refused(f"{name} is somebody else's and would be deleted")
        if self.share(name):
            raise Refused(f"{name} has {self.share(name)} % of the live traffic and can't be deleted")
        if self.copies(name):
            raise Refused(f"{name} gets {self.copies(name)} % mirrored and can't be deleted")
        if it.state.in_progress and it.state is not Provisioning.DELETING:
            raise Refused(f"{name} is {it.state}: another operation runs")
        self._write("delete", name)
        it.state, it.ends_as = Provisioning.DELETING, GONE
        self._maybe_cut(weather, begun=True)
        self._vanish(name)
        self.state.pop(name, None)
        self._maybe_cut(weather)

    def up(self, step: Step, release: str, weather: Weather) -> None:
        """Do a step in the engine's order: endpoint, creates, the record and its tags, deletes."""
        self.writes = []
        was_prod = self.published.record.get(PROD)
        if step.kind.writes_endpoint:
            others = {name: text for name, text in self.tags.items() if name not in TAGS}
            routing = step.routing
            self.put_endpoint(dict(routing.traffic), dict(routing.mirror), others | step.record.tags())
            if step.record.adopted is not None:
                self.adopted.add(step.record.adopted.name)
            self._maybe_cut(weather)
        declared = dict(step.deployments)
        if step.as_found:
            declared = {name: Form.FROZEN for name in self.state if self._is_worth_keeping(name)}
        else:
            prod = {step.record.prod or ""} & set(declared)
            self.protected = (self.protected - set(declared)) | prod
        declared |= {name: Form.FROZEN for name in self.state if self._is_spared(name, step, declared)}
        if step.discards in self.deployments and step.discards not in self.state:
            declared[step.discards] = Form.FROZEN
        for name, form in sorted(declared.items()):
            self._declare(name, form, release, weather)
        self._publish(step, weather)
        for name in sorted(set(self.state) - set(declared)):
            if name in self.protected and name in self.deployments:
                self.protected.discard(name)  # by the person whom the engine tells how
                ended = Refused if name == was_prod else Ended
                raise ended(f"{name} is protected in the state and would be deleted")
            self.delete(name, weather)

    def _declare(self, name: str, form: Form, release: str, weather: Weather) -> None:
        it = self.deployments.get(name)
        if it is None:
            if form is Form.FROZEN:
                raise Refused(f"{name} is frozen as it is live, and isn't live")
            self.create(name, release, weather)
        elif form is Form.FROZEN or it.release == release:
            if self.state.get(name) and it.state is Provisioning.FAILED:
                raise Refused(f"{name} failed to provision: declared, the engine would try it again for ever")
            if self.state.get(name) and it.state.in_progress:
                raise Ended(f"the engine tries {name} again while Azure is at it")
            self.state[name] = False
        else:
            self.delete(name, weather)
            self.create(name, release, weather)

    def _publish(self, step: Step, weather: Weather) -> None:
        probe = self.published.probe
        if step.probe is not None:
            it = self.deployments.get(step.probe)
            if it is None or it.release is None:
                raise Refused(f"{step.probe} is to be probed and is no deployment of ours")
            probe = Probe(self._probe(it, weather), it.release, self.now)
        if not step.kind.publishes:
            return
        self._write("publish")
        tags = wanted_tags(step.record, step.published_phase)
        phase = tags.pop(PHASE)
        lagged = dict(self.published.record) != tags or self.published.phase is None
        repairs = step.kind is StepKind.REPAIR and (lagged or step.probe is None)
        self.published = replace(
            self.published,
            probe=probe,
            repaired=self.now if repairs else self.published.repaired,
            settled=self.modified if step.kind.writes_endpoint else self.published.settled,
            reason=step.reason,
        )
        if APPROVED in step.clears:
            self.published = replace(self.published, approved=None, misread=None)
        if INTENT in step.clears:
            self.published = replace(self.published, intent=None, unread_intent=None)
        half = {name: text for name, text in tags.items() if name < FAILED_RELEASE}
        self.published = replace(self.published, record={**self.published.record, **half})
        self._maybe_cut(weather, begun=True)
        self.published = replace(self.published, record=tags, phase=phase)
        self._maybe_cut(weather)

    def _probe(self, it: Live, weather: Weather) -> Verdict:
        if it.state is not Provisioning.SUCCEEDED:
            return Verdict.ERROR
        bad = self.quality[it.release or ""] is Quality.BAD_AT_PROBE
        return weather.probe or (Verdict.FAILED if bad else Verdict.SUCCESSFUL)

    def _never_was_ready(self, name: str) -> bool:
        return self.deployments[name].state in (
            Provisioning.CREATING,
            Provisioning.FAILED,
        ) and not (self.share(name) or self.copies(name))

    def _is_worth_keeping(self, name: str) -> bool:
        it = self.deployments.get(name)
        if it is None:
            return False
        used = self.share(name) or self.copies(name) or name in self.protected
        broken = (Provisioning.FAILED, Provisioning.CANCELED, Provisioning.DELETING)
        return bool(used) or not (self.state[name] and it.state in broken)

    def _is_spared(self, name: str, step: Step, declared: dict[str, Form]) -> bool:
        it, adopted = self.deployments.get(name), step.record.adopted
        if it is None or name in declared:
            return False
        if self.share(name) or self.copies(name):
            return True
        ours = it.release is not None or name in (step.record.old_prod, adopted.name if adopted else None)
        broken = (Provisioning.FAILED, Provisioning.CANCELED, Provisioning.DELETING)
        return not ours and not (self.state[name] and it.state in broken)

    def _vanish(self, name: str) -> None:
        del self.deployments[name]
        self.mirror.pop(name, None)
        if self.traffic is not None and not self.zeros_linger:
            self.traffic.pop(name, None)

    def _write(self, what: str, name: str = "") -> None:
        self.now += timedelta(seconds=7)
        self.writes.append(Write(what, name, self.now))

    def _maybe_cut(self, weather: Weather, *, begun: bool = False) -> None:
        if weather.cut_after == len(self.writes) and weather.in_the_middle is begun:
            raise Ended(f"killed after write {weather.cut_after}")
