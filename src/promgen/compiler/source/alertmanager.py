"""An existing `alertmanager.yml` as data: the tree, its matchers in every notation, time intervals and inhibition rules.

What decides who is told is read and checked as Alertmanager does it; the settings of integrations are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.base.spans import Span
from promgen.compiler.ir.alertmanager import (
    EVERY_LABEL,
    WEEKDAYS,
    Alertmanager,
    InhibitRule,
    Integration,
    Moments,
    Receiver,
    Route,
    TimeInterval,
)
from promgen.compiler.source.matchers import ALLOWED, parse_matchers
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence, plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.promql import LabelMatcher, MatchOperator
from promgen.promql.regexes import compiled

T = TypeVar("T")

PAGERS: Final = frozenset({"pagerduty_configs", "opsgenie_configs", "victorops_configs", "pushover_configs"})
"""Integrations that wake people up."""

_TOP = (
    *("global", "route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates"),
    *("tracing", "event_recorder"),
)
_ROUTE = (
    *("receiver", "group_by", "continue", "matchers", "match", "match_re", "routes", "labels"),
    *("group_wait", "group_interval", "repeat_interval", "mute_time_intervals", "active_time_intervals"),
)
_INHIBIT = (
    *("name", "equal", "source_matchers", "source_match", "source_match_re"),
    *("target_matchers", "target_match", "target_match_re"),
)
_MOMENTS = ("times", "weekdays", "days_of_month", "months", "years", "location")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_LOOK_AROUND = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?[=!>]|\(\?<[=!]|\\[1-9])")


def read_alertmanager(text: str, file: str, diagnostics: Diagnostics) -> Alertmanager | None:
    """The configuration; None where there is none at all. What Alertmanager would refuse of it is reported."""
    documents = parse_documents(text, file, diagnostics)
    root = documents[0].root if documents else None
    reader = _Reader(diagnostics)
    if not isinstance(root, Mapping) or not isinstance(root.get("route"), Mapping):
        span = Span(file, 1, 1, 1, 1) if root is None else root.span
        reader.refuse("the file has no routes", span, "a mapping with `route` and `receivers`")
        return None
    config = reader.configuration(root)
    _check_tree(config, root, diagnostics)
    return config


@dataclass(frozen=True, slots=True)
class _Reader:
    diagnostics: Diagnostics

    def refuse(self, message: str, span: Span, allowed: str = "") -> None:
        self.diagnostics.error(problems.ALERTMANAGER, message, span, allowed=allowed)

    def configuration(self, root: Mapping) -> Alertmanager:
        self.check_keys(root, _TOP, "the configuration")
        route = root.get("route")
        settings = root.get("global")
        intervals = (*self.mappings(root, "time_intervals"), *self.mappings(root, "mute_time_intervals"))
        return Alertmanager(
            route=self.route(route if isinstance(route, Mapping) else root),
            receivers=tuple(map(self.receiver, self.mappings(root, "receivers"))),
            inhibit_rules=tuple(map(self.inhibit_rule, self.mappings(root, "inhibit_rules"))),
            time_intervals=tuple(map(self.interval, intervals)),
            templates=self.texts(root, "templates"),
            globals=plain(settings) if isinstance(settings, Mapping) else {},
        )

    def route(self, node: Mapping) -> Route:
        self.check_keys(node, _ROUTE, "a route")
        return Route(
            receiver=self.text(node, "receiver"),
            matchers=self.matchers(node, ""),
            routes=tuple(map(self.route, self.mappings(node, "routes"))),
            is_continued=self.text(node, "continue") == "true",
            group_by=self.group_by(node),
            group_wait=self.duration(node, "group_wait"),
            group_interval=self.duration(node, "group_interval", is_positive=True),
            repeat_interval=self.duration(node, "repeat_interval", is_positive=True),
            active=self.texts(node, "active_time_intervals"),
            muted=self.texts(node, "mute_time_intervals"),
            origin=str(node.span),
        )

    def group_by(self, node: Mapping) -> tuple[str, ...] | None:
        names = self.texts(node, "group_by")
        if EVERY_LABEL in names and len(names) > 1:
            self.refuse(f"`{EVERY_LABEL}` stands beside other labels", node.entries["group_by"].span)
        if len(set(names)) < len(names):
            self.refuse("a label to group by is named twice", node.entries["group_by"].span)
        return names or None

    def receiver(self, node: Mapping) -> Receiver:
        integrations = []
        for kind, entries in node.entries.items():
            if kind == "name":
                continue
            if not kind.endswith("_configs"):
                self.refuse(f"a receiver has no `{kind}`", node.keys[kind], "name, and lists of integrations")
            for entry in self.mappings(node, kind) if isinstance(entries, Sequence) else ():
                integrations.append(Integration(kind, plain(entry), kind in PAGERS))
        return Receiver(self.name(node, "a receiver"), tuple(integrations), str(node.span))

    def inhibit_rule(self, node: Mapping) -> InhibitRule:
        self.check_keys(node, _INHIBIT, "an inhibition rule")
        return InhibitRule(
            source=self.matchers(node, "source_"),
            target=self.matchers(node, "target_"),
            equal=self.texts(node, "equal"),
            origin=str(node.span),
        )

    def matchers(self, node: Mapping, prefix: str) -> tuple[LabelMatcher, ...]:
        """In the two old notations and in the one of today."""
        found = [
            *self.pairs(node, f"{prefix}match", "="),
            *self.pairs(node, f"{prefix}match_re", "=~"),
        ]
        for item in self.items(node, f"{prefix}matchers"):
            try:
                given = parse_matchers(_text(item) or "")
            except ValueError as error:
                self.refuse(str(error), item.span, ALLOWED)
                continue
            found += [matcher for matcher in given if self.is_followed(matcher, item.span)]
        return tuple(found)

    def pairs(self, node: Mapping, key: str, operator: MatchOperator) -> Iterator[LabelMatcher]:
        given = node.get(key)
        for name, value in given.entries.items() if isinstance(given, Mapping) else ():
            matcher = LabelMatcher(name, operator, _text(value) or "")
            if self.is_followed(matcher, value.span):
                yield matcher

    def is_followed(self, matcher: LabelMatcher, span: Span) -> bool:
        """Whether a regular expression is one for Alertmanager and for what proves it."""
        if matcher.op in {"=", "!="}:
            return True
        try:
            if _LOOK_AROUND.search(matcher.value):
                raise ValueError(f"the regular expression `{matcher.value}` looks around or back")
            compiled(matcher.value)
        except ValueError as error:
            self.refuse(str(error), span, "the syntax of RE2, without `\\p`, `\\z` and `[[:name:]]`")
            return False
        return True

    def interval(self, node: Mapping) -> TimeInterval:
        self.check_keys(node, ("name", "time_intervals"), "a time interval")
        moments = tuple(map(self.moments, self.mappings(node, "time_intervals")))
        return TimeInterval(self.name(node, "a time interval"), moments)

    def moments(self, node: Mapping) -> Moments:
        self.check_keys(node, _MOMENTS, "a time interval")
        for key, given in node.entries.items():
            if isinstance(given, Sequence) and not given.items:
                self.refuse(f"an empty `{key}` holds never", given.span, "no such key, which holds always")
        location = self.text(node, "location")
        if location and not _is_zone(location):
            self.refuse(f"`{location}` is no time zone", node.entries["location"].span, "Europe/London")
        return Moments(
            times=tuple(self.read(self.mappings(node, "times"), _times)),
            weekdays=tuple(self.read(self.items(node, "weekdays"), _weekdays)),
            days_of_month=tuple(self.read(self.items(node, "days_of_month"), _days_of_month)),
            months=tuple(self.read(self.items(node, "months"), _months)),
            years=tuple(self.read(self.items(node, "years"), _years)),
            location=location if _is_zone(location or "UTC") else "",
        )

    def read(self, nodes: Iterable[Node], reader: Callable[[Node], T]) -> Iterator[T]:
        """What can be read; the rest is reported."""
        for node in nodes:
            try:
                yield reader(node)
            except ValueError as error:
                self.refuse(str(error), node.span)

    def duration(self, node: Mapping, key: str, *, is_positive: bool = False) -> Duration | None:
        text = self.text(node, key)
        if not text:
            return None
        try:
            found = Duration(0) if text == "0" else Duration.parse(text)
        except ValueError as error:
            self.refuse(str(error), node.entries[key].span)
            return None
        if is_positive and not found.ms:
            self.refuse(f"`{key}` is zero", node.entries[key].span, "a time, such as 5m")
        return found

    def name(self, node: Mapping, what: str) -> str:
        name = self.text(node, "name")
        if not name:
            self.refuse(f"{what} has no name", node.span)
        return name

    def text(self, node: Mapping, key: str) -> str:
        """The text of a key; empty where there is none."""
        given = node.get(key)
        found = _text(given) if given is not None else ""
        if found is None:
            assert given is not None
            self.refuse(f"`{key}` is no text", given.span)
        return found or ""

    def texts(self, node: Mapping, key: str) -> tuple[str, ...]:
        return tuple(text for item in self.items(node, key) if (text := _text(item)))

    def mappings(self, node: Mapping, key: str) -> Iterator[Mapping]:
        for item in self.items(node, key):
            if isinstance(item, Mapping):
                yield item
            else:
                self.refuse(f"an entry of `{key}` is no mapping", item.span)

    def items(self, node: Mapping, key: str) -> tuple[Node, ...]:
        given = node.get(key)
        if isinstance(given, Sequence):
            return given.items
        if given is not None and not (isinstance(given, Scalar) and given.value is None):
            self.refuse(f"`{key}` is no list", given.span)
        return ()

    def check_keys(self, node: Mapping, known: Collection[str], what: str) -> None:
        for key in node.entries.keys() - known:
            self.refuse(f"{what} has no `{key}`", node.keys[key], ", ".join(sorted(known)))


def _check_tree(config: Alertmanager, root: Mapping, diagnostics: Diagnostics) -> None:
    """What Alertmanager refuses of names, and of the root."""
    reader = _Reader(diagnostics)
    node = root.entries["route"]
    route = config.route
    if not route.receiver:
        reader.refuse("the root of the routes has no receiver", node.span)
    if route.matchers or route.active or route.muted or route.is_continued:
        reader.refuse(
            "the root of the routes has matchers, time intervals or `continue`",
            node.span,
            "none of them: it is for every alert that no route below wants, at any time",
        )
    _check_twice(reader, "receiver", [one.name for one in config.receivers], root)
    _check_twice(reader, "time interval", [one.name for one in config.time_intervals], root)
    known = {
        "receiver": {one.name for one in config.receivers},
        "time interval": {one.name for one in config.time_intervals},
    }
    _check_names(reader, node, known)


def _check_twice(reader: _Reader, what: str, names: list[str], root: Mapping) -> None:
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        reader.refuse(f"the {what} `{name}` is defined twice", root.span)


def _check_names(reader: _Reader, node: Node, known: dict[str, set[str]]) -> None:
    """What routes name is defined."""
    if not isinstance(node, Mapping):
        return
    names = {
        "receiver": [one for one in (node.get("receiver"),) if one is not None],
        "time interval": [
            *reader.items(node, "mute_time_intervals"),
            *reader.items(node, "active_time_intervals"),
        ],
    }
    for what, items in names.items():
        for item in items:
            if (name := _text(item)) and name not in known[what]:
                reader.refuse(f"there is no {what} `{name}`", item.span, ", ".join(sorted(known[what])))
    for child in reader.items(node, "routes"):
        _check_names(reader, child, known)


def _text(node: Node) -> str | None:
    """A scalar as Alertmanager reads it where it wants text; None for what is none."""
    if not isinstance(node, Scalar):
        return None
    if isinstance(node.value, bool):
        return str(node.value).lower()
    return "" if node.value is None else str(node.value)


def _is_zone(location: str) -> bool:
    """`Local` is left out: it is another zone on every machine."""
    try:
        ZoneInfo(location)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _times(node: Node) -> tuple[int, int]:
    assert isinstance(node, Mapping)
    start, end = (_minute(node.get(key)) for key in ("start_time", "end_time"))
    if start >= end:
        raise ValueError("the time ends before it starts; what passes midnight is two times")
    return start, end


def _minute(node: Node | None) -> int:
    text = _text(node) if node is not None else None
    if text is None or not _CLOCK.fullmatch(text):
        raise ValueError(f"`{text or ''}` is no time of the day; write for example 08:30")
    return int(text[:2]) * 60 + int(text[3:])


def _weekdays(node: Node) -> tuple[int, int]:
    return _range(node, lambda text: _place(text, WEEKDAYS, 0))


def _months(node: Node) -> tuple[int, int]:
    return _range(node, lambda text: int(text) if text.isdigit() else _place(text, _MONTHS, 1))


def _years(node: Node) -> tuple[int, int]:
    return _range(node, int)


def _days_of_month(node: Node) -> tuple[int, int]:
    first, last = _range(node, int, is_ordered=False)
    if not (1 <= abs(first) <= 31 and 1 <= abs(last) <= 31):
        raise ValueError(f"`{_text(node)}` is no day of the month; write 1 to 31, or -1 for the last")
    if first < 0 < last:
        raise ValueError(f"`{_text(node)}` starts from the end of the month and ends from its start")
    if (first if first > 0 else 28 + first) > (last if last > 0 else 28 + last):
        raise ValueError(f"`{_text(node)}` ends before it starts")
    return first, last


def _range(node: Node, read: Callable[[str], int], *, is_ordered: bool = True) -> tuple[int, int]:
    first, _, last = (_text(node) or "").lower().partition(":")
    found = read(first), read(last or first)
    if is_ordered and found[0] > found[1]:
        raise ValueError(f"`{_text(node)}` ends before it starts")
    return found


def _place(text: str, names: tuple[str, ...], first: int) -> int:
    if text not in names:
        raise ValueError(f"`{text}` is none of {', '.join(names)}")
    return names.index(text) + first
