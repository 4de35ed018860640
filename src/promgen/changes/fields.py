"""Any two values of promgen's data compared field by field, derived from the classes so that no field can be forgotten.

What a field is called, how its values read and what a change of it means is looked up in a `Book`; a field that the book
does not know is compared all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.changes.difference import Change, Effect
from promgen.promql import LabelMatcher

Field = tuple[type, str]
"""A class and the name of one of its fields."""

_ATOMS = (Duration, LabelMatcher)
"""Classes whose text says everything."""


class Roots(NamedTuple):
    """The objects that a comparison began with."""

    before: Any
    after: Any


class Book(NamedTuple):
    """How fields are spoken of."""

    names: Mapping[Field, str] = {}
    texts: Mapping[Field, Callable[[Any, Any], str]] = {}
    """From a value, never None, and its root."""
    parts: Mapping[Field, Callable[[Any, Any], tuple[Change, ...]]] = {}
    """How two values that are not empty differ, where that is more than one change; nothing where they mean the same."""
    effects: Mapping[Field, Callable[[Any, Any, Roots], Effect | None]] = {}
    """From both values, either of which may be None."""
    same: Mapping[Field, Callable[[Any, Any], bool]] = {}
    """Whether two values that differ mean the same; either may be None."""
    omitted: frozenset[Field] = frozenset()
    """What is compared elsewhere."""
    summaries: Mapping[type, Callable[[Any], str]] = {}
    """What says enough of a record that came or went."""
    keys: Mapping[type, Callable[[Any], Hashable]] = {}
    """What the entries of a list are found by again; their name where they have one and the book says nothing."""

    def name(self, field: Field) -> str:
        return self.names.get(field, words(field[1]))

    def text(self, value: Any, field: Field | None, root: Any) -> str:
        wording = self.texts.get(field) if field is not None else None
        if wording is not None:
            return wording(value, root)
        if isinstance(value, Mapping):
            return ", ".join(f"{text_of(key)}={self.text(item, None, root)}" for key, item in value.items())
        if is_record(value):
            return self.summary(value, root)
        if isinstance(value, tuple | list):
            return ", ".join(self.text(item, None, root) for item in value)
        return text_of(value)

    def summary(self, record: Any, root: Any) -> str:
        """A record in a line: its kind where it says nothing, otherwise the fields that say something."""
        cls = type(record)
        if cls in self.summaries:
            return self.summaries[cls](record)
        found = ((name, getattr(record, name)) for name in fields_of(record))
        said = [(name, value) for name, value in found if value not in (None, "", (), {}, False)]
        parts = [
            f"{self.name((cls, name))} {self.text(value, (cls, name), root)}".strip() for name, value in said
        ]
        return ", ".join(parts) or words(cls.__name__)


class _Place(NamedTuple):
    """Where two values stand: the field they belong to, and what that is called from the root."""

    book: Book
    roots: Roots
    field: Field | None = None
    name: str = ""

    def below(self, step: str, field: Field | None = None) -> _Place:
        return self._replace(name=f"{self.name} {step}".strip(), field=field or self.field)

    def change(self, before: Any, after: Any) -> Change:
        """The values as one change; what is empty is not there, unless that is all there is to say."""
        old, new = self._text(before, self.roots.before), self._text(after, self.roots.after)
        if old == new:
            old, new = repr(before), repr(after)
        effect = self.book.effects.get(self.field) if self.field is not None else None
        return Change(self.name, old, new, effect(before, after, self.roots) if effect is not None else None)

    def _text(self, value: Any, root: Any) -> str | None:
        if value is None or value in ("", (), {}, []):
            return None
        return self.book.text(value, self.field, root)


def compare(before: Any, after: Any, book: Book) -> tuple[Change, ...]:
    """Every field that differs between two records of one class, or every value between two pieces of data."""
    return tuple(_compare(before, after, _Place(book, Roots(before, after))))


def is_record(value: Any) -> bool:
    """Whether a value has named fields."""
    return bool(fields_of(value))


def fields_of(value: Any) -> tuple[str, ...]:
    """The fields of a dataclass or NamedTuple, in order; none of anything else."""
    cls: Any = type(value)
    return _layout(cls)


@cache
def _layout(cls: Any) -> tuple[str, ...]:
    if issubclass(cls, _ATOMS):
        return ()
    if is_dataclass(cls):
        return tuple(field.name for field in fields(cls))
    return tuple(getattr(cls, "_fields", ()))


def words(name: str) -> str:
    """A name of Python as words.

    >>> words("CalendarPeriod"), words("group_by")
    ('calendar period', 'group by')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()


