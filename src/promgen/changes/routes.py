"""Two Alertmanager configurations compared: what is written in them, and which alerts would go to someone else.

Alerts are compared with everything that is not known of their labels before they fire: an alert that some value of a label
would take elsewhere is found as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from promgen.base.conventions import ENVIRONMENT_LABEL, SEVERITY_LABEL, TIER_LABEL
from promgen.base.durations import Duration, format_clock
from promgen.changes.difference import Change, Difference, Status
from promgen.changes.fields import Book, compare
from promgen.compiler.ir.alertmanager import (
    Alertmanager,
    InhibitRule,
    Integration,
    Moments,
    Receiver,
    Route,
    TimeInterval,
)
from promgen.promql import LabelMatcher, format_selector
from promgen.proof.routes.alerts import Alert
from promgen.proof.routes.conditions import Conditions
from promgen.proof.routes.inhibit import matchers_of as matchers_of_rule
from promgen.proof.routes.match import Dispatch, Node, matchers_of
from promgen.proof.routes.space import Box, Space, TooManyError, reached_by, split

_SHOWN = (TIER_LABEL, SEVERITY_LABEL, ENVIRONMENT_LABEL)
"""Labels that tell the alerts of an SLO apart."""
_ADDRESSES = (
    *("channel", "to", "url", "webhook_url", "api_url", "room_id", "chat_id", "topic_arn"),
    *("routing_key", "service_key", "user_key", "api_key"),
)
"""Settings of integrations that decide who is told, what people know first."""
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class Rerouted(NamedTuple):
    """Alerts for which the same changes."""

    alerts: tuple[str, ...]
    """As people call them, each once."""
    status: Status
    """Added for alerts that are new, changed otherwise."""
    changes: tuple[Change, ...]


class Deliveries(NamedTuple):
    """Who would be told otherwise."""

    rerouted: tuple[Rerouted, ...] = ()
    unseen: tuple[str, ...] = ()
    """Alerts that fall into too many cases to be looked at."""


# --- what is written


def compare_configurations(before: Alertmanager | None, after: Alertmanager | None) -> tuple[Difference, ...]:
    """Receivers and time intervals that came, went or differ, and everything else that is written, in one entry."""
    if before is None or after is None:
        if before is after:
            return ()
        status = Status.ADDED if before is None else Status.REMOVED
        return (Difference("Alertmanager", "configuration", status),)
    named = [
        *_compare_named("receiver", before.receivers, after.receivers),
        *_compare_named("time interval", before.time_intervals, after.time_intervals),
    ]
    changes = compare(before, after, _BOOK)
    rest = [Difference("Alertmanager", "configuration", Status.CHANGED, changes)] if changes else []
    return (*named, *rest)


def _compare_named(kind: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[Difference]:
    old, new = ({item.name: item for item in items} for items in (before, after))
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield Difference(kind, name, Status.ADDED if name in new else Status.REMOVED)
        elif changes := compare(old[name], new[name], _BOOK):
            yield Difference(kind, name, Status.CHANGED, changes)


# --- who is told


def compare_deliveries(
    before: Alertmanager, after: Alertmanager, alerts: Iterable[tuple[Alert | None, Alert]]
) -> Deliveries:
    """The alerts that reach other receivers, at other times, grouped otherwise or muted by others; new ones too.

    `alerts` is what each was, None for new ones, and what it is. Raise ValueError for a regular expression in a route that
    cannot be followed.
    """
    pairs = [(old, new) for old, new in alerts if before != after or old != new]
    known = (alert for pair in pairs for alert in pair if alert is not None)
    comparison = _Comparison(before, after, known)
    found: dict[tuple[Status, tuple[Change, ...]], dict[str, None]] = {}
    unseen: dict[str, None] = {}
    for old, new in pairs:
        status = Status.ADDED if old is None else Status.CHANGED
        try:
            for changes in comparison.changes(old, new):
                found.setdefault((status, changes), {})[_title(new)] = None
        except TooManyError:
            unseen[_title(new)] = None
    return Deliveries(tuple(Rerouted(tuple(titles), *key) for key, titles in found.items()), tuple(unseen))


class _Told(NamedTuple):
    """What a route does with some alerts."""

    receiver: Receiver
    group_by: tuple[str, ...]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration
    active: tuple[TimeInterval, ...]
    muted: tuple[TimeInterval, ...]


class _Side:
    """One configuration, asked with the matchers of both."""

    def __init__(self, config: Alertmanager, conditions: Conditions) -> None:
        self.conditions = conditions
        self.root = Dispatch(config.route, conditions).root
        self.inhibit_rules = config.inhibit_rules
        self.receivers = {one.name: one for one in config.receivers}
        self.intervals = {one.name: one for one in config.time_intervals}

    def outcome(self, nodes: Iterable[Node], space: Space, box: Box) -> _Outcome:
        inhibitions = {_inhibition(rule) for rule in self.inhibit_rules if self._may_mute(rule, space, box)}
        return _Outcome(tuple(map(self._told, nodes)), tuple(sorted(inhibitions)))

    def _told(self, node: Node) -> _Told:
        options = node.options
        return _Told(
            self.receivers.get(options.receiver, Receiver(options.receiver, ())),
            tuple(sorted(options.group_by)),
            options.group_wait,
            options.group_interval,
            options.repeat_interval,
            self._named(node.active),
            self._named(node.muted),
        )

    def _may_mute(self, rule: InhibitRule, space: Space, box: Box) -> bool:
        return split(box, space.part(self.conditions.needs(rule.target)))[0] is not None

    def _named(self, names: Iterable[str]) -> tuple[TimeInterval, ...]:
        return tuple(self.intervals.get(name, TimeInterval(name, ())) for name in sorted(names))


class _Outcome(NamedTuple):
    """What becomes of some alerts."""

    told: tuple[_Told, ...]
    inhibited: tuple[str, ...]
    """What may mute some of them."""


class _Comparison:
    """Both configurations for all alerts; those that no matcher tells apart are looked at once."""

    def __init__(self, before: Alertmanager, after: Alertmanager, alerts: Iterable[Alert]) -> None:
        conditions = Conditions((*_all_matchers(before), *_all_matchers(after)))
        self.names = tuple(conditions.columns)
        self.space = Space(conditions, _values(conditions, alerts))
        self.before, self.after = _Side(before, conditions), _Side(after, conditions)
        self._known: dict[tuple[Box | None, Box], tuple[tuple[Change, ...], ...]] = {}

    def changes(self, before: Alert | None, after: Alert) -> Iterable[tuple[Change, ...]]:
        """What changes for some of the alerts of a rule, each once; raise TooManyError where that is too much to see."""
        old, new = None if before is None else self._box(before), self._box(after)
        if (old, new) not in self._known:
            pairs = self._pairs(old, new)
            self._known[old, new] = tuple(
                dict.fromkeys(changes for pair in pairs if (changes := tuple(_compare_outcomes(*pair))))
            )
        return self._known[old, new]

    def _box(self, alert: Alert) -> Box:
        return self.space.box(alert.values(self.names))

    def _pairs(self, old: Box | None, new: Box) -> Iterator[tuple[_Outcome | None, _Outcome]]:
        """Alerts with the same labels on both sides piece by piece; of others, all that may become of them."""
        if old == new:
            for piece, nodes in reached_by(self.space, self.before.root, new):
                for smaller, others in reached_by(self.space, self.after.root, piece):
                    yield (
                        self.before.outcome(nodes, self.space, smaller),
                        self.after.outcome(others, self.space, smaller),
                    )
        else:
            yield None if old is None else self._united(self.before, old), self._united(self.after, new)

    def _united(self, side: _Side, box: Box) -> _Outcome:
        """Of all pieces together."""
        outcomes = [
            side.outcome(nodes, self.space, box) for _, nodes in reached_by(self.space, side.root, box)
        ]
        told: list[_Told] = []
        for one in (told for outcome in outcomes for told in outcome.told):
            if one not in told:
                told.append(one)
        return _Outcome(tuple(told), outcomes[0].inhibited)


def _all_matchers(config: Alertmanager) -> Iterator[LabelMatcher]:
    yield from matchers_of(config.route)
    for rule in config.inhibit_rules:
        yield from matchers_of_rule(rule)


def _values(conditions: Conditions, alerts: Iterable[Alert]) -> dict[str, dict[str, None]]:
    """The values of labels that matchers look at."""
    found: dict[str, dict[str, None]] = {}
    for alert in alerts:
        for name in conditions.columns.keys() & alert.labels.keys():
            found.setdefault(name, {})[alert.labels[name]] = None
    return found


def _compare_outcomes(before: _Outcome | None, after: _Outcome) -> Iterator[Change]:
    yield from _compare_people(_people(before.told) if before is not None else (), _people(after.told))
    if before is None:
        return
    pairs = _paired(before.told, after.told)
    for old, new in pairs:
        name = f"{new.receiver.name}: " if len(pairs) > 1 else ""
        for change in compare(old, new, _TOLD):
            yield change._replace(field=name + change.field)
    if len(before.told) != len(after.told):
        names = [", ".join(one.receiver.name for one in side.told) for side in (before, after)]
        yield Change("routes", names[0], names[1])
    for lost in sorted({*before.inhibited} - {*after.inhibited}):
        yield Change("inhibited by", lost, None)
    for gained in sorted({*after.inhibited} - {*before.inhibited}):
        yield Change("inhibited by", None, gained)


def _paired(before: Iterable[_Told], after: Iterable[_Told]) -> list[tuple[_Told, _Told]]:
    """By the names of receivers, what is left by place."""
    old, new = list(before), list(after)
    pairs = [(one, other) for one in old for other in new if one.receiver.name == other.receiver.name]
    taken = [told for pair in pairs for told in pair]
    rest = ([told for told in side if told not in taken] for side in (old, new))
    return [*pairs, *zip(*rest, strict=False)]


def _people(told: Iterable[_Told]) -> tuple[Integration, ...]:
    """Everything that is told, in whatever receivers it stands."""
    return tuple(one for route in told for one in route.receiver.integrations)


def _compare_people(before: Iterable[Integration], after: Iterable[Integration]) -> Iterator[Change]:
    """Whether others are told, however receivers are called and whatever messages say."""
    old, new = ({_address(one): one for one in side} for side in (before, after))
    if old.keys() == new.keys():
        return
    texts = [sorted({_way(one) for one in side.values()}) for side in (old, new)]
    if texts[0] == texts[1]:
        texts = [sorted(map(" ".join, side)) for side in (old, new)]
    yield Change("told", ", ".join(texts[0]) or None, ", ".join(texts[1]) or None)


def _address(integration: Integration) -> tuple[str, ...]:
    """What decides who is told: the kind, and the settings that are addresses or credentials."""
    settings = integration.settings
    found = (f"{key}={Book().text(settings[key], None, None)}" for key in _ADDRESSES if settings.get(key))
    return integration.kind.removesuffix("_configs"), *found


def _way(integration: Integration) -> str:
    """Such as `slack #operations`; of credentials nothing is said."""
    shown = (integration.settings.get(key) for key in _ADDRESSES)
    place = next((text for text in shown if isinstance(text, str)), "")
    return f"{integration.kind.removesuffix('_configs')} {place}".strip()


# --- words


def _inhibition(rule: InhibitRule) -> str:
    equal = f" with the same {', '.join(sorted(rule.equal))}" if rule.equal else ""
    return format_selector(None, sorted(rule.source, key=str)) + equal


def _title(alert: Alert) -> str:
    """Such as `cart/availability`, the name of its alert, and `(fast, critical, production)`."""
    shown = ", ".join(alert.labels[name] for name in _SHOWN if alert.labels.get(name))
    return f"{alert.subject} {alert.name}" + (f" ({shown})" if shown else "")


def _intervals(found: Iterable[TimeInterval], root: Any) -> str:
    return ", ".join(f"{one.name} ({_moments(one.moments, root)})" for one in found)


def _moments(found: Iterable[Moments], root: Any) -> str:
    return " or ".join(map(_moment, found)) or "never"


def _moment(found: Moments) -> str:
    """Such as `Monday to Friday 09:00 to 17:30 Europe/London`; `always` where nothing is given."""
    parts = [
        _ranges(found.weekdays, lambda day: _DAYS[day % len(_DAYS)]),
        _ranges(found.times, format_clock),
        *(
            f"{name} {_ranges(ranges, str)}"
            for name, ranges in (
                ("days", found.days_of_month),
                ("months", found.months),
                ("years", found.years),
            )
            if ranges
        ),
        found.location,
    ]
    return " ".join(filter(None, parts)) or "always"


def _ranges(found: Iterable[tuple[int, int]], word: Callable[[int], str]) -> str:
    return ", ".join(
        word(first) if first == last else f"{word(first)} to {word(last)}" for first, last in found
    )


def _is_same_set(before: Any, after: Any) -> bool:
    """Whether only the order differs; no list at all is another thing than an empty one."""
    return before is not None and after is not None and set(before) == set(after)


def _matchers(found: Iterable[LabelMatcher], root: Any) -> str:
    return format_selector(None, found)


_BOOK = Book(
    names={
        (Alertmanager, "route"): "",
        (Alertmanager, "inhibit_rules"): "inhibition",
        (Alertmanager, "globals"): "global",
        (Route, "routes"): "route",
        (Route, "is_continued"): "continue",
        (TimeInterval, "moments"): "",
        (Receiver, "integrations"): "",
        (Integration, "settings"): "",
    },
    texts={
        (TimeInterval, "moments"): _moments,
        (Route, "matchers"): _matchers,
        (InhibitRule, "source"): _matchers,
        (InhibitRule, "target"): _matchers,
    },
    same=dict.fromkeys(
        (
            *((Route, name) for name in ("matchers", "group_by", "active", "muted")),
            *((InhibitRule, name) for name in ("source", "target", "equal")),
        ),
        _is_same_set,
    ),
    omitted=frozenset({(Alertmanager, "receivers"), (Alertmanager, "time_intervals")}),
    summaries={Integration: _way},
    keys={Integration: lambda integration: integration.kind},
)
_TOLD = Book(
    omitted=frozenset({(_Told, "receiver")}),
    texts={(_Told, "active"): _intervals, (_Told, "muted"): _intervals},
)
