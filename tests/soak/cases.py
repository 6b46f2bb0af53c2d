"""The faults that are ordered around a real `pulumi up`, each in one phase of a rollout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

Order = list[dict[str, Any]]
EXPIRED = {
    "error": "invalid_grant",
    "error_description": "AADSTS700082: The refresh token has expired due to inactivity.",
    "error_codes": [700082],
}
OLD_TOKEN = {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token has expired."}}


class How(StrEnum):
    """What is done beside ordering the fault at the local Azure."""

    ORDERED = "ordered"
    KILLED = "killed while the operation is stuck"
    FULL = "full before it begins"
    FILLED = "full from the endpoint's PUT on"


@dataclass(frozen=True)
class Case:
    """One fault, in one phase."""

    fault: str
    """In words, for the table."""
    phase: str
    order: Callable[[Rollout], Order]
    code: int = 0
    """What `pulumi up` must end with."""
    step: str | None = None
    """The step that it must tell; None: the program didn't come so far."""
    moves: bool = True
    """Whether the traffic may be another one afterwards."""
    how: How = How.ORDERED
    then: tuple[str, ...] = ()
    """The steps of the `up`s that follow, the fault gone."""
    rate: float = 1
    """How fast Azure's clock runs meanwhile."""
    life: str = "good"
    """Where the release is one that gets bad: at which share."""
    clear_after: float = 0
    """Seconds to wait with the fault gone before the next `up`."""
    gates: tuple[dict[str, Any], ...] = ()
    """Gates that config has beside the usual ones, for this case."""


def _of(what: str, method: str = "PUT", **fault: Any) -> Callable[[Rollout], Order]:
    def order(rollout: Rollout) -> Order:
        path = what.replace("ENDPOINT", f"/onlineEndpoints/{rollout.project.endpoint}")
        return [{"match": {"method": method, "path": path}, **fault}]

    return order


def _operation(what: str, **fault: Any) -> Callable[[Rollout], Order]:
    def order(rollout: Rollout) -> Order:
        path = what.replace("ENDPOINT", f"/onlineEndpoints/{rollout.project.endpoint}")
        return [{"operation": {"path": path, **fault}}]

    return order


def _stale(rollout: Rollout) -> Order:
    return [{"stale": {"path": f"/onlineEndpoints/{rollout.project.endpoint}", "seconds": 60}}]


def _late(of: str) -> Callable[[Rollout], Order]:
    return lambda _: [{"data": {"of": of, "delay": 3600}}]


