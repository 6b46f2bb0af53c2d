"""What must hold of everything that Azure was asked, whatever went wrong around it.

The names of the laws are those of the page on architecture: what protects prod.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollout.core.record import TAGS
from tests.soak.portal import recorded, shares

if TYPE_CHECKING:
    from tests.engine.rollout import Rollout

PEOPLE = "Python-urllib"
"""How the tests' own requests, a person's at the portal, can be told from the engine's."""
RUNGS = (0, 10, 50, 100)


class Broken(AssertionError):  # noqa: N818
    """A law was broken."""


@dataclass
class Watch:
    """Reads the log of requests on, and checks each write in its order."""

    rollout: Rollout
    rungs: tuple[int, ...] = RUNGS
    mark: int = 0
    live: dict[str, int] = field(default_factory=dict[str, int])
    record: dict[str, str] = field(default_factory=dict[str, str])
    puts: int = 0
    skipped: str | None = None
    """The release that somebody last wanted promoted without gates."""
    approvals: tuple[int, ...] = ()
    """The rungs that need a person's approval."""
    approved: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """The releases, each with the rung, that somebody approved since a rollout last ended."""

    def begin(self) -> None:
        """Begin here: what was asked before isn't looked at."""
        self.mark = self.rollout.azure.mark()
        self._what_is_live()

    def look(self, *, writes: bool = True, discards: bool = False) -> list[dict[str, Any]]:
        """Check all that was asked since the last look; returns the engine's endpoint PUTs.

        `writes` false: nothing may have been written, but for what is live already: the engine sends again
        what Azure took and then failed. With `discards`, what has no role may have been deleted nevertheless.
        Raises `Broken`.
        """
        puts: list[dict[str, Any]] = []
        place = self.rollout.endpoint_id.lower()
        for entry in self.rollout.azure.requests(self.mark):
            self.mark = entry["number"]
            path = entry["path"].split("?")[0].lower()
            if entry["method"] not in ("PUT", "DELETE", "PATCH") or not path.startswith(place):
                continue
            if int(entry["status"]) >= 400:
                continue
            ours = PEOPLE not in (entry["userAgent"] or "")
            same = path == place and entry["method"] == "PUT" and self._is_live(entry["body"])
            left = discards and entry["method"] == "DELETE" and self._has_no_role(path.removeprefix(place))
            if ours and not (writes or same or left):
                raise Broken(f"nothing was due, and {entry['method']} {path} was sent")
            if path == place and entry["method"] == "PUT":
                if ours:
                    self._endpoint(entry["body"])
                    puts.append(entry["body"])
                self._remember(entry["body"])
            elif ours and (name := re.fullmatch(f"{re.escape(place)}/deployments/([^/]+)", path)):
                self._what_serves_is_frozen(entry["method"], name[1])
        self.puts += len(puts)
        self._what_is_live()
        return puts

    def _is_live(self, body: dict[str, Any]) -> bool:
        traffic = {name: share for name, share in body["properties"].get("traffic", {}).items() if share}
        tags = body.get("tags", {})
        return traffic == self.live and all(tags.get(name) == self.record.get(name) for name in TAGS)

    def _has_no_role(self, below: str) -> bool:
        """Return whether it is a deployment without a role; old prod has one while the map names it."""
        named = re.fullmatch("/deployments/([^/]+)", below)
        roles = {self.record.get("PROD_DEPLOYMENT"), self.record.get("CANDIDATE_DEPLOYMENT")}
        roles |= {self.record.get("OLD_PROD_DEPLOYMENT")} & set(recorded(self.record))
        return named is not None and named[1] not in {each.lower() for each in roles if each}

    def _endpoint(self, body: dict[str, Any]) -> None:
        traffic = {name: share for name, share in body["properties"].get("traffic", {}).items() if share}
        tags = body.get("tags", {})
        if sum(traffic.values()) not in (0, 100):
            raise Broken(f"traffic {traffic} doesn't sum to 100")
        if sum(self.live.values()) == 100 and not traffic:
            raise Broken(f"traffic {self.live} was zeroed")
        if shares(tags) != traffic:
            raise Broken(f"the record says {shares(tags)} and the PUT gives {traffic}")
        if traffic and shares(self.record) == traffic:
            return  # what was recorded before is set back
        self._rises(traffic, tags)
        if "CANDIDATE_DEPLOYMENT" not in tags:
            self.approved.clear()

    def _rises(self, traffic: dict[str, int], tags: dict[str, str]) -> None:
        candidate, prod = tags.get("CANDIDATE_DEPLOYMENT"), tags.get("PROD_DEPLOYMENT")
        for name, share in traffic.items():
            before = self.live.get(name, 0)
            had = self.record.get("PROD_DEPLOYMENT", name), self.record.get("OLD_PROD_DEPLOYMENT")
            skipped = self.skipped is not None and tags.get("PROD_RELEASE") == self.skipped
            if share <= before or (name == prod and (name in had or skipped)):
                continue
            if name != candidate:
                raise Broken(f"{name} rose {before} -> {share} and is neither prod nor the candidate")
            if share != min((rung for rung in self.rungs if rung > before), default=None):
                raise Broken(f"more than one rung: {name} {before} -> {share}")
            release = tags.get("ROLLOUT_RELEASE", "")
            if share in self.approvals and (release, str(share)) not in self.approved:
                raise Broken(f"nobody approved {share} % for {release}")

    def _what_serves_is_frozen(self, method: str, name: str) -> None:
        share = {live.lower(): share for live, share in self.live.items()}.get(name, 0)
        if share:
            raise Broken(f"{method} of deployment {name}, which serves {share} %")

    def _remember(self, body: dict[str, Any]) -> None:
        shares = body["properties"].get("traffic") or {}
        self.live = {name: share for name, share in shares.items() if share}
        self.record = body.get("tags", {})

    def _what_is_live(self) -> None:
        endpoint = self.rollout.endpoint()
        if endpoint is None:
            self.live, self.record = {}, {}
        else:
            self._remember(endpoint)