def text_of(value: Any) -> str:
    """A single value for people, without knowing whose it is."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case Decimal():
            return format_decimal(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return ", ".join(map(text_of, value))
    return str(value)


def order_change(name: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    """The change of the order of what both have, by two entries that it shows in."""
    old: Collection[Any] = before
    new: Collection[Any] = after
    with suppress(TypeError):  # of what cannot be hashed, which takes longer to find
        old, new = frozenset(before), frozenset(after)
    kept = ([item for item in before if item in new], [item for item in after if item in old])
    found = next((pair for pair in zip(*kept, strict=False) if pair[0] != pair[1]), None)
    if found is not None:
        first, second = (Book().text(item, None, None) for item in found)
        yield Change(f"{name} order".strip(), f"{first} before {second}", f"{second} before {first}")


def _compare(before: Any, after: Any, place: _Place) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if is_record(before) and type(before) is type(after):
        yield from _compare_records(before, after, place)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _compare_mappings(before, after, place)
    elif isinstance(before, tuple | list) and isinstance(after, tuple | list):
        yield from _compare_lists(before, after, place)
    else:
        yield place.change(before, after)


def _compare_records(before: Any, after: Any, place: _Place) -> Iterator[Change]:
    cls, book = type(before), place.book
    for name in fields_of(before):
        field, old, new = (cls, name), getattr(before, name), getattr(after, name)
        if field in book.omitted or _is_same(book, field, old, new):
            continue
        here = place.below(book.name(field), field)
        if field in book.parts and old and new:
            yield from _named(book.parts[field](old, new), here.name)
        elif field in book.texts and old != new:
            yield here.change(old, new)
        else:
            yield from _compare(old, new, here)


def _named(changes: Iterable[Change], name: str) -> Iterator[Change]:
    """The parts of a value as changes of what the value is called."""
    for change in changes:
        yield change._replace(field=name if change.field == "expression" else f"{name}: {change.field}")


def _is_same(book: Book, field: Field, before: Any, after: Any) -> bool:
    return field in book.same and before != after and book.same[field](before, after)


def _compare_mappings(before: Mapping[Any, Any], after: Mapping[Any, Any], place: _Place) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        here = place.below(text_of(key))
        if key not in before or key not in after:
            yield _came_or_went(before.get(key), after.get(key), here, is_added=key not in before)
        else:
            yield from _compare(before[key], after[key], here)


def _came_or_went(before: Any, after: Any, place: _Place, *, is_added: bool) -> Change:
    """An entry that only one side has, whose value may well be empty."""
    change = place.change(before, after)
    if is_added:
        return change._replace(before=None, after=place.book.text(after, place.field, place.roots.after))
    return change._replace(before=place.book.text(before, place.field, place.roots.before), after=None)


def _compare_lists(before: Sequence[Any], after: Sequence[Any], place: _Place) -> Iterator[Change]:
    old, new = _keyed(before, place.book), _keyed(after, place.book)
    if old is None or new is None:
        yield from _compare_nameless(before, after, place)
        return
    for key in dict.fromkeys((*old, *new)):
        here = place.below(text_of(key))
        if key in old and key in new:
            yield from _compare(old[key], new[key], here)
        else:
            yield _came_or_went(old.get(key), new.get(key), here, is_added=key in new)
    yield from order_change(place.name, [*old], [*new])


def _keyed(items: Iterable[Any], book: Book) -> dict[Hashable, Any] | None:
    """Entries by what they are found by again; None where that is nothing, or not one entry's alone."""
    found: dict[Hashable, Any] = {}
    for item in items:
        key = _key(item, book)
        if key is None or key in found:
            return None
        found[key] = item
    return found


def _key(item: Any, book: Book) -> Hashable | None:
    if type(item) in book.keys:
        return book.keys[type(item)](item)
    if isinstance(item, Mapping):
        return item.get("name") if isinstance(item.get("name"), str) else None
    return item.name if "name" in fields_of(item) else None


def _compare_nameless(before: Sequence[Any], after: Sequence[Any], place: _Place) -> Iterator[Change]:
    """What only one side has; as many of each are taken for the same entries, changed."""
    gone, come = _without(before, after), _without(after, before)
    if len(gone) == len(come) and all(
        is_record(item) or isinstance(item, Mapping) for item in (*gone, *come)
    ):
        for old, new in zip(gone, come, strict=True):
            number = f"{before.index(old) + 1}" if len(before) > 1 else ""
            yield from _compare(old, new, place.below(number))
    else:
        yield from (place.change(item, None) for item in gone)
        yield from (place.change(None, item) for item in come)
    if not all(isinstance(item, LabelMatcher) for item in before):  # which hold in any order
        yield from order_change(place.name, before, after)


def _without(items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The entries that the others have none left to stand for."""
    left = list(others)
    found = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            found.append(item)
    return found
