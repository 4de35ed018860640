"""Records the inventory of a server: Prometheus, or one that answers most of its questions.

Asked are names, then counts and series in packs of names whose answers stay small; a metric with very many series is
asked label by label. Metadata, targets and the version are taken where the server has them; where it does not tell
its scrape intervals, they are counted in `up`. A native histogram is a metric that the metadata calls a histogram and
that has series under its own name, where a classic one has `_bucket`, `_sum` and `_count` only; or one without metadata
of which `histogram_count` gives something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple, cast, get_args
from urllib.parse import quote

from promgen.base.durations import MINUTE, SECOND, Duration
from promgen.base.errors import OutsideError, UsageError
from promgen.clients.prometheus import Server, UnansweredError
from promgen.model.inventory import MOST_VALUES, Inventory, Metric, MetricType, is_inventoried
from promgen.promql import ExpressionError, LabelMatcher, Vector, format_labels, format_selector, parse, tree

MOST_METRICS = 20_000
PACK_SERIES = 10_000
"""Series that one answer may hold; a metric with more is asked label by label."""
_PACK_LENGTH = 2_500
"""Characters of names in one question, which travels in a URL."""
_HOUR = 3_600
_UP = MINUTE * 10
"""Over which time scrapes are counted where no interval is told."""

Selection = tuple[LabelMatcher, ...]
Metadata = dict[str, tuple[MetricType, str]]
"""Type and unit by family."""
_KINDS = {
    "": get_args(MetricType),
    "_total": ("counter",),
    "_info": ("info",),
    "_bucket": ("histogram",),
    "_sum": ("histogram", "summary"),
    "_count": ("histogram", "summary"),
}
"""Which types of a family have series whose names end so."""


class Seen(NamedTuple):
    """The series of one metric, and how many of them have each value of each label."""

    series: int
    values: dict[str, Counter[str]]


def record_inventory(url: str, *, authorization: str = "", matching: Sequence[str] = ()) -> Inventory:
    """What a server has had in the last hour; of that only what one of the selectors in `matching` selects.

    Raise UsageError for what is no URL or no selector, OutsideError where the server has no answer.
    """
    selections = tuple(map(_selection, matching)) or ((),)
    return _Recorder(Server(url, authorization), selections).record()


@dataclass
class _Recorder:
    server: Server
    selections: tuple[Selection, ...]
    now: float = 0
    """The server's time, in seconds."""

    def record(self) -> Inventory:
        self.now = next((value for _, value in self.server.query("time()")), 0)
        names = self._names()
        metadata = self._metadata()
        counts = self._counts(names)
        natives = self._natives(name for name in names if _described(name, metadata)[0] == "unknown")
        metadata |= dict.fromkeys(natives, ("histogram", ""))
        metrics = {
            name: self._metric(name, counts[name], seen, metadata)
            for pack in _packs(names, counts)
            for name, seen in self._seen(pack, counts).items()
        }
        return Inventory(
            metrics=dict(sorted(metrics.items())),
            scrape_intervals=dict(sorted(self._scrape_intervals().items())),
            prometheus=self._version(),
        )

    def _names(self) -> list[str]:
        chosen = [format_selector(None, selection) for selection in self.selections if selection]
        found = _texts(self._ask_hour("label/__name__/values", chosen))
        names = sorted({name for name in found if name and is_inventoried(name)})
        if len(names) > MOST_METRICS:
            raise OutsideError(
                f"{self.server.url} has {len(names)} metrics, more than {MOST_METRICS}; choose some with --match"
            )
        return names

    def _counts(self, names: list[str]) -> Counter[str]:
        """How many series each metric has now; too high where several selections share one."""
        return sum((self._count("__name__", pack) for pack in _packs(names, Counter())), Counter[str]())

    def _count(self, label: str, pack: list[str]) -> Counter[str]:
        """How many series of some metrics have each value of a label now."""
        counts: Counter[str] = Counter()
        for selector in self._selectors(pack):
            for labels, value in self.server.query(f"count by ({format_labels([label])}) ({selector})"):
                counts[labels.get(label, "")] += int(value) if isfinite(value) else 0
        return counts

    def _seen(self, pack: list[str], counts: Counter[str]) -> dict[str, Seen]:
        """The metrics of a pack that had series in the last hour."""
        if counts[pack[0]] > PACK_SERIES:
            return {pack[0]: Seen(counts[pack[0]], self._values(pack))}
        rows: dict[str, list[dict[str, str]]] = {}
        for row in _list(self._ask_hour("series", self._selectors(pack))):
            labels = _labels(row)
            rows.setdefault(labels.pop("__name__", ""), []).append(labels)
        return {name: Seen(len(rows[name]), _values_of(rows[name])) for name in pack if name in rows}

    def _values(self, pack: list[str]) -> dict[str, Counter[str]]:
        """The values of each label, for a metric whose series are too many to read."""
        selectors = self._selectors(pack)
        found: dict[str, Counter[str]] = {}
        for label in set(_texts(self._ask_hour("labels", selectors))) - {"__name__"}:
            values = _texts(self._ask_hour(f"label/{quote(label, safe='')}/values", selectors))
            is_small = label == "le" or len(values) <= MOST_VALUES
            found[label] = self._count(label, pack) if is_small else Counter(values)
        return found

    def _metric(self, name: str, count: int, seen: Seen, metadata: Metadata) -> Metric:
        kind, unit = _described(name, metadata)
        if kind == "unknown" and name.endswith("_bucket") and "le" in seen.values:
            kind = "histogram"
        values = {label: _kept(label, counts) for label, counts in sorted(seen.values.items())}
        return Metric(
            name=name,
            type=kind,
            unit=unit,
            series=min(count or seen.series, seen.series),
            labels=values,
            spread={
                label: tuple(seen.values[label][value] for value in kept)
                for label, kept in values.items()
                if kept is not None and len(set(seen.values[label].values())) > 1
            },
            weight=self._weight(name) if kind == "native histogram" else 1,
        )

    def _natives(self, names: Iterable[str]) -> set[str]:
        """Which of these have samples that are histograms, such as those that a rule records."""
        found: set[str] = set()
        for pack in _packs([name for name in names if not name.endswith("_bucket")], Counter()):
            for selector in self._selectors(pack):
                # A function drops the names of metrics, so they go along as another label.
                named = f'label_replace({selector}, "__metric__", "$1", "__name__", "(.*)")'
                try:
                    rows = self.server.query(f"count by (__metric__) (histogram_count({named}))")
                except UnansweredError:
                    return found
                found.update(labels.get("__metric__", "") for labels, _ in rows)
        return found

    def _weight(self, name: str) -> int:
        """What a sample of a native histogram counts, by the server's own statistics."""
        selector = self._selectors([name])[0]
        try:
            data = self.server.ask("query", query=selector, stats="all")
            touched = int(data["stats"]["samples"]["totalQueryableSamples"])
            return max(1, round(touched / len(data["result"])))
        except (UnansweredError, KeyError, TypeError, ValueError, ZeroDivisionError):
            return 1

    def _metadata(self) -> Metadata:
        """What exporters say about families; a type or unit on which they disagree is left out."""
        found: Metadata = {}
        for family, rows in _table(self._ask_optional("metadata")).items():
            told = [_table(row) for row in (rows if isinstance(rows, list) else [])]
            types = {str(row.get("type")) for row in told}
            units = {str(row.get("unit") or "") for row in told}
            kind = types.pop() if len(types) == 1 else "unknown"
            known = cast(MetricType, kind if kind in get_args(MetricType) else "unknown")
            found[family] = known, units.pop() if len(units) == 1 else ""
        return found

    def _scrape_intervals(self) -> dict[str, Duration]:
        """The shortest by job."""
        found: dict[str, Duration] = {}
        targets = _table(self._ask_optional("targets", state="active")).get("activeTargets")
        for target in targets if isinstance(targets, list) else []:
            job, interval = _target(target)
            if job and interval:
                found[job] = min(interval, found.get(job, interval))
        return found or self._counted_intervals()

    def _counted_intervals(self) -> dict[str, Duration]:
        try:
            rows = self.server.query(f"max by (job) (count_over_time(up[{_UP}]))")
        except UnansweredError:
            return {}
        return {
            labels["job"]: SECOND * round(_UP.ms / 1000 / scrapes)
            for labels, scrapes in rows
            if "job" in labels and 1 < scrapes <= _UP.ms / 1000
        }

    def _version(self) -> str:
        version = _table(self._ask_optional("status/buildinfo")).get("version", "")
        return version if isinstance(version, str) else ""

    def _selectors(self, pack: list[str]) -> list[str]:
        """One selector per selection, for the metrics of these names."""
        named = LabelMatcher("__name__", "=~", "|".join(map(re.escape, pack)))
        if len(pack) == 1:
            named = LabelMatcher("__name__", "=", pack[0])
        return [format_selector(None, (named, *selection)) for selection in self.selections]

    def _ask_hour(self, path: str, selectors: list[str]) -> Any:
        """What the last hour had; a server that lacks such an endpoint is none that can be recorded."""
        chosen = {"match[]": selectors} if selectors else {}
        return self.server.ask(path, start=self.now - _HOUR, end=self.now, **chosen)

    def _ask_optional(self, path: str, **parameters: str) -> Any:
        """An answer, or nothing where the server has none to this question."""
        try:
            return self.server.ask(path, **parameters)
        except UnansweredError:
            return {}


