"""The measured series of an SLI that counts events: which series its selectors choose, and how each must grow.

A rate is linear in its counters, so no expression is evaluated: it is enough to know which series an expression counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from promgen.compiler.proofs.subject import Labels, selector
from promgen.compiler.proofs.timeline import Piece, counter, exact, number
from promgen.model.slo import EventSli, NativeLatencySli
from promgen.promql import (
    Binary,
    Call,
    LabelMatcher,
    MatchOperator,
    Node,
    Vector,
    example_labels,
    matches,
    parse,
    tree,
    walk,
)

Role = Literal["all", "good", "bad"]
"""Which of the events a series counts."""

_REPLICAS = {"a": 0.25, "b": 0.75}
"""Two series where one would do, with different shares, so that a sum is neither a mean nor a maximum."""
_REPLICA_LABELS = ("instance", "pod", "replica", "proof_replica")
_OPPOSITE: dict[MatchOperator, MatchOperator] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_FAILURES = 60.0
_FAR = 40
"""Powers of two between which a threshold must lie to be put between two buckets."""


class BeyondError(Exception):
    """An expression that no made-up series can be found for; the message is the reason."""


class Growth(NamedTuple):
    """So many samples, each with so many events more in all, and so many of them bad."""

    times: int
    total: float
    bad: float


class Selected(NamedTuple):
    """Series of one metric that are counted."""

    metric: str
    matchers: tuple[LabelMatcher, ...]

    def chooses(self, metric: str, labels: Labels) -> bool:
        """Whether a series is one of them."""
        return metric == self.metric and matches(self.matchers, labels)


@dataclass(frozen=True, slots=True)
class Channel:
    """A measured series, without group and replica, and what it counts; `share` of all series with this role."""

    metric: str
    labels: dict[str, str]
    role: Role
    share: float = 1.0


def selected(text: str) -> tuple[Vector, ...]:
    """Every selector of an expression."""
    return tuple(node for node in walk(tree(parse(text))) if isinstance(node, Vector))


def example_groups(labels: Sequence[str], vectors: Iterable[Vector]) -> tuple[Labels, ...]:
    """Values of group labels that all selectors allow; the second and further groups differ from the first in one label."""
    matchers = [matcher for vector in vectors for matcher in vector.matchers]
    first: dict[str, str] = {}
    others: dict[str, str] = {}
    for label in labels:
        wanted = [matcher for matcher in matchers if matcher.name == label]
        present = LabelMatcher(label, "!=", "")
        one = (example_labels([*wanted, present]) or {}).get(label, "one")
        another = LabelMatcher(label, "!=", one)
        first[label] = one
        others[label] = (example_labels([*wanted, present, another]) or {}).get(label, "two")
    return (first, *({**first, label: value} for label, value in others.items()))


@dataclass(frozen=True, slots=True)
class EventDriver:
    """Counters for an SLI of events."""

    sli: EventSli
    group_labels: tuple[str, ...]
    channels: tuple[Channel, ...]
    counted: tuple[Selected, ...]

    @property
    def part(self) -> Role:
        """What is measured beside the total."""
        return "bad" if self.sli.bad is not None else "good"

    @property
    def can_exceed(self) -> bool:
        """Whether series exist that count bad events without counting them in the total."""
        return self.part == "bad" and self.has_own_total

    @property
    def has_own_total(self) -> bool:
        """Whether the total is counted by series of its own, and not by those of its parts."""
        return any(channel.role == "all" for channel in self.channels)

    def samples(
        self, group: Labels, age: int, growth: Sequence[Growth], without: Role | None = None
    ) -> Iterator[tuple[str, Piece]]:
        """The series of a group, from so many intervals before a moment on; those of one role may be missing."""
        for channel in self.channels:
            if channel.role != without:
                for series, share in self.replicas(channel, group):
                    steps = ((count, share * _part(channel.role, total, bad)) for count, total, bad in growth)
                    yield series, counter(age, steps)

    def failing(self, group: Labels) -> Iterator[tuple[str, Piece]]:
        """As few series as there can be, with two samples each, between which every event was bad."""
        first = {channel.role: channel for channel in reversed(self.channels) if channel.role != "good"}
        for channel in first.values():
            series, _ = next(self.replicas(channel, group))
            yield series, counter(1, [(1, _FAILURES)])

    def replicas(self, channel: Channel, group: Labels) -> Iterator[tuple[str, float]]:
        """The series of a channel, each with its share of the events of the channel's role."""
        taken = {
            *self.group_labels,
            *channel.labels,
            *(one.name for found in self.counted for one in found.matchers),
        }
        label = next((name for name in _REPLICA_LABELS if name not in taken), "proof_replica_2")
        place = self.channels.index(channel) or ""  # an `or` drops what has the labels of something before it
        for value, share in _REPLICAS.items():
            labels = {**channel.labels, **group, label: f"{value}{place}"}
            yield channel.metric + selector(labels), channel.share * share

    def decoys(self, group: Labels) -> Iterator[str]:
        """Series that a selector would choose if one of its matchers were left out, and that nothing counts."""
        seen = set()
        for found in self.counted:
            for place, matcher in enumerate(found.matchers):
                opposite = LabelMatcher(matcher.name, _OPPOSITE[matcher.op], matcher.value)
                others = (*found.matchers[:place], *found.matchers[place + 1 :], opposite)
                labels = example_labels(others, [one.matchers for one in self._like(found)], group)
                if labels is None or any(one.chooses(found.metric, labels) for one in self.counted):
                    continue
                series = found.metric + selector(labels)
                if series not in seen:
                    seen.add(series)
                    yield series

    def _like(self, found: Selected) -> Iterator[Selected]:
        return (one for one in self.counted if one.metric == found.metric)


