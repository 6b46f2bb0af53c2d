"""The engine's property values: a `Struct`, in which secrets and unknowns are marked objects and strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from localazure.provider.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf import struct_pb2

Value = Any
"""None, bool, int, float, str, list, dict with string keys, `Secret` or `UNKNOWN`."""

Properties = dict[str, Value]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret, not one
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_STRINGS = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


def as_object(value: object) -> Properties | None:
    """Give the value if it is an object."""
    return cast("Properties", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Value] | None:
    """Give the value if it is a list."""
    return cast("list[Value]", value) if isinstance(value, list) else None


class Unknown:
    """The type of `UNKNOWN`, a value that a preview can't know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in its state and masks in its output."""

    value: Value

    def __repr__(self) -> str:
        return "Secret(...)"


def read(message: struct_pb2.Struct) -> Properties:
    """Give the properties in a message; nulls in objects are left out, as Azure leaves them out."""
    return {
        key: value for key, field in sorted(message.fields.items()) if (value := _read(field)) is not None
    }


def _read(field: struct_pb2.Value) -> Value:
    match field.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if field.string_value in _UNKNOWN_STRINGS else field.string_value
        case "number_value":
            number = field.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return field.bool_value
        case "list_value":
            return [_read(item) for item in field.list_value.values]
        case "struct_value":
            return _read_object(field.struct_value)
        case _:
            return None


def _read_object(message: struct_pb2.Struct) -> Value:
    if _SIGNATURE not in message.fields:
        return read(message)
    match message.fields[_SIGNATURE].string_value:
        case signature if signature == _SECRET:
            return Secret(_read(message.fields["value"]))
        case signature if signature == _OUTPUT:
            value = _read(message.fields["value"]) if "value" in message.fields else UNKNOWN
            return Secret(value) if message.fields["secret"].bool_value else value
        case signature if signature == _RESOURCE:
            return _read(message.fields["id"]) or message.fields["urn"].string_value
        case _:
            raise ProviderError(
                "an asset or archive was passed; no resource type of azure-native takes one here"
            )


def write(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Give the message of these properties; nulls are left out."""
    from google.protobuf import struct_pb2  # noqa: PLC0415 - tests of pure parts don't need protobuf

    message = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            _write(value, message.fields[key])
    return message


def _write(value: Value, field: struct_pb2.Value) -> None:
    if (entries := as_object(value)) is not None:
        field.struct_value.CopyFrom(write(entries))
    elif (items := as_list(value)) is not None:
        field.list_value.SetInParent()
        for item in items:
            _write(item, field.list_value.values.add())
    elif isinstance(value, Secret):
        fields = field.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        _write(value.value, fields["value"])
    elif isinstance(value, Unknown):
        field.string_value = _UNKNOWN_STRING
    elif isinstance(value, bool):
        field.bool_value = value
    elif isinstance(value, int | float):
        field.number_value = value
    elif isinstance(value, str):
        field.string_value = value
    else:
        field.null_value = cast("Any", 0)


def plain(value: Value) -> Value:
    """Give the value with every secret laid open; only for requests and comparisons."""
    if isinstance(value, Secret):
        return plain(value.value)
    if (entries := as_object(value)) is not None:
        return {key: plain(item) for key, item in entries.items()}
    if (items := as_list(value)) is not None:
        return [plain(item) for item in items]
    return value


def has_unknown(value: Value) -> bool:
    """Say whether anything in the value is unknown."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if (entries := as_object(value)) is not None:
        return any(has_unknown(item) for item in entries.values())
    if (items := as_list(value)) is not None:
        return any(has_unknown(item) for item in items)
    return isinstance(value, Unknown)


def keep_secrets(value: Value, marked: Value) -> Value:
    """Mark as secret in `value` what is secret at the same place in `marked`."""
    if isinstance(marked, Secret):
        return value if value is None or isinstance(value, Secret) else Secret(value)
    entries, marked_entries = as_object(value), as_object(marked)
    if entries is not None and marked_entries is not None:
        return {key: keep_secrets(item, marked_entries.get(key)) for key, item in entries.items()}
    items, marked_items = as_list(value), as_list(marked)
    if items is not None and marked_items is not None:
        marks = [*marked_items, *[None] * len(items)]
        return [keep_secrets(item, mark) for item, mark in zip(items, marks, strict=False)]
    return value


def make_secret(value: Properties, path: str) -> Properties:
    """Mark as secret what is at this dotted path, if it is there."""
    head, _, rest = path.partition(".")
    if head not in value:
        return value
    inner = value[head]
    if rest:
        entries = as_object(inner)
        changed = inner if entries is None else make_secret(entries, rest)
    else:
        changed = inner if isinstance(inner, Secret) else Secret(inner)
    return {**value, head: changed}


def at(value: Value, path: str) -> Value:
    """Give what is at this dotted path, secrets laid open, or None."""
    for step in path.split("."):
        value = value.value if isinstance(value, Secret) else value
        if isinstance(value, Unknown):
            return value
        entries = as_object(value)
        value = None if entries is None else entries.get(step)
    return value.value if isinstance(value, Secret) else value
