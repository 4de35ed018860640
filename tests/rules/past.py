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
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from promgen.base import conventions as names
from promgen.base.durations import MINUTE
from promgen.compiler.output.lock import Lock
from tests.compiler.projects import compile_files, output_of
from tests.real import History, Install, Prometheus, RecordingRule, Sample, Series, load_groups
from tests.real.history import parse_seconds
from tests.rules.remote import RECEIVER, STALE, Written, send, store

HOUR, DAY = 3_600, 86_400
START = 1_735_689_600  # 2025-01-01, a Wednesday

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
    windows: bool = False
    """Whether the error ratios over windows that only alerts read are wanted too."""
    down: Gaps = ()
    """When Prometheus did not run: nothing is scraped, nothing is evaluated, and no staleness marker is written."""
    counts: list[Count] = field(default_factory=list)
    answers: dict[tuple[str, int], list[Sample]] = field(default_factory=lambda: defaultdict(list))
    rules: list[RecordingRule] = field(init=False)
    lock: Lock | None = None
    _minutes: list[int] = field(default_factory=list)
    _series: list[Series] = field(default_factory=list)
    _markers: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = History(self.install, self.folder / "history")
        self.compile(self.specifications)

    def compile(self, specifications: Mapping[str, str]) -> None:
        """Replace the rules, as a merged change does; what was recorded stays."""
        root = self.folder / "project"
        root.mkdir(parents=True, exist_ok=True)
        output = output_of(compile_files(root, dict(specifications), self.project, self.lock))
        self.lock = output.lock
        self.rule_files = []
        for path, artifact in output.tree.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(artifact.content)
            if path.endswith(names.RULES_SUFFIX):
                self.rule_files.append(root / path)
        groups = (group for path in self.rule_files for group in load_groups(path))
        self.rules = [rule for rule in _recording_rules(groups) if self.windows or not _is_for_alerts(rule)]

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
    ) -> Count:
        """Counters of good and bad events (`code` 200 and 500); `bad` None is a series that never came to be.

        What happens in a gap between scrapes is counted, and is inside the counter when scrapes go on. A restart empties
        the counters: what happened since the scrape before is lost, and is not counted.
        """
        labels = dict(labels or {})
        lost = set(restarts)
        missed = (*gaps, *self.down)
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
            self._mark(metric, series_labels, [_ms(first) for first, _ in gaps])
        failed = bad or nothing
        bads = list(accumulate((0.0 if at in lost else failed(at) for at in times), initial=0.0))
        totals = list(accumulate((0.0 if at in lost else good(at) + failed(at) for at in times), initial=0.0))
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
        self._minutes += minutes
        by_hand = list(levels(self.rules))
        while by_hand and any(self._is_heavy(rule) for level in by_hand for rule in level):
            self._store()
            with self.history.serve(**RECEIVER) as server:
                self._record(server, by_hand.pop(0), minutes, asked)
        self._store()
        with self.history.serve(**RECEIVER) as server:
            for level in by_hand:
                self._record(server, level, minutes, asked)
                send(server, self._take_few())

    def at(self, record: str, at: float, **labels: str) -> float | None:
        """What a rule recorded at a moment that was asked for; None where it recorded nothing."""
        found = [one for one in self.answers[record, _ms(at)] if labels.items() <= one.labels.items()]
        assert len(found) <= 1, f"{record} has several series: {found}"
        return found[0].value if found else None

    def evaluation(self, at: float) -> float:
        """The last evaluation of the SLO's group up to a moment: what is known then."""
        return self._minutes[bisect_right(self._minutes, _ms(at)) - 1] / 1000

    def rolling(
        self, at: float, period: int, block: int = HOUR, excluded: Gaps = (), **labels: str
    ) -> Events:
        """The truth of a rolling period: it begins a period before the block of the last evaluation."""
        evaluated = self.evaluation(at)
        begin = (_ms(evaluated) - 1) // (block * 1000) * block - period
        return self.between(begin, evaluated, excluded, **labels)

    def between(self, since: float, until: float, excluded: Gaps, **labels: str) -> Events:
        """The truth without the time that does not count; the excluded times do not overlap."""
        truth = self.counted(since, until, **labels)
        for first, after in excluded:
            if max(first, since) < min(after, until):
                truth -= self.counted(max(first, since), min(after, until), **labels)
        return truth

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
        self,
        server: Prometheus,
        level: Iterable[RecordingRule],
        minutes: Sequence[int],
        asked: Sequence[int],
    ) -> None:
        for rule in level:
            self._record_one(server, rule, minutes, asked)

    def _record_one(
        self, server: Prometheus, rule: RecordingRule, minutes: Sequence[int], asked: Sequence[int]
    ) -> None:
        """Evaluate one rule whenever it matters, and keep what it says."""
        later = 0 if rule.interval == 60 else _ms(self.reader_offset)
        seen = {at: minutes[place - 1] + later for at in asked if (place := bisect_right(minutes, at))}
        moments = set(seen.values())
        if self._is_heavy(rule):
            moments |= set(minutes)
        elif rule.record in EVERY_BLOCK:
            moments |= set(_last_of_blocks(minutes, self._blocks[_identity(rule)]))
        recorded: dict[Labels, dict[int, str]] = defaultdict(dict)
        for metric, found in evaluate(server, rule, sorted(moments)):
            recorded[_recorded_labels(metric, rule)].update(found)
        for labels, unordered in recorded.items():
            points = dict(sorted(unordered.items()))  # two results of a rule may become one series
            self._series.append(
                Series(rule.record, dict(labels), [(at / 1000, value) for at, value in points.items()])
            )
            if self._is_heavy(rule):
                self._mark(rule.record, dict(labels), _ends(points, minutes))
            for at, moment in seen.items():
                if moment in points:
                    sample = Sample({**dict(labels), "__name__": rule.record}, float(points[moment]))
                    self.answers[rule.record, at].append(sample)

    def _mark(self, metric: str, labels: Mapping[str, str], moments: Iterable[int]) -> None:
        self._markers += [Written({**labels, "__name__": metric}, at, STALE) for at in moments]

    def _is_heavy(self, rule: RecordingRule) -> bool:
        """Whether other rules read its every minute; a 5-minute ratio is read so by composites only."""
        if rule.record == names.error_ratio(MINUTE * 5):
            return any(other.record in EVERY_MINUTE and _reads(other, rule) for other in self.rules)
        return rule.record in EVERY_MINUTE

    def _take_few(self) -> list[Written]:
        """What waits, when it is little enough to be sent to a running server."""
        taken = [
            Written({**series.labels, "__name__": series.name}, _ms(float(at)), float(value))
            for series in self._series
            for at, value in series.points
        ]
        self._series = []
        return taken

    def _store(self) -> None:
        """Move everything that waits into the history."""
        self.history.add(*self._series)
        if self._markers:
            store(self.history, self._markers)
        self._series, self._markers = [], []

    @property
    def _blocks(self) -> dict[str, int]:
        """The length of a block in seconds, by identity."""
        return {
            _identity(rule): int(found[1])
            for rule in self.rules
            if rule.record == names.BLOCK_START and (found := re.search(r"% (\d+)\)", rule.expr))
        }