def _event_driver(sli: EventSli, group_labels: tuple[str, ...], group: Labels) -> EventDriver:
    """The driver of an SLI; `group` are example values. Raise BeyondError where its expressions are not sums of rates."""
    part: Role = "bad" if sli.bad is not None else "good"
    rest: Role = "good" if part == "bad" else "bad"
    total, half = _counted(sli.total), _counted(sli.bad if sli.bad is not None else sli.good or "")
    inside: list[Channel] = []
    outside: list[Channel] = []
    for found in half:
        labels = _labels(found, (), group)
        is_inside = any(one.chooses(found.metric, {**labels, **group}) for one in total)
        (inside if is_inside else outside).append(Channel(found.metric, labels, part))
    remaining: list[Channel] = []
    for found in total:
        labels = _labels(found, [one.matchers for one in half if one.metric == found.metric], group)
        if not any(one.chooses(found.metric, {**labels, **group}) for one in half):
            remaining.append(Channel(found.metric, labels, rest if inside else "all"))
    if not remaining:
        raise BeyondError(
            "every series of the total is also one of the part, so their ratio is always the same"
        )
    channels = (*_shared(_distinct(inside or outside)), *_shared(_distinct(remaining)))
    return EventDriver(sli, group_labels, channels, tuple(dict.fromkeys((*total, *half))))


