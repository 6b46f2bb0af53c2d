"""The behaviour of a resource type; the base class is the plain store that every unknown type gets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from localazure.arm.body import merged
from localazure.arm.errors import ArmError, bad_request, not_found
from localazure.arm.paging import ordered, paged
from localazure.arm.paths import GROUP, SUBSCRIPTION
from localazure.arm.store import Resource
from localazure.clock import iso

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from localazure.arm.body import JSON
    from localazure.arm.paths import ArmPath
    from localazure.arm.plane import Plane

__all__ = ["Answer", "Call", "Kind"]

OURS = {"id", "name", "type", "systemData"}


@dataclass(frozen=True)
class Call:
    """One ARM request.

    Attributes:
        url: Its address without the query.
    """

    path: ArmPath
    query: Mapping[str, str]
    body: Any = None
    url: str = ""

    @property
    def object(self) -> JSON:
        """The body.

        Raises:
            ArmError: It is no JSON object.
        """
        body: Any = self.body
        if not isinstance(body, dict):
            text = "The request content was invalid: a JSON object is needed."
            raise bad_request(text, "InvalidRequestContent")
        return cast("JSON", body)

    @property
    def options(self) -> JSON:
        """The body of an action that may come without one."""
        return {} if self.body is None else self.object


@dataclass(frozen=True)
class Answer:
    """What ARM answers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Kind:
    """A resource type.

    Attributes:
        type: `Microsoft.X/a/b` as Azure writes it.
        tracked: It has a location, and a PUT without one is refused.
        name_rule: Which names it may have; `name_help` says so in words.
    """

    type: str = ""
    tracked: ClassVar[bool] = False
    name_rule: ClassVar[re.Pattern[str] | None] = None
    name_help: ClassVar[str] = ""

    def __init__(self, plane: Plane, as_written: str = "") -> None:
        self.plane = plane
        self.azure = plane.azure
        self.store = plane.azure.store
        self.type = self.type or as_written

    def view(self, resource: Resource) -> JSON:
        """A resource as a GET shows it."""
        shown: JSON = {"id": resource.id, "name": resource.name, "type": self.type}
        shown |= {key: value for key, value in resource.body.items() if key not in OURS}
        return shown | {"systemData": self._system_data(resource)}

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Refuse what Azure refuses, by raising an ArmError."""

    def new_state(self) -> JSON:
        """What the server adds for itself when the resource is created."""
        return {}

    def created(self, resource: Resource) -> None:
        """Called after the first PUT."""

    async def dispose(self, resource: Resource) -> None:
        """Called before the resource goes, also when it goes with its parent."""

    async def put(self, call: Call) -> Answer:
        """Create or replace."""
        old = self.store.get(call.path.id)
        resource = self.accept(call, old)
        if old is None:
            self.created(resource)
        return Answer(200 if old else 201, self.view(resource))

    async def post(self, call: Call) -> Answer:
        """A POST on the resource itself."""
        raise ArmError(405, "MethodNotAllowed", f"POST isn't possible on {call.path.id}.")

    async def patch(self, call: Call) -> Answer:
        """Merge into what is there."""
        old = self.need(call.path)
        body = merged(old.body, call.object)
        self._check_location(body)
        self.check(call, body, old)
        return Answer(
            200, self.view(self.store.put(replace(old, body=body, modified=self.azure.clock.now())))
        )

    async def get(self, call: Call) -> Answer:
        """Read one."""
        return Answer(200, self.view(self.need(call.path)))

    async def members(self, call: Call, collection: str) -> Answer:
        """List the direct members of a collection."""
        return self.page(call, ordered(self.store.children(collection), call.query))

    def page(self, call: Call, found: list[Resource]) -> Answer:
        """The page of a list that was asked for."""
        shown, following = paged(found, call)
        return Answer(200, {"value": [self.view(one) for one in shown], "nextLink": following})

    async def delete(self, call: Call) -> Answer:
        """Delete it and everything below it; 204 when it isn't there."""
        old = self.store.get(call.path.id)
        if old is None:
            self.base(call.path)
            return Answer(204)
        await self.plane.dispose_below(old.id)
        await self.dispose(old)
        self.store.delete(old.id)
        return Answer(200)

    async def act(self, call: Call, action: str) -> Answer:
        """A POST action, or a GET of something that is no collection (`skus`)."""
        self.need(call.path)
        raise ArmError(
            404,
            "NotFound",
            f"Local Azure has no '{action}' on {self.type}: 'localazure' covers what a rollout uses.",
        )

    def accept(self, call: Call, old: Resource | None) -> Resource:
        """Check a PUT and write it down."""
        body = call.object
        base = self.base(call.path)
        if old is None:
            self._check_name(call.path.name)
        self._check_location(body)
        self.check(call, body, old)
        now = self.azure.clock.now()
        if old is not None:
            return self.store.put(replace(old, body=body, modified=now))
        state = self.new_state()
        return self.store.put(Resource(self._new_id(base, call.path), self.type, body, now, now, state))

    def need(self, path: ArmPath) -> Resource:
        """The resource at a path.

        Raises:
            ArmError: 404, in Azure's words.
        """
        found = self.store.get(path.id)
        if found is None:
            self.base(path)
            raise not_found("/".join((self.type, *path.names[-1:])), path.group)
        return found

    def base(self, path: ArmPath) -> str:
        """The id of what a resource is in, with the casing it was created with.

        Raises:
            ArmError: 404 `ParentResourceNotFound` or `ResourceGroupNotFound`.
        """
        group = path.group
        if group is not None and path.type.lower() != GROUP.lower():
            group_id = "/".join(path.id.split("/")[:5])
            if self.store.get(group_id) is None:
                raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        parent = path.parent
        while parent is not None:
            found = self.store.get(parent.id)
            if found is not None:
                return found.id
            if parent.name.lower() != "default":  # blobServices/default and its like are always there
                text = f"Failed to perform on nested resource: the parent '{parent.id}' was not found."
                raise ArmError(404, "ParentResourceNotFound", text)
            parent = parent.parent
        scope = self.store.get(path.scope) if path.scope.count("/") > 2 else None  # noqa: PLR2004 - a subscription
        if scope is None and path.scope.count("/") > 4:  # noqa: PLR2004 - a resource group
            raise not_found(path.scope.rsplit("/", 1)[1], group)
        return scope.id if scope else path.scope

    def _new_id(self, base: str, path: ArmPath) -> str:
        kinds, names = self.type.split("/")[1:], path.names
        if path.parent is None:
            return f"{base}/providers/{self.type}/{names[0]}"
        depth = len(base.rsplit("/providers/", 1)[1].split("/")) // 2
        pairs = zip(kinds[depth:], names[depth:], strict=True)
        return base + "".join(f"/{kind}/{name}" for kind, name in pairs)

    def _check_location(self, body: JSON) -> None:
        if self.tracked and not body.get("location"):
            raise bad_request("The location property is required for this definition.", "LocationRequired")

    def _check_name(self, name: str) -> None:
        if self.name_rule is not None and self.name_rule.fullmatch(name) is None:
            short = self.type.rsplit("/", 1)[1]
            raise bad_request(f"'{name}' is no name for {short}: {self.name_help}.", "InvalidResourceName")

    def _system_data(self, resource: Resource) -> JSON:
        by = self.azure.settings.client
        return {
            "createdAt": iso(resource.created),
            "createdBy": by,
            "createdByType": "Application",
            "lastModifiedAt": iso(resource.modified),
            "lastModifiedBy": by,
            "lastModifiedByType": "Application",
        }


def is_subscription(path: ArmPath) -> bool:
    """Whether a path names the subscription itself."""
    return path.type.lower() == SUBSCRIPTION.lower()
