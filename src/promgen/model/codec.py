"""The catalogue as JSON and back, derived from the classes themselves so that no field can be forgotten.

Durations, decimals and times are text; a union of classes carries its class in `kind`; fields that have their default
value are left out. A reader takes its own schema version and the one before, and refuses a newer one.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import orjson

from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.base.errors import PromgenError
from promgen.model.catalog import Catalog

SCHEMA = 1
_OLDEST = 1


class CatalogError(PromgenError):
    """The text is no catalogue, or one this promgen cannot read."""


def dump_catalog(catalog: Catalog) -> bytes:
    """JSON with one object per line in the long lists, so that changes of it read well."""
    parts = []
    for field in fields(catalog):
        value = getattr(catalog, field.name)
        name = orjson.dumps(_camel(field.name)).decode()
        if isinstance(value, tuple):
            rows = ",\n".join("    " + orjson.dumps(encode(row)).decode() for row in value)
            parts.append(f"  {name}: [\n{rows}\n  ]" if rows else f"  {name}: []")
        else:
            parts.append(f"  {name}: {orjson.dumps(encode(value)).decode()}")
    body = ",\n".join([f'  "schema": {SCHEMA}', *parts])
    return f"{{\n{body}\n}}\n".encode()


def load_catalog(content: bytes) -> Catalog:
    """Read what `dump_catalog` wrote; raise CatalogError that says what is wrong."""
    try:
        data = orjson.loads(content)
        schema = data.pop("schema")
        if schema > SCHEMA:
            raise CatalogError(
                f"the catalogue has schema {schema}; this promgen reads up to {SCHEMA}: update promgen"
            )
        if schema < _OLDEST:
            raise CatalogError(
                f"the catalogue has schema {schema}; this promgen reads from {_OLDEST}: build it again"
            )
        catalog = _decode(data, Catalog)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise CatalogError(f"not a catalogue: {error}") from error
    assert isinstance(catalog, Catalog)
    return catalog


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


class _Layout(typing.NamedTuple):
    """The fields of a class: attribute, JSON name, type, default (MISSING where there is none)."""

    fields: tuple[tuple[str, str, Any, Any], ...]
    union_members: frozenset[str]


@cache
def _layout(cls: type[Any]) -> _Layout:
    hints = typing.get_type_hints(cls)
    rows, unions = [], set()
    for field in fields(cls):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        rows.append((field.name, _camel(field.name), hints[field.name], default))
        if len(_classes(hints[field.name])) > 1:
            unions.add(field.name)
    return _Layout(tuple(rows), frozenset(unions))


def _classes(hint: Any) -> list[type]:
    return [member for member in typing.get_args(hint) if is_dataclass(member) and isinstance(member, type)]


def encode(value: Any, *, tagged: bool = False) -> Any:
    """A value of the domain as JSON data; `tagged` adds the class of an object as `kind`."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(encode(key)): encode(item) for key, item in value.items()}
    cls: Any = type(value)
    layout = _layout(cls)
    encoded: dict[str, Any] = {"kind": cls.__name__} if tagged else {}
    for attribute, name, _, default in layout.fields:
        item = getattr(value, attribute)
        if default is MISSING or item != default:
            encoded[name] = encode(item, tagged=attribute in layout.union_members)
    return encoded


def _decode(data: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType or origin is typing.Union:
        return _decode_union(data, hint)
    if origin is typing.Literal:
        if data not in typing.get_args(hint):
            raise ValueError(f"`{data}` is none of {', '.join(typing.get_args(hint))}")
        return data
    if origin is tuple:
        members = typing.get_args(hint)
        return tuple(_decode(item, members[0]) for item in data)
    if origin is dict:
        key, member = typing.get_args(hint)
        return {_decode(name, key): _decode(item, member) for name, item in data.items()}
    return _decode_class(data, hint)


def _decode_union(data: Any, hint: Any) -> Any:
    members = typing.get_args(hint)
    if data is None and type(None) in members:
        return None
    classes = {cls.__name__: cls for cls in _classes(hint)}
    if len(classes) > 1:
        return _decode(data, classes[data["kind"]])
    return _decode(data, next(member for member in members if member is not type(None)))


def _decode_class(data: Any, hint: Any) -> Any:
    if hint is Duration:
        return Duration.parse(data) if data != "0s" else Duration(0)
    if hint is datetime:
        return datetime.fromisoformat(data)
    if is_dataclass(hint) and isinstance(hint, type):
        known = {name: (attribute, member) for attribute, name, member, _ in _layout(hint).fields}
        return hint(
            **{known[name][0]: _decode(item, known[name][1]) for name, item in data.items() if name != "kind"}
        )
    if hint is Decimal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint(data)
    if not isinstance(data, hint):
        raise ValueError(f"`{data}` is not {hint.__name__}")
    return data