def _gone(of: str) -> Callable[[Rollout], Order]:
    def order(rollout: Rollout) -> Order:
        candidate = rollout.endpoint()["tags"]["CANDIDATE_DEPLOYMENT"]
        window = {"from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
        return [{"data": {"of": of, "deployment": candidate, **window}}]

    return order


def _nothing(_: Rollout) -> Order:
    return []


PUT, READ, METRICS, LOGS = r"ENDPOINT\?", r"ENDPOINT\?", "metrics:getBatch", "/v1/workspaces/"
BY_LOGS = (
    {
        "name": "slowest",
        "source": "logs",
        "query": (
            "AmlOnlineEndpointTrafficLog | where EndpointName =~ endpoint and DeploymentName =~ deployment"
            " and TimeGenerated between (start .. end) | summarize percentile(TotalDurationMs, 99)"
        ),
        "max": "20s",
    },
)
FAILS = {"outcome": "fail", "code": "InternalServerError", "message": "An internal error occurred."}

CREATION_FAILS = Case(
    "creating the deployment fails in Azure",
    "start",
    _operation("ENDPOINT/deployments/", times=1, **FAILS),
    1,
    "start",
    moves=False,
    then=("abort",),
)
ANY_500 = Case(
    "500 on four requests to ARM, whichever come",
    "start",
    _of("^/subscriptions/", ".*", status=500, times=4),
    step="start",
    moves=False,
)
METRICS_429 = Case(
    "429 with `Retry-After: 1` on two metric queries",
    "advance to 50",
    _of(METRICS, "POST", status=429, retryAfter=1, times=2),
    step="advance",
)
PUT_CUT = Case(
    "every connection cut that PUTs the endpoint",
    "advance to 100",
    _of(PUT, cut=True),
    1,
    "advance",
    moves=False,
    then=("advance",),
)
STUCK = Case(
    "the endpoint's operation stuck for 8 s",
    "promote",
    _operation("ENDPOINT$", outcome="hang", seconds=8, times=1),
    step="promote",
)
DELETION_FAILS = Case(
    "deleting old prod fails in Azure",
    "retire",
    _operation("ENDPOINT/deployments/", times=1, **FAILS),
    1,
    "retire",
    then=("repair", "finish"),
)
CUT_BEFORE = Case(
    "the connection cut before Azure took the PUT",
    "start",
    _of(PUT, cut=True, times=1),
    step="start",
    moves=False,
)
METRICS_503 = Case(
    "503 on every metric query",
    "advance to 50",
    _of(METRICS, "POST", status=503),
    1,
    "hold",
    moves=False,
    then=("advance",),
)
METRICS_LATE = Case("metrics an hour late", "advance to 100", _late("metrics"), step="hold", moves=False)
METRICS_GONE = Case(
    "no metrics of the candidate at all",
    "promote",
    _gone("metrics"),
    step="hold",
    moves=False,
    then=("promote",),
)
LOGS_LATE = Case(
    "the endpoint's log an hour late, with a gate that asks it",
    "advance to 50",
    _late("logs"),
    step="hold",
    moves=False,
    then=("advance",),
    gates=BY_LOGS,
)
LOGS_GONE = Case(
    "nothing of the candidate in the endpoint's log, with a gate that asks it",
    "advance to 100",
    _gone("logs"),
    step="hold",
    moves=False,
    then=("advance",),
    gates=BY_LOGS,
)
LOGS_503 = Case(
    "503 on every query of the log",
    "promote",
    _of(LOGS, "POST", status=503),
    1,
    "hold",
    moves=False,
    then=("promote",),
    gates=BY_LOGS,
)
LOGIN_EXPIRED = Case(
    "the login has expired (AADSTS700082 for every token)",
    "retire",
    _of("/oauth2/v2.0/token", "POST", status=400, body=EXPIRED),
    1,
    moves=False,
    then=("retire",),
)
ANSWER_LOST = Case(
    "the connection cut after Azure took the PUT, its answer lost",
    "finish",
    _of(PUT, cut=True, when="after", times=1),
    1,
    "finish",
    then=("repair",),
)
DISK_FULL = Case(
    "the disk with Pulumi's state is full",
    "start",
    _nothing,
    1,
    moves=False,
    how=How.FULL,
    then=("start",),
)
STUCK_AND_KILLED = Case(
    "the endpoint's operation stuck for 15 s, `pulumi up` killed meanwhile",
    "advance to 10",
    _operation("ENDPOINT$", outcome="hang", seconds=15, times=1),
    -9,
    how=How.KILLED,
    then=("hold", "repair"),
    clear_after=15,
)
DISK_FILLED = Case(
    "the disk with Pulumi's state gets full once the endpoint is PUT",
    "advance to 50",
    _nothing,
    1,
    "advance",
    how=How.FILLED,
    then=("repair",),
)
PUT_FAILS = Case(
    "the endpoint's operation fails in Azure",
    "advance to 100",
    _operation("ENDPOINT$", times=1, **FAILS),
    1,
    "advance",
    moves=False,
    then=("advance",),
)
TOKEN_REFUSED = Case(
    "the access token is refused in the middle (401 on the PUT, once)",
    "promote",
    _of(PUT, status=401, body=OLD_TOKEN, times=1),
    step="promote",
)
STALE_RETIRE = Case("reads of the endpoint 60 s behind its writes", "retire", _stale, step="retire", rate=10)
READS_429 = Case(
    "429 with `Retry-After: 3600` on every read of the endpoint",
    "start",
    _of(READ, "GET", status=429, retryAfter=3600),
    1,
    moves=False,
    then=("start",),
    life="50",
)
PUT_429 = Case(
    "429 with `Retry-After: 1` on three PUTs of the endpoint",
    "advance to 10",
    _of(PUT, status=429, retryAfter=1, times=3),
    step="advance",
)
STALE = Case("reads of the endpoint 60 s behind its writes", "advance to 50", _stale, step="advance")
PUT_503 = Case(
    "503 on every PUT of the endpoint",
    "abort at 50",
    _of(PUT, status=503),
    1,
    "abort",
    moves=False,
    then=("abort",),
)
CASES = (
    CREATION_FAILS,
    *(ANY_500, METRICS_429, PUT_CUT, STUCK, DELETION_FAILS),
    *(CUT_BEFORE, METRICS_503, METRICS_LATE, METRICS_GONE, LOGIN_EXPIRED, ANSWER_LOST),
    *(DISK_FULL, STUCK_AND_KILLED, DISK_FILLED, PUT_FAILS, TOKEN_REFUSED, STALE_RETIRE),
    *(LOGS_LATE, LOGS_GONE, LOGS_503),
    *(READS_429, PUT_429, STALE, PUT_503),
)
"""In the order of a rollout, life after life: few `up`s lie between two."""
EVERY_DAY = (
    PUT_429,
    replace(LOGIN_EXPIRED, phase="advance to 50", then=("advance",)),
    replace(ANSWER_LOST, phase="advance to 100", step="advance"),
)
