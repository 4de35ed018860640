"""Samples of any class of promgen's data, and the same with one value changed: so no field can be left out of a test."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from promgen.base.durations import Duration

DEEPEST = 2
"""How often a class may stand within itself, as routes do."""


def sample(hint: Any, seen: tuple[Any, ...] = ()) -> Any:
    """A value of a type in which everything is filled in."""
    if _is_record(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{name: sample(hints[name], (*seen, hint)) for name in field_names(hint)})
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return sample(next(one for one in members if one is not type(None)), seen)
    if origin is typing.Literal:
        return members[0]
    if origin is tuple:
        return _sample_tuple(members, seen)
    if origin in {dict, Mapping}:
        return {sample(members[0]): sample(members[1], seen)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return {Duration: Duration(60_000), datetime: datetime(2026, 1, 1, tzinfo=UTC), Any: "a"}.get(
        hint, {str: "a", int: 1, bool: False, Decimal: Decimal(1)}.get(hint)
    )


def _sample_tuple(members: tuple[Any, ...], seen: tuple[Any, ...]) -> tuple[Any, ...]:
    if members[-1] is not ...:
        return tuple(sample(member, seen) for member in members)
    return () if seen.count(members[0]) >= DEEPEST else (sample(members[0], seen),)


def variants(value: Any, hint: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The value with one thing in it changed, for every thing, with the name of what changed."""
    if _is_record(type(value)):
        hints = typing.get_type_hints(type(value))
        for field in field_names(type(value)):
            for place, other in variants(getattr(value, field), hints[field], f"{name}.{field}"):
                yield place, _with(value, field, other)
        return
    if isinstance(value, tuple):
        yield from _variants_of_tuple(value, hint, name)
    elif isinstance(value, Mapping):
        yield f"{name} empty", {}
        member = typing.get_args(hint)[1]
        for key, item in value.items():
            yield from (
                (place, {**value, key: other}) for place, other in variants(item, member, f"{name}[{key}]")
            )
    else:
        yield name, _other(value, hint)
    if type(None) in typing.get_args(hint):
        yield f"{name} None", None


def _variants_of_tuple(value: tuple[Any, ...], hint: Any, name: str) -> Iterator[tuple[str, Any]]:
    members = typing.get_args(hint) if typing.get_origin(hint) is tuple else typing.get_args(_tuple_in(hint))
    is_list = members[-1] is ...
    if is_list and value:
        yield f"{name} empty", ()
    for place, item in enumerate(value):
        member = members[0] if is_list else members[place]
        for what, other in variants(item, member, f"{name}[{place}]"):
            yield what, (*value[:place], other, *value[place + 1 :])


def _tuple_in(hint: Any) -> Any:
    return next(one for one in typing.get_args(hint) if typing.get_origin(one) is tuple)


def _other(value: Any, hint: Any) -> Any:
    options = [one for one in (hint, *typing.get_args(hint)) if typing.get_origin(one) is typing.Literal]
    if options:
        return next(one for one in typing.get_args(options[0]) if one != value)
    if isinstance(value, Enum):
        return next(one for one in type(value) if one is not value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, Duration):
        return Duration(value.ms * 2)
    if isinstance(value, datetime):
        return value + timedelta(days=1)
    return value + "b" if isinstance(value, str) else value + 1


def field_names(cls: Any) -> tuple[str, ...]:
    """The fields of a dataclass or NamedTuple."""
    return tuple(one.name for one in fields(cls)) if is_dataclass(cls) else cls._fields


def _is_record(cls: Any) -> bool:
    return isinstance(cls, type) and cls is not Duration and (is_dataclass(cls) or hasattr(cls, "_fields"))


def _with(value: Any, field: str, other: Any) -> Any:
    return replace(value, **{field: other}) if is_dataclass(value) else value._replace(**{field: other})
