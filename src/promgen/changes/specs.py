"""Two catalogues compared: what became of each SLO, alert, service, team and setting, in the words of specifications."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from promgen.base.durations import Duration, format_clock
from promgen.base.versions import dotted
from promgen.changes.difference import Difference, Effect, Status
from promgen.changes.expressions import compare_expressions, format_number, tightening
from promgen.changes.fields import Book, Field, Roots, compare, fields_of, words
from promgen.model.alert import Alert, Level, ThresholdOverride
from promgen.model.catalog import Catalog, Service, Target
from promgen.model.proof import UserCase
from promgen.model.routing import Handling, Hours, Maintenance, Routing
from promgen.model.slo import (
    Absence,
    CalendarPeriod,
    EventSli,
    GaugeSli,
    Help,
    NativeLatencySli,
    Part,
    Period,
    ProbeSli,
    RawSli,
    RollingPeriod,
    Slo,
    Tier,
    TimeSliceSli,
)

_KINDS = {"slos": "SLO", "smtp": "SMTP"}
_IDENTITY = ("system", "service", "name", "environment")
"""What an object is found by again, as far as it has it; the system only where names are used twice."""
_RENAMED = ("name", "service", "system", "origin")
"""What a renamed object may have otherwise."""


def compare_catalogs(before: Catalog, after: Catalog) -> tuple[Difference, ...]:
    """Every object that came, went, was renamed or differs; what is the same in several environments stands once."""
    found: list[Difference] = []
    for field in fields(Catalog):
        old, new = getattr(before, field.name), getattr(after, field.name)
        kind = _KINDS.get(field.name, words(field.name).removesuffix("s"))
        if isinstance(old, tuple):
            found += _compare_objects(kind, old, new)
        elif old != new:
            found.append(_compare_settings(kind, old, new))
    return tuple(_merged(found))


def _compare_settings(kind: str, old: Any, new: Any) -> Difference:
    """Of what there is one, or none."""
    if old is None or new is None:
        return Difference(kind, kind, Status.ADDED if old is None else Status.REMOVED)
    return Difference(kind, kind, Status.CHANGED, compare(old, new, BOOK))


def _compare_objects(kind: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    key = _key_for(before, after)
    old, new = ({key(item): item for item in items} for items in (before, after))
    renamed = dict(_renamed(_lacking(old, new), _lacking(new, old), key))
    for one in sorted({*old, *new}):
        if one in new:
            earlier = old.get(one) or renamed.get(one)
            yield from _compare_pair(kind, earlier, new[one])
        elif old[one] not in renamed.values():
            yield _difference(kind, old[one], Status.REMOVED)


def _compare_pair(kind: str, old: Any, new: Any) -> Iterator[Difference]:
    if old is None:
        yield _difference(kind, new, Status.ADDED)
    elif changes := compare(old, new, BOOK):
        is_renamed = _title(old) != _title(new)
        status = Status.RENAMED if is_renamed else Status.CHANGED
        yield _difference(kind, new, status)._replace(changes=changes, was=_title(old) if is_renamed else "")


def _difference(kind: str, found: Any, status: Status) -> Difference:
    environment = getattr(found, "environment", "")
    return Difference(
        kind,
        _title(found),
        status,
        system=getattr(found, "system", ""),
        service=found.name if isinstance(found, Service) else getattr(found, "service", ""),
        environments=(environment,) if environment else (),
    )


def _title(found: Any) -> str:
    return str(found.key) if isinstance(found, Slo | Alert) else str(found.name)


def _key_for(before: Sequence[Any], after: Sequence[Any]) -> Callable[[Any], tuple[str, ...]]:
    """The shortest key that is one object's alone on either side."""
    for names in (_IDENTITY[1:], _IDENTITY):
        if all(
            max(Counter(_values(item, names) for item in items).values(), default=1) == 1
            for items in (before, after)
        ):
            break
    return lambda item: _values(item, names)


