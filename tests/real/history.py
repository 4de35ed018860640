"""A made-up past for Prometheus: raw series as blocks, and on top of them what recording rules would have recorded.

promtool's own ``create-blocks-from rules`` is not used for the rules. It evaluates a rule by range queries, in which
``@ end()`` means the end of the range instead of the moment of the evaluation; it lets no rule see another; and it moves
evaluations by a hash of the file's path. Here a rule is evaluated by the real server, at moments the test chooses, level by
level, and written back as blocks.

Two differences from a live server remain. A range query writes no staleness markers, so a recorded series that ended is
still visible for the five minutes of the lookback to what reads it. And a rule sees what any other group recorded at the
same moment, where a live server may show it the previous evaluation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from tests.real.fetch import Install
from tests.real.prometheus import Prometheus
from tests.real.promtool import create_blocks
from tests.real.series import Point, Series, write_openmetrics

STEPS_PER_QUERY = 10_000  # a server refuses more than 11,000
WORKERS = 4

Labels = tuple[tuple[str, str], ...]
Groups = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One recording rule, with the interval of its group in seconds (None: the server's)."""

    record: str
    expr: str
    labels: Mapping[str, str]
    interval: int | None

    @property
    def is_bound_to_evaluation(self) -> bool:
        """Whether ``@ start()`` or ``@ end()`` gives a range query another meaning than single evaluations."""
        return re.search(r"@\s*(start|end)\s*\(", self.expr) is not None

    def reads(self, record: str) -> bool:
        """Whether the name of a record occurs in the expression."""
        return re.search(rf"(?<![\w:]){re.escape(record)}(?![\w:])", self.expr) is not None


class History:
    """A database folder that is filled while no server runs on it, and then served."""

    def __init__(self, install: Install, folder: Path) -> None:
        self.install = install
        self.folder = folder
        (folder / "data").mkdir(parents=True, exist_ok=True)

    def add(self, *series: Series) -> None:
        """Store raw series; several at once share blocks, which is much faster than one by one."""
        self._store(series)

    def backfill(self, rules: Path | Groups, *, start: int, end: int, interval: int = 60) -> None:
        """Evaluate every recording rule at ``start``, ``start + interval``, … up to ``end``, and store what it records.

        A group's own interval wins over ``interval``. Alerts are left out: they record nothing a rule reads.
        """
        for level in split_levels(load_groups(rules) if isinstance(rules, Path) else rules):
            with self.serve() as server:
                recorded = [
                    series
                    for rule in level
                    for series in evaluate(server, rule, range(start, end + 1, rule.interval or interval))
                ]
            self._store(recorded)

    def serve(self, **options: Any) -> Prometheus:
        """A server on this history; ``options`` are those of :class:`Prometheus`."""
        return Prometheus(self.install, self.folder, **options)

    def _store(self, series: Iterable[Series]) -> None:
        text = self.folder / "samples.om"
        write_openmetrics(series, text)
        if text.stat().st_size > len("# EOF\n"):
            create_blocks(self.install, text, self.folder / "data")
        text.unlink()


def load_groups(path: Path) -> Groups:
    """The groups of a rule file."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    groups: Groups = content["groups"]
    return groups


def split_levels(groups: Groups) -> tuple[tuple[RecordingRule, ...], ...]:
    """Recording rules in levels: a rule reads only records of earlier levels, so a level can be evaluated at once.

    Which records a rule reads is told by their names in its expression. A cycle (a rule that reads its own past) has no
    level and is refused.
    """
    waiting = list(_recording_rules(groups))
    levels: list[tuple[RecordingRule, ...]] = []
    while waiting:
        level = tuple(rule for rule in waiting if not any(rule.reads(other.record) for other in waiting))
        if not level:
            raise ValueError(
                f"these rules read each other, or themselves: {sorted({rule.record for rule in waiting})}"
            )
        levels.append(level)
        waiting = [rule for rule in waiting if rule not in level]
    return tuple(levels)


def _recording_rules(groups: Groups) -> Iterator[RecordingRule]:
    for group in groups:
        interval = parse_seconds(group["interval"]) if "interval" in group else None
        for rule in group["rules"]:
            if "record" in rule:
                yield RecordingRule(rule["record"], str(rule["expr"]), rule.get("labels", {}), interval)


def parse_seconds(duration: str) -> int:
    """Prometheus's notation of a duration, down to the second: ``1h30m``."""
    units = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
    if not re.fullmatch(r"(\d+[wdhms])+", duration):
        raise ValueError(f"not a duration in whole seconds: {duration!r}")
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([wdhms])", duration))


def evaluate(server: Prometheus, rule: RecordingRule, times: range) -> list[Series]:
    """What the rule records at ``times``; values stay the texts of the API, so nothing is rounded."""
    pieces = (
        _at_each_time(server, rule, times)
        if rule.is_bound_to_evaluation
        else _over_ranges(server, rule, times)
    )
    recorded: dict[Labels, list[Point]] = defaultdict(list)
    for metric, points in pieces:
        recorded[_recorded_labels(metric, rule)].extend(points)
    return [Series(rule.record, dict(labels), _in_order(rule, points)) for labels, points in recorded.items()]


Piece = tuple[dict[str, str], list[Point]]


def _over_ranges(server: Prometheus, rule: RecordingRule, times: range) -> Iterator[Piece]:
    for first in range(0, len(times), STEPS_PER_QUERY):
        part = times[first : first + STEPS_PER_QUERY]
        answer = server.ask("query_range", query=rule.expr, start=part[0], end=part[-1], step=times.step)
        for one in answer["result"]:
            yield one["metric"], [(at, value) for at, value in one["values"]]


def _at_each_time(server: Prometheus, rule: RecordingRule, times: range) -> Iterator[Piece]:
    def ask(at: int) -> Any:
        return server.ask("query", query=rule.expr, time=at)

    with ThreadPoolExecutor(WORKERS) as pool:
        for answer in pool.map(ask, times):
            if answer["resultType"] == "scalar":
                yield {}, [tuple(answer["result"])]
            else:
                yield from ((one["metric"], [tuple(one["value"])]) for one in answer["result"])


def _recorded_labels(metric: Mapping[str, str], rule: RecordingRule) -> Labels:
    """As Prometheus does it: the rule's labels win, an empty one removes the label."""
    labels = {**metric, **rule.labels}
    return tuple(sorted((name, value) for name, value in labels.items() if value and name != "__name__"))


def _in_order(rule: RecordingRule, points: list[Point]) -> list[Point]:
    """Two results may become one series when they alternate; at the same moment a server refuses the evaluation."""
    points.sort(key=lambda point: point[0])
    for (one, _), (other, _) in pairwise(points):
        if one == other:
            raise ValueError(
                f"{rule.record}: two results have the same labels once the rule's labels are applied"
            )
    return points