def _distinct(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """Each series once, as an `or` takes it."""
    return tuple({channel.metric + selector(channel.labels): channel for channel in channels}.values())


def _shared(channels: Sequence[Channel]) -> Iterator[Channel]:
    return (Channel(one.metric, one.labels, one.role, 1 / len(channels)) for one in channels)


def _labels(found: Selected, avoid: Sequence[Sequence[LabelMatcher]], group: Labels) -> dict[str, str]:
    labels = example_labels(found.matchers, avoid, group)
    if labels is None:
        raise BeyondError(f"no labels were found that the selector of {found.metric} chooses")
    return {label: value for label, value in labels.items() if label not in group}


def _counted(text: str) -> tuple[Selected, ...]:
    return tuple(_terms(tree(parse(text))))


def _terms(node: Node) -> Iterator[Selected]:
    """The counters whose rates an expression gives or adds up."""
    match node:
        case Call("rate" | "irate", (Vector(metric=str(metric), matchers=matchers, times=times),)):
            if times.has_window and not times.offset_ms and not times.at:
                yield Selected(metric, matchers)
                return
        case Binary("or", left, right):
            yield from _terms(left)
            yield from _terms(right)
            return
    raise BeyondError("its expression is more than rates of counters joined by `or`")


def _part(role: Role, total: float, bad: float) -> float:
    return {"all": total, "good": total - bad, "bad": bad}[role]


@dataclass(frozen=True, slots=True)
class NativeDriver:
    """Native histograms: one bucket below the threshold and one above it."""

    sli: NativeLatencySli
    group_labels: tuple[str, ...]
    metric: str
    labels: dict[str, str]

    part: ClassVar[Role] = "all"
    can_exceed: ClassVar[bool] = False

    def samples(
        self, group: Labels, age: int, growth: Sequence[Growth], without: Role | None = None
    ) -> Iterator[tuple[str, Piece]]:
        """The histograms of a group, from so many intervals before a moment on; with one series there is no part to miss."""
        for value, share in _REPLICAS.items():
            labels = {**self.labels, **group, _REPLICA_LABELS[0]: value}
            yield self.metric + selector(labels), self._counter(age, growth, share)

    def decoys(self, group: Labels) -> Iterator[str]:
        """None: a counter beside histograms is left out by the histogram functions anyway."""
        return iter(())

    def failing(self, group: Labels) -> Iterator[tuple[str, Piece]]:
        """As few series as there can be, with two samples each, between which every event was bad."""
        yield next(self.samples(group, 1, [Growth(1, _FAILURES, _FAILURES)]))

    def _counter(self, age: int, growth: Sequence[Growth], share: float) -> Piece:
        good = bad = 2.0**30
        count, printed = 1, [self._histogram(good, bad)]
        for times, total, wrong in growth:
            fast, slow = exact(share * (total - wrong)), exact(share * wrong)
            first = self._histogram(good + fast, bad + slow)
            more = f"+{self._histogram(fast, slow)}x{times - 1}" if times > 1 else ""
            printed.append(first + more)
            good, bad, count = good + times * fast, bad + times * slow, count + times
        return Piece(age, count, " ".join(printed))

    def _histogram(self, good: float, bad: float) -> str:
        """Schema 0: bucket i ends at 2 to the power of i."""
        low = max(i for i in range(-_FAR, _FAR) if 2.0**i <= self.sli.threshold)
        gap = "0 " if 2.0**low < self.sli.threshold else ""
        buckets = f"{number(good)} {gap}{number(bad)}"
        return f"{{{{schema:0 sum:1 count:{number(good + bad)} offset:{low} buckets:[{buckets}]}}}}"


def _native_driver(sli: NativeLatencySli, group_labels: tuple[str, ...], group: Labels) -> NativeDriver:
    """The driver of an SLI; raise BeyondError where its expression is not the rate of one histogram."""
    counted = _counted(sli.rate)
    if len(counted) != 1 or not 2.0**-_FAR < sli.threshold < 2.0 ** (_FAR - 1):
        raise BeyondError("its expression is more than the rate of one histogram")
    (found,) = counted
    return NativeDriver(sli, group_labels, found.metric, _labels(found, (), group))


Driver = EventDriver | NativeDriver


def driver_of(sli: EventSli | NativeLatencySli, group_labels: tuple[str, ...], group: Labels) -> Driver:
    """What makes an SLI's series count; `group` are example values.

    Raise BeyondError where its expressions are not sums of rates, or not the rate of one histogram.
    """
    if isinstance(sli, EventSli):
        return _event_driver(sli, group_labels, group)
    return _native_driver(sli, group_labels, group)