def _values(item: Any, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(getattr(item, name, "") for name in names)


def _lacking(items: dict[Any, Any], others: dict[Any, Any]) -> list[Any]:
    return [item for key, item in items.items() if key not in others]


def _renamed(
    gone: Sequence[Any], come: Sequence[Any], key: Callable[[Any], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What went by the key of what came, where all else is equal and no other is."""
    before, after = _by_rest(gone), _by_rest(come)
    for rest, items in after.items():
        if len(items) == len(before.get(rest, ())) == 1:
            yield key(items[0]), before[rest][0]


def _by_rest(items: Iterable[Any]) -> dict[Hashable, list[Any]]:
    found: dict[Hashable, list[Any]] = {}
    for item in items:
        blank = {name: "" for name in _RENAMED if name in fields_of(item)}
        found.setdefault(repr(replace(item, **blank)), []).append(item)
    return found


def _merged(found: Iterable[Difference]) -> Iterator[Difference]:
    """Differences that are the same but for their environments as one."""
    merged: dict[Difference, tuple[str, ...]] = {}
    for one in found:
        key = one._replace(environments=())
        merged[key] = merged.get(key, ()) + one.environments
    for key, environments in merged.items():
        yield key._replace(environments=environments)


# --- words


def _percent(value: Decimal, root: Any) -> str:
    return format_number(value, "ratio")


def _in_unit(value: Decimal, root: Any) -> str:
    return format_number(value, getattr(root, "unit", ""))


def _thresholds(values: dict[Any, Decimal], root: Any) -> str:
    return ", ".join(f"{severity.value} {_in_unit(value, root)}" for severity, value in values.items())


def _period(period: Period, root: Any) -> str:
    match period:
        case CalendarPeriod(utc_offset=offset) if offset:
            sign = "-" if offset < 0 else "+"
            return f"{period}, UTC{sign}{Duration(abs(offset) * 1000)}"
    return str(period)


def _version(numbers: tuple[int, int], root: Any) -> str:
    return dotted(numbers)


def _weekdays(days: Iterable[int], root: Any) -> str:
    return ", ".join(calendar.day_name[day - 1] for day in days)


def _clock(minute: int, root: Any) -> str:
    return format_clock(minute)


# --- effects


def _when_greater(effect: Effect) -> Callable[[Any, Any, Roots], Effect | None]:
    """The effect of a greater number or longer time, and its opposite for less; nothing is certain without both."""
    opposite = Effect.TIGHTER if effect is Effect.LOOSER else Effect.LOOSER

    def judge(before: Any, after: Any, roots: Roots) -> Effect | None:
        if before is None or after is None:
            return None
        return effect if _number(after) > _number(before) else opposite

    return judge


def _number(value: Any) -> Any:
    return value.ms if isinstance(value, Duration) else value


def _hold(before: Duration | None, after: Duration | None, roots: Roots) -> Effect:
    times = [0 if one is None else one.ms for one in (before, after)]
    return Effect.LOOSER if times[1] > times[0] else Effect.TIGHTER


def _threshold(before: Decimal | None, after: Decimal | None, roots: Roots) -> Effect | None:
    """Certain while the same is compared in the same way."""
    old, new = roots
    same = ("expr", "comparison", "unit")
    if before is None or after is None or any(getattr(old, name) != getattr(new, name) for name in same):
        return None
    return tightening(new.comparison or "", before, after)


def _same_hold(before: Any, after: Any) -> bool:
    return not {before, after} - {None, Duration(0)}


def _history(before: Any, after: Any, roots: Roots) -> Effect | None:
    return Effect.HISTORY if isinstance(roots.after, Slo) else None


def _name(before: Any, after: Any, roots: Roots) -> Effect | None:
    return Effect.IDENTITY if isinstance(roots.after, Alert) else None


_EXPRESSIONS: tuple[Field, ...] = (
    *((EventSli, name) for name in ("total", "bad", "good")),
    (NativeLatencySli, "rate"),
    (GaugeSli, "expr"),
    (ProbeSli, "expr"),
    (RawSli, "expr"),
    (Absence, "expr"),
    (Alert, "expr"),
)

BOOK = Book(
    names={
        (Slo, "sli"): "indicator",
        (Slo, "period"): "window",
        (Slo, "is_silent"): "silent",
        (Slo, "min_bad_events"): "minimum of bad events",
        (Slo, "doubt_severity"): "severity of doubts",
        (RollingPeriod, "length"): "",
        (TimeSliceSli, "events"): "",
        (Alert, "expr"): "expression",
        (Alert, "levels"): "",
        (Alert, "keep_firing_for"): "keep_firing_for",
        **{(cls, "expr"): "expression" for cls in (GaugeSli, ProbeSli, RawSli, Absence)},
        **{(cls, "hold"): "for" for cls in (Tier, Level)},
        **{(cls, "help"): "" for cls in (Slo, Alert)},
        **{(cls, "labels"): "label" for cls in (Slo, Alert, Service)},
        **{(cls, "origin"): "file" for cls in (Slo, Alert, Service)},
        **{(cls, "tests"): "test" for cls in (Slo, Alert)},
        (Routing, "handlings"): "",
        (Slo, "tiers"): "tier",
        (Slo, "exclusions"): "exclusion",
        (Alert, "overrides"): "override",
        (Help, "annotations"): "annotation",
    },
    texts={
        **{(Target, name): _version for name in ("prometheus", "alertmanager")},
        (Slo, "objective"): _percent,
        (Slo, "period"): _period,
        (TimeSliceSli, "max_error_ratio"): _percent,
        (Level, "threshold"): _in_unit,
        (ThresholdOverride, "thresholds"): _thresholds,
        (UserCase, "place"): lambda place, root: str(place + 1),
        **{(cls, "days"): _weekdays for cls in (Hours, Maintenance)},
        **{(cls, name): _clock for cls in (Hours, Maintenance) for name in ("start", "end")},
    },
    parts=dict.fromkeys(_EXPRESSIONS, compare_expressions),
    same=dict.fromkeys(((Tier, "hold"), (Level, "hold")), _same_hold),
    effects={
        (Slo, "objective"): _when_greater(Effect.TIGHTER),
        (Slo, "min_bad_events"): _when_greater(Effect.LOOSER),
        (Slo, "revision"): _history,
        (Slo, "group_by"): _history,
        **{(Slo, name): _history for name in ("name", "service")},
        (Alert, "name"): _name,
        (Tier, "burn_rate"): _when_greater(Effect.LOOSER),
        (Absence, "after"): _when_greater(Effect.LOOSER),
        (Level, "threshold"): _threshold,
        **{(cls, "hold"): _hold for cls in (Tier, Level)},
    },
    keys={
        Handling: lambda handling: handling.priority,
        Level: lambda level: level.severity,
        Part: lambda part: f"{part.service}/{part.slo}",
        ThresholdOverride: lambda override: tuple(sorted(override.labels.items())),
    },
)
"""How the fields of specifications are spoken of."""
