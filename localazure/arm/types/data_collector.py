"""What Azure refuses and fills in of a deployment's dataCollector; nothing is collected here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from localazure.arm.body import part
from localazure.arm.errors import bad_request
from localazure.arm.types.references import asset

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.arm.errors import ArmError
    from localazure.arm.store import Store

__all__ = ["check_collector", "filled_collector"]

MODES = ("Enabled", "Disabled")
RATES = ("Year", "Month", "Day", "Hour", "Minute")
DEFAULTS: dict[str, Any] = {"dataCollectionMode": "Disabled", "samplingRate": 1.0}


def check_collector(store: Store, properties: JSON) -> None:
    """Refuse what the API's description doesn't allow, and data assets that aren't there.

    Raises:
        ArmError: 400.
    """
    if properties.get("dataCollector") is None:
        return
    collector = part(properties, "dataCollector")
    collections: Any = collector.get("collections")
    if not isinstance(collections, dict) or not collections:
        raise _invalid("collections is missing; it has at least one")
    _check_choice(collector.get("rollingRate") or "Hour", RATES, "rollingRate")
    for name, collection in cast("dict[str, Any]", collections).items():
        where = f"collections.{name}"
        if not isinstance(collection, dict):
            raise _invalid(f"{where} is {collection!r}; an object is needed")
        given = cast("JSON", collection)
        _check_choice(given.get("dataCollectionMode") or "Disabled", MODES, f"{where}.dataCollectionMode")
        rate = given.get("samplingRate")
        if rate is not None and (
            isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1
        ):
            raise _invalid(f"{where}.samplingRate is {rate!r}; a number from 0 to 1 is needed")
        asset(store, given.get("dataId"), "data", f"dataCollector.{where}.dataId")


def filled_collector(collector: JSON) -> JSON:
    """A collector that was let in, with the defaults of the API's description, in its own spelling."""
    collections = {
        name: DEFAULTS
        | {key: value for key, value in given.items() if value is not None}
        | {"dataCollectionMode": _spelled(given.get("dataCollectionMode") or "Disabled", MODES)}
        for name, given in part(collector, "collections").items()
    }
    rate = _spelled(collector.get("rollingRate") or "Hour", RATES)
    return collector | {"collections": collections, "rollingRate": rate}


def _check_choice(value: Any, allowed: tuple[str, ...], where: str) -> None:
    if _spelled(value, allowed) not in allowed:
        raise _invalid(f"{where} is {value!r}; {', '.join(allowed)} are allowed")


def _spelled(value: Any, allowed: tuple[str, ...]) -> Any:
    """As the API writes it: azure-ai-ml sends `enabled` and `hour`."""
    return next((each for each in allowed if each.lower() == str(value).lower()), value)


def _invalid(reason: str) -> ArmError:
    return bad_request(f"The request is invalid: dataCollector.{reason}.")