def evaluate(
    server: Prometheus, rule: RecordingRule, moments: Sequence[int]
) -> Iterator[tuple[dict[str, str], list[tuple[int, str]]]]:
    """The rule's samples at moments in milliseconds, by metric; values stay the texts of the API."""
    single: list[int] = []
    for run in _runs(moments):
        if len(run) < 10 or rule.is_bound_to_evaluation:
            single += run
            continue
        start, end = f"{run[0] / 1000:.3f}", f"{run[-1] / 1000:.3f}"
        for one in server.ask("query_range", query=rule.expr, start=start, end=end, step=60)["result"]:
            yield one["metric"], [(_ms(at), value) for at, value in one["values"]]

    def ask(at: int) -> Any:
        return server.ask("query", query=rule.expr, time=f"{at / 1000:.3f}")["result"]

    with ThreadPoolExecutor(_WORKERS) as pool:
        for at, answer in zip(single, pool.map(ask, single), strict=True):
            yield from ((one["metric"], [(at, one["value"][1])]) for one in answer)


def levels(rules: Iterable[RecordingRule]) -> Iterator[list[RecordingRule]]:
    """Rules that read only what earlier levels recorded; unlike the harness's, it tells SLOs apart by identity."""
    waiting = list(rules)
    while waiting:
        level = [rule for rule in waiting if not any(_reads(rule, other) for other in waiting)]
        assert level, f"these rules read each other: {sorted(rule.record for rule in waiting)}"
        yield level
        waiting = [rule for rule in waiting if rule not in level]


def _reads(rule: RecordingRule, other: RecordingRule) -> bool:
    return _identity(other) in rule.expr and rule.reads(other.record)


def _identity(rule: RecordingRule) -> str:
    identity = ((label, rule.labels[label]) for label in names.IDENTITY_LABELS if label in rule.labels)
    return ",".join(f'{label}="{value}"' for label, value in identity)


def _recording_rules(groups: Iterable[Mapping[str, Any]]) -> Iterator[RecordingRule]:
    for group in groups:
        for rule in group["rules"]:
            if "record" in rule:
                interval = parse_seconds(group["interval"])
                yield RecordingRule(rule["record"], str(rule["expr"]), rule.get("labels", {}), interval)


def _is_for_alerts(rule: RecordingRule) -> bool:
    needed = (names.error_ratio(MINUTE * 5), names.error_ratio(MINUTE * 60))
    return rule.record.startswith("slo:error_ratio:") and rule.record not in needed


def _runs(moments: Sequence[int]) -> Iterator[list[int]]:
    """Moments a minute apart stay together, as many as one query may have."""
    run: list[int] = []
    for at in moments:
        if run and (at - run[-1] != 60_000 or len(run) == _STEPS_PER_QUERY):
            yield run
            run = []
        run.append(at)
    if run:
        yield run


def _last_of_blocks(minutes: Iterable[int], seconds: int) -> Iterable[int]:
    """The last evaluation in each block; the one exactly at its end still belongs to it."""
    return {(at - 1) // (seconds * 1000): at for at in minutes}.values()


def _ends(points: Mapping[int, str], minutes: Sequence[int]) -> Iterator[int]:
    """The evaluations at which a series that was there is not there any more."""
    for before, at in pairwise(minutes):
        if before in points and at not in points:
            yield at


def _recorded_labels(metric: Mapping[str, str], rule: RecordingRule) -> Labels:
    """As Prometheus does it: the rule's labels win."""
    labels = {**metric, **rule.labels}
    return tuple(sorted((name, value) for name, value in labels.items() if name != "__name__"))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