def _selection(text: str) -> Selection:
    """The matchers of a selector, that of the metric's name among them."""
    try:
        node = tree(parse(text))
    except ExpressionError as error:
        raise UsageError(f"`{text}` is no selector: {error}") from error
    if not isinstance(node, Vector) or node != Vector(node.metric, node.matchers):
        raise UsageError(f'`{text}` is no selector, such as `up` or `{{job="api"}}`')
    named = () if node.metric is None else (LabelMatcher("__name__", "=", node.metric),)
    return (*named, *node.matchers)


def _packs(names: list[str], counts: Counter[str]) -> Iterator[list[str]]:
    """Names to ask for together; one with very many series is alone."""
    pack: list[str] = []
    for name in names:
        is_full = sum(len(other) + 1 for other in pack) + len(name) > _PACK_LENGTH
        if pack and (is_full or sum(counts[other] for other in pack) + counts[name] > PACK_SERIES):
            yield pack
            pack = []
        pack.append(name)
    if pack:
        yield pack


def _values_of(rows: list[dict[str, str]]) -> dict[str, Counter[str]]:
    """How many series have each value of each label; "" where they lack it."""
    labels = {label for row in rows for label in row}
    return {label: Counter(row.get(label, "") for row in rows) for label in labels}


def _kept(label: str, counts: Counter[str]) -> tuple[str, ...] | None:
    return tuple(sorted(counts)) if label == "le" or len(counts) <= MOST_VALUES else None


def _described(name: str, metadata: Metadata) -> tuple[MetricType, str]:
    """Type and unit of one name of series, from what is said about its family."""
    for ending, kinds in _KINDS.items():
        kind, unit = metadata.get(name.removesuffix(ending), ("unknown", ""))
        if name.endswith(ending) and kind != "unknown" and kind in kinds:
            return _kind_of_series(ending, kind), unit if ending != "_count" else ""
    return "unknown", ""


def _kind_of_series(ending: str, family: MetricType) -> MetricType:
    if ending == "" and family == "histogram":
        return "native histogram"
    return "counter" if ending in {"_sum", "_count"} else family


def _target(target: Any) -> tuple[str, Duration | None]:
    """Job and scrape interval of a target, as far as the server tells them."""
    try:
        return str(target["labels"]["job"]), Duration.parse(target["scrapeInterval"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return "", None


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise UnansweredError(
            f"the server does not answer as a Prometheus does: {type(data).__name__} is no list"
        )
    return data


def _texts(data: Any) -> list[str]:
    return [item for item in _list(data) if isinstance(item, str)]


def _labels(data: Any) -> dict[str, str]:
    return {name: value for name, value in _table(data).items() if isinstance(value, str)}


def _table(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
