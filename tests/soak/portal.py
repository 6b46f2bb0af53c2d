"""What somebody at the portal does to an endpoint, knowing of no rollout."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollout.core.record import TAGS

if TYPE_CHECKING:
    from tests.engine.rollout import Rollout

RELEASE = "ROLLOUT_RELEASE"
GARBLED = "garbled"
PATIENCE = 60.0
NOTE = "note"


@dataclass
class Portal:
    """The portal of one endpoint. Each method returns what was done in words, or None where nothing was."""

    rollout: Rollout
    edited: dict[str, int] = field(default_factory=dict[str, int])
    """The instances of the deployments that somebody set them for."""
    prods: set[str] = field(default_factory=set[str])
    """Who was prod when tags were lost: it isn't taken for idle."""

    def moves_traffic(self, share: int) -> str | None:
        """Give so much to the second deployment, if two are ready."""
        ready = self.ready()
        if len(ready) < 2:
            return None
        return self.gives({ready[0]: 100 - share, ready[1]: share})

    def gives(self, traffic: dict[str, int]) -> str:
        """Set the traffic; a mirror ends."""
        endpoint = self.rollout.endpoint()
        endpoint["properties"]["traffic"] = traffic
        endpoint["properties"]["mirrorTraffic"] = {}
        self.rollout.put(endpoint)
        return f"portal: {traffic}"

    def puts_traffic_back(self) -> str | None:
        """Set the traffic to what the record says, where all that is to get some is ready."""
        endpoint = self.rollout.endpoint()
        recorded = shares(endpoint["tags"])
        ready = self.ready()
        if not recorded or not all(name in ready for name, share in recorded.items() if share):
            return None
        return self.gives({name: share for name, share in recorded.items() if name in ready})

    def deletes_what_is_idle(self, _which: int = 0) -> str | None:
        """Delete what gets no traffic and isn't prod."""
        tags, traffic = self.rollout.endpoint()["tags"], self.rollout.traffic()
        kept = {tags["PROD_DEPLOYMENT"]} if "PROD_DEPLOYMENT" in tags else self.prods
        idle = [name for name in self.deployments() if not traffic.get(name) and name not in kept]
        for name in idle:
            self.rollout.azure.arm("DELETE", self._id(name))
        until = time.monotonic() + PATIENCE
        while set(idle) & set(self.deployments()) and time.monotonic() < until:
            time.sleep(0.1)
        return f"portal: {', '.join(idle)} deleted" if idle else None

    def scales(self, which: int) -> str | None:
        """Set a deployment to two instances, or back to one, and leave a note in its tags."""
        ready = self.ready()
        if not ready:
            return None
        name = ready[which % len(ready)]
        body = self.deployments()[name]
        body["sku"]["capacity"] = 3 - body["sku"]["capacity"]
        body["tags"] = {**body["tags"], NOTE: "scaled by hand"}
        self._put(name, body)
        self.edited[name] = body["sku"]["capacity"]
        return f"portal: {name} has {self.edited[name]} instances"

    def loses_the_release_of(self, which: int) -> str | None:
        """Remove the tag of a deployment that says which release it is."""
        ours = [name for name, body in self.deployments().items() if RELEASE in body["tags"]]
        ready = [name for name in self.ready() if name in ours]
        if not ready:
            return None
        name = ready[which % len(ready)]
        body = self.deployments()[name]
        body["tags"] = {key: text for key, text in body["tags"].items() if key != RELEASE}
        self._put(name, body)
        return f"portal: {name} loses its release tag"

    def says_the_release_of(self, name: str, release: str) -> None:
        """Put back the tag of a deployment that says which release it is."""
        body = self.deployments()[name]
        self._put(name, {**body, "tags": {**body["tags"], RELEASE: release}})

    def loses_tags(self, which: str) -> str | None:
        """Remove one tag of the record, all of them, or write nonsense into one."""
        endpoint = self.rollout.endpoint()
        tags = dict(endpoint["tags"])
        self.prods = {tags["PROD_DEPLOYMENT"]} if "PROD_DEPLOYMENT" in tags else self.prods
        if which == GARBLED:
            tags["ROLLOUT_TRAFFIC"] = "what was this for?"
        elif which in tags:
            tags.pop(which)
        elif which == "all":
            tags = {name: text for name, text in tags.items() if name not in TAGS}
        else:
            return None
        self.rollout.put({**endpoint, "tags": tags})
        return f"portal: tag {which} lost"

    def writes_tags(self, tags: dict[str, str]) -> None:
        """Write tags beside those that are there."""
        endpoint = self.rollout.endpoint()
        self.rollout.put({**endpoint, "tags": {**endpoint["tags"], **tags}})

    def scaled_and_not_left(self) -> str | None:
        """Return which deployment that serves, or did, has other instances than somebody gave it, or None."""
        tags, there = self.rollout.endpoint()["tags"], self.deployments()
        kept = {tags.get("PROD_DEPLOYMENT"), tags.get("OLD_PROD_DEPLOYMENT")} - {None}
        for name in list(self.edited):
            if name not in there or NOTE not in there[name]["tags"]:
                del self.edited[name]  # another deployment by now
            elif name in kept and there[name]["sku"]["capacity"] != self.edited[name]:
                return f"{name} was given {self.edited[name]} instances: {there[name]['sku']}"
        return None

    def deployments(self) -> dict[str, dict[str, Any]]:
        """Return the live deployments by name."""
        listed = self.rollout.azure.arm("GET", f"{self.rollout.endpoint_id}/deployments")["value"]
        return {each["name"]: {**each, "tags": each.get("tags") or {}} for each in listed}

    def ready(self) -> list[str]:
        """Return the names of the deployments that could serve."""
        return sorted(
            name
            for name, body in self.deployments().items()
            if body["properties"]["provisioningState"] == "Succeeded"
        )

    def _put(self, name: str, body: dict[str, Any]) -> None:
        self.rollout.azure.arm("PUT", self._id(name), body)
        until = time.monotonic() + PATIENCE
        while name not in self.ready():
            assert time.monotonic() < until, f"{name} doesn't get ready"
            time.sleep(0.1)

    def _id(self, name: str) -> str:
        return f"{self.rollout.endpoint_id}/deployments/{name}"


def shares(tags: dict[str, str]) -> dict[str, int]:
    """Return the traffic that a record says; none where it says nothing that can be read."""
    return {name: share for name, share in recorded(tags).items() if share}


def recorded(tags: dict[str, str]) -> dict[str, int]:
    """Return the map of a record, with whoever gets nothing; empty where it can't be read."""
    try:
        return json.loads(tags.get("ROLLOUT_TRAFFIC", "{}"))
    except json.JSONDecodeError:
        return {}
