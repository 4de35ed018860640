"""What the error ratio of each window must be, and so which tiers must fire, for a history in pieces of constant rates.

This is the model that the rules are held to: plain sums of events, from the definition of a window and of a tier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.compiler.proofs.subject import Subject
from promgen.model.burnrate import PAIR_WINDOW, RAW_WINDOW_LIMIT
from promgen.model.slo import Tier

DOUBTFUL = 0.005
"""A ratio this near to a threshold (relative) says nothing about whether it is above."""
_PAIR_WINDOW_LIMIT = DAY * 6
"""Windows beyond it, and those of a day and more of an SLO with exclusions, are summed from blocks."""
_BEFORE = 100.0
"""Times as much traffic before the longest window: whoever looks beyond it sees little else."""


class Stretch(NamedTuple):
    """So many intervals with so many events in each, and so many of them bad; the youngest stretch comes first."""

    length: int
    total: float
    bad: float


History = Sequence[Stretch]


class Window(NamedTuple):
    """A window of the error ratio, as a number of the newest intervals."""

    length: Duration
    source: Literal["now", "measured", "pair", "blocks"]
    """The base pair itself, counters of the measured series, or sums of the pair, directly or by the hour."""
    intervals: int


def events(history: History, intervals: float) -> tuple[float, float]:
    """All and bad events of the newest intervals."""
    total = bad = 0.0
    for stretch in history:
        part = min(stretch.length, intervals)
        total += part * stretch.total
        bad += part * stretch.bad
        intervals -= part
        if intervals <= 0:
            break
    return total, bad


@dataclass(frozen=True)
class Predictor:
    """The windows of one SLO at one interval of samples; with a limit, those up to it and the tiers that need no other."""

    subject: Subject
    interval: Duration
    limit: Duration | None = None

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Shortest first."""
        return tuple(self._window(length) for length in self.subject.windows if self._is_within(length))

    def _is_within(self, length: Duration) -> bool:
        return self.limit is None or length <= self.limit

    @cached_property
    def tiers(self) -> tuple[Tier, ...]:
        """Those of which all windows are known."""
        return tuple(tier for tier in self.subject.slo.tiers if self._is_within(max(tier.long, tier.short)))

    @cached_property
    def by_length(self) -> dict[Duration, Window]:
        return {window.length: window for window in self.windows}

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The ages, in intervals, at which windows end; ascending."""
        ends = {window.intervals for window in self.windows}
        if (
            self.subject.slo.min_bad_events is not None
        ):  # the guard looks at the pair, whatever the ratio is taken from
            ends |= {length.ms // self.interval.ms for length in self.by_length}
        return tuple(sorted(ends))

    @cached_property
    def now(self) -> int:
        """The intervals of the pair's own five minutes."""
        return PAIR_WINDOW.ms // self.interval.ms

    def _window(self, length: Duration) -> Window:
        intervals = length.ms // self.interval.ms
        if length == PAIR_WINDOW:
            return Window(length, "now", intervals)
        if self.subject.is_counted and length <= RAW_WINDOW_LIMIT:
            # Samples and evaluations do not coincide, so n samples lie in it, and n - 1 increments between them.
            return Window(length, "measured", intervals - 1)
        if self.subject.block is not None and self.uses_blocks(length):
            # The complete blocks of the window and the one that has begun; at a moment on the hour that is a whole one.
            return Window(length, "blocks", (length + self.subject.block).ms // self.interval.ms)
        return Window(length, "pair", intervals)

    def uses_blocks(self, length: Duration) -> bool:
        """Whether a window is summed from blocks."""
        if self.subject.block is None:
            return False
        return length > _PAIR_WINDOW_LIMIT or (bool(self.subject.slo.exclusions) and length >= DAY)

    @cached_property
    def minute(self) -> int:
        """The intervals of a minute."""
        return MINUTE.ms // self.interval.ms

    def counted(self, history: History, window: Window) -> tuple[float, float]:
        """All and bad events of a window."""
        if window.source == "pair":
            return self._recorded(history, window.intervals)
        return events(history, window.intervals)

    def _recorded(self, history: History, intervals: int) -> tuple[float, float]:
        """Events as the pair records them; what is counted is recorded for the newest minute as a mean of five."""
        total, bad = events(history, intervals)
        if not self.subject.is_counted:
            return total, bad
        newest, mean = events(history, self.minute), events(history, self.now)
        share = self.minute / self.now
        return total - newest[0] + mean[0] * share, bad - newest[1] + mean[1] * share

    def ratio(self, history: History, length: Duration) -> float:
        """The error ratio of a window; 0 where nothing happened."""
        total, bad = self.counted(history, self.by_length[length])
        return bad / total if total else 0.0

    def fires(self, history: History, tier: Tier) -> bool | None:
        """Whether a tier's condition holds; None for a history that is too near to a threshold to say."""
        threshold = float(tier.threshold(self.subject.slo.objective))
        parts = [
            _above(self.ratio(history, tier.long), threshold),
            self._still_bad(history, tier, threshold),
            self._enough(history, tier),
        ]
        if False in parts:
            return False
        return None if None in parts else True

    def _still_bad(self, history: History, tier: Tier, threshold: float) -> bool | None:
        """Over the short window; where failures must be several, an empty short window is no recovery."""
        empty = max(tier.short, PAIR_WINDOW).ms // self.interval.ms
        if self.subject.slo.min_bad_events and not events(history, empty)[0]:
            return True
        return _above(self.ratio(history, tier.short), threshold)

    def _enough(self, history: History, tier: Tier) -> bool | None:
        least = self.subject.slo.min_bad_events
        if least is None:
            return True
        return _above(self.bad_events(history, tier.long), least - 0.5)

    def bad_events(self, history: History, length: Duration) -> float:
        """Bad events of a window as the guard of low traffic counts them, from the pair."""
        return self._recorded(history, length.ms // self.interval.ms)[1]

    # --- histories

    def constant(self, ratio: float, total: float = 1.0) -> History:
        """The same share of bad events all the time."""
        return self._pieces([ratio] * (len(self.edges) + 1), total)

    def bad_within(self, first: int, last: int, total: float = 1.0) -> History:
        """Everything bad between two edges, numbered from 0 for now, and nothing else."""
        return self._pieces([float(first <= place < last) for place in range(len(self.edges) + 1)], total)

    def profile(self) -> History:
        """More events and a smaller share of bad ones the older it is, so that no two windows have a rate in common."""
        history = self._pieces([0.5 / (place + 1) ** 2 for place in range(len(self.edges) + 1)], 1.0)
        return [one for place, stretch in enumerate(history, 1) for one in louder([stretch], place)]

    def place(self, length: Duration) -> int:
        """The edge at which a window's ratio ends, numbered from 1; 0 is now."""
        return self.edges.index(self.by_length[length].intervals) + 1

    def place_in_pair(self, length: Duration) -> int:
        """The edge at which a window over the pair ends, numbered from 1."""
        return self.edges.index(length.ms // self.interval.ms) + 1

    def cut(self, history: History) -> History:
        """The same history in stretches of which none reaches beyond the end of a window."""
        found: list[Stretch] = []
        for age, (length, total, bad) in ages(history):
            ends = [edge for edge in self.edges if age < edge < age + length]
            for first, last in pairwise((age, *ends, age + length)):
                found.append(Stretch(last - first, total, bad))
        return found

    def _pieces(self, ratios: Sequence[float], total: float) -> History:
        beyond = self.edges[-1] + min(self.edges[-1], HOUR.ms // self.interval.ms)
        lengths = [last - first for first, last in pairwise((0, *self.edges, beyond))]
        *pieces, before = [
            Stretch(length, total, total * ratio) for length, ratio in zip(lengths, ratios, strict=True)
        ]
        return [*pieces, *louder([before], _BEFORE)]


def scaled(history: History, factor: float) -> History:
    """The same history with more bad events."""
    return [stretch._replace(bad=stretch.bad * factor) for stretch in history]


def louder(history: History, factor: float) -> History:
    """The same history with more traffic."""
    return [Stretch(length, total * factor, bad * factor) for length, total, bad in history]


def _above(value: float, threshold: float) -> bool | None:
    if abs(value - threshold) <= DOUBTFUL * threshold:
        return None
    return value > threshold


def ages(history: History) -> Iterator[tuple[int, Stretch]]:
    """Each stretch with the age of its newest interval."""
    age = 0
    for stretch in history:
        yield age, stretch
        age += stretch.length
