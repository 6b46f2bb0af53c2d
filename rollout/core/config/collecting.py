"""The key `settings.dataCollector`: what Azure keeps of requests and answers in blob storage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from rollout.core.config import values
from rollout.core.config.problems import NotAllowedError
from rollout.core.serving import Collection, DataCollector, RollingRate

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys

COLLECTIONS = (
    "a list of collections, such as [{name: model_inputs}, {name: model_outputs}], or request and response "
    "for whole payloads"
)
_HEADERS = "a list of names of HTTP headers, such as [x-request-id]"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_name = values.text(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", "1 to 64 letters, digits, - and _, a letter or _ first")
_data = values.text(
    r"azureml:[A-Za-z0-9][A-Za-z0-9._-]{0,254}:[A-Za-z0-9][A-Za-z0-9._-]{0,29}",
    "a data asset of the workspace, azureml:NAME:VERSION",
)
_client = values.text(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "the client id of a user-assigned identity, such as 11111111-2222-3333-4444-555555555555",
)


def collector(keys: Keys) -> DataCollector:
    """Read the keys of `dataCollector`; each collection once."""
    found = [_collection(each) for each in keys.objects("collections", COLLECTIONS)]
    for index, each in enumerate(found):
        if each.name and each.name in {other.name for other in found[:index]}:
            keys.report.refuse(
                f"{keys.at('collections')}[{index}].name", each.name, "a name that no other collection has"
            )
    read = DataCollector(
        collections=tuple(found),
        rolling_rate=keys.take("rollingRate", values.choice(RollingRate), RollingRate.HOUR),
        capture_headers=keys.take("captureHeaders", _headers, ()),
    )
    keys.finish()
    return read


def _collection(keys: Keys) -> Collection:
    read = Collection(
        name=keys.take("name", _name, "", required="its name, such as model_inputs"),
        sampling_rate=keys.take("samplingRate", _rate, 1.0),
        data=keys.take("data", _data, None),
        client_id=keys.take("clientId", _client, None),
    )
    keys.finish()
    return read


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise NotAllowedError("a number above 0, 1 at most: 0.1 keeps a tenth of the requests")
    return float(value)


def _headers(value: Any) -> tuple[str, ...]:
    found = cast("list[object]", value) if isinstance(value, list) else []
    names = [each for each in found if isinstance(each, str) and _HEADER.fullmatch(each)]
    if not names or len(names) < len(found):
        raise NotAllowedError(_HEADERS)
    return tuple(names)
