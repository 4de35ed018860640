"""A made-up past of compiled SLOs: what is scraped, what was counted, and what the rules record of it.

Three liberties keep a month affordable; none changes a number. The base pair and the 5-minute ratio are recorded every
minute, but the sums of a block only at the last evaluation of each block, which is all that a reader outside the block
sees, and all other rules only at the moments that are asked for. A rule is evaluated by the real server at the exact
millisecond at which a group would be. Where a series ends the server's staleness marker is written, as a live server would.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from promgen.base import conventions as names
from promgen.base.durations import MINUTE
from tests.compiler.projects import compile_files, output_of
from tests.real import History, Install, Prometheus, RecordingRule, Sample, Series, load_groups, split_levels
from tests.rules.remote import STALE, Written, store

HOUR, DAY = 3_600, 86_400
START = 1_735_689_600  # 2025-01-01, a Wednesday
END_OF_TIME = 1 << 40

EVERY_MINUTE = {names.TOTAL_EVENTS, names.BAD_EVENTS, names.error_ratio(MINUTE * 5)}
EVERY_BLOCK = {
    names.BLOCK_START,
    names.PERIOD_START,
    names.BAD_BLOCK,
    names.TOTAL_BLOCK,
    names.OBSERVED_BLOCK,
}

_STEPS_PER_QUERY = 10_000
_WORKERS = 4

Shape = Callable[[int], float]
"""How many events happen in the scrape interval that ends at a Unix time."""
Gaps = Sequence[tuple[int, int]]
"""Times at which something did not happen: from the first moment to just before the second."""
Labels = tuple[tuple[str, str], ...]


def nothing(_: int) -> float:
    """No events."""
    return 0


def in_gap(gaps: Gaps, at: float) -> bool:
    """Whether a moment lies in one of the gaps."""
    return any(first <= at < after for first, after in gaps)


@dataclass(frozen=True, slots=True)
class Events:
    """Bad and all events, as they were made up."""

    bad: float
    total: float

    @property
    def ratio(self) -> float:
        return self.bad / self.total if self.total else 0.0

    def __sub__(self, other: Events) -> Events:
        return Events(self.bad - other.bad, self.total - other.total)

    def __add__(self, other: Events) -> Events:
        return Events(self.bad + other.bad, self.total + other.total)


@dataclass(slots=True)
class Count:
    """The events of some series, to be added up over any time."""

    labels: Mapping[str, str]
    times: Sequence[int]
    bad: Sequence[float]
    total: Sequence[float]

    def over(self, after: float, until: float) -> Events:
        """Events of the scrape intervals that end after the one moment, up to and including the other."""
        first, last = bisect_right(self.times, after), bisect_right(self.times, until)
        return Events(self.bad[last] - self.bad[first], self.total[last] - self.total[first])


@dataclass(frozen=True, slots=True)
class Budget:
    """What the rules say about the period of one group at one moment; None is an absent series."""

    ratio: float | None
    bad: float | None
    total: float | None
    remaining: float | None
    allowed: float | None
    coverage: float | None
    exhaustion: float | None


@dataclass
class Past:
    """One project, one history. `specifications` are the files below slo-specs/; `project` goes into promgen.yaml."""

    install: Install
    folder: Path
    specifications: Mapping[str, str]
    project: str = ""
    offset: float = 0
    """Second of the minute at which the group of the SLO is evaluated."""
    reader_offset: float = 0
    """How much later the group of the period is evaluated."""
    down: Gaps = ()
    """When Prometheus did not run: nothing is scraped, nothing is evaluated, and no staleness marker is written."""
    counts: list[Count] = field(default_factory=list)
    answers: dict[tuple[str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))
    _series: list[Series] = field(default_factory=list)
    _markers: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        root = self.folder / "project"
        root.mkdir(parents=True, exist_ok=True)
        output = output_of(compile_files(root, dict(self.specifications), self.project))
        self.rule_files = []
        for path, artifact in output.tree.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(artifact.content)
            if path.endswith(names.RULES_SUFFIX):
                self.rule_files.append(root / path)
        self.groups = [group for path in self.rule_files for group in load_groups(path)]
        self.history = History(self.install, self.folder / "history")

    def scrape(
        self,
        good: Shape,
        bad: Shape | None,
        times: range,
        *,
        metric: str = "requests_total",
        labels: Mapping[str, str] | None = None,
        gaps: Gaps = (),
        restarts: Iterable[int] = (),
        bad_born: int = 0,
        ends: bool = True,
    ) -> Count:
        """Counters of good and bad events (`code` 200 and 500); `bad` None is a series that never came to be.

        What happens in a gap between scrapes is counted, and is inside the counter when scrapes go on. A restart empties
        the counters: what happened since the scrape before is lost, and is not counted.
        """
        labels = dict(labels or {})
        lost = set(restarts)
        missed = (*gaps, *self.down)
        totals, bads = [0.0], [0.0]
        for made, series_labels, born in (
            (good, {**labels, "code": "200"}, 0),
            (bad, {**labels, "code": "500"}, bad_born),
        ):
            if made is None:
                continue
            points, value = [], 0.0
            for at in times:
                value = 0.0 if at in lost else value + made(at)
                if at >= born and not in_gap(missed, at):
                    points.append((at, value))
            self._series.append(Series(metric, series_labels, points))
            if ends:
                self._mark_ends(metric, series_labels, gaps)
        bad = bad or nothing
        bads += accumulate(0.0 if at in lost else bad(at) for at in times)
        totals += accumulate(0.0 if at in lost else good(at) + bad(at) for at in times)
        count = Count(labels, times, bads, totals)
        self.counts.append(count)
        return count

    def add(self, *series: Series) -> None:
        """Any other series."""
        self._series += series

    def add_written(self, samples: Iterable[Written]) -> None:
        """Samples that only remote write can say."""
        self._markers += samples

    def counted(self, after: float, until: float, **labels: str) -> Events:
        """The truth between two moments, for the groups with these labels."""
        matching = (count for count in self.counts if labels.items() <= count.labels.items())
        return sum((count.over(after, until) for count in matching), Events(0, 0))

    def record(self, since: float, until: float, ask: Iterable[float]) -> None:
        """Let the rules record from one moment to another, and everything at the moments that are asked for."""
        asked = sorted({_ms(at) for at in ask})
        first = math.ceil((_ms(since) - _ms(self.offset)) / 60_000) * 60_000 + _ms(self.offset)
        minutes = [at for at in range(first, _ms(until) + 1, 60_000) if not in_gap(self.down, at / 1000)]
        self._store()
        for level in split_levels(self.groups):
            with self.history.serve() as server:
                for rule in level:
                    self._record(server, rule, minutes, asked)
            self._store()

    def at(self, record: str, at: float, **labels: str) -> float | None:
        """What a rule recorded at a moment that was asked for; None where it recorded nothing."""
        found = [one for one in self.answers[record, _ms(at)] if labels.items() <= one.labels.items()]
        assert len(found) <= 1, f"{record} has several series: {found}"
        return found[0].value if found else None

    def budget(self, at: float, **labels: str) -> Budget:
        """The period of a group at a moment that was asked for."""
        return Budget(
            ratio=self.at(names.PERIOD_ERROR_RATIO, at, **labels),
            bad=self.at(names.BAD_PERIOD, at, **labels),
            total=self.at(names.TOTAL_PERIOD, at, **labels),
            remaining=self.at(names.BUDGET_REMAINING, at, **labels),
            allowed=self.at(names.BUDGET_EVENTS, at, **labels),
            coverage=self.at(names.PERIOD_COVERAGE, at, **labels),
            exhaustion=self.at(names.BUDGET_EXHAUSTION, at, **labels),
        )

    def _record(
        self, server: Prometheus, rule: RecordingRule, minutes: Sequence[int], asked: Sequence[int]
    ) -> None:
        slo_group = [at for at in (_last(minutes, at) for at in asked) if at is not None]
        if rule.record in EVERY_MINUTE:
            moments = sorted({*minutes, *slo_group})
        elif rule.record in EVERY_BLOCK:
            moments = sorted({*_last_of_blocks(minutes, self.block), *slo_group})
        elif rule.interval == 60:
            moments = slo_group
        else:
            moments = [at + _ms(self.reader_offset) for at in slo_group]
        recorded: dict[Labels, list[tuple[int, str]]] = defaultdict(list)
        for metric, points in evaluate(server, rule, moments):
            recorded[_recorded_labels(metric, rule)] += points
        self._keep(rule, recorded, moments, dict(zip(moments, moments, strict=True)), asked, minutes)

    def _keep(
        self,
        rule: RecordingRule,
        recorded: Mapping[Labels, list[tuple[int, str]]],
        moments: Sequence[int],
        _: Any,
        asked: Sequence[int],
        minutes: Sequence[int],
    ) -> None:
        raise NotImplementedError
