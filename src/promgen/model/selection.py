"""How many series of a metric a selector chooses, estimated from an inventory as if its labels were independent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod

from promgen.model.inventory import MOST_VALUES, Metric
from promgen.promql import LabelMatcher, Population, matches


def selected(metric: Metric, matchers: Iterable[LabelMatcher]) -> Population:
    """The part of a metric's series that matches; at least one series unless none can."""
    wanted = tuple(matchers)
    chosen = {one.name for one in wanted} - {"__name__"}
    parts = {label: list(shares(metric, label, wanted)) for label in chosen}
    share = prod(sum(part for _, part in values) for values in parts.values())
    count = max(1, round(metric.series * share)) if share and metric.series else 0
    known = {label: len(values) if values is not None else count for label, values in metric.labels.items()}
    left = {label: len(values) for label, values in parts.items() if metric.labels.get(label) is not None}
    return Population(count, {**known, **left}, metric.weight)


def shares(metric: Metric, label: str, matchers: Iterable[LabelMatcher]) -> Iterator[tuple[str, float]]:
    """The values of a label that match, with the share of the series that has each.

    A label with more values than were recorded is taken to have one more, and to match whatever is no single value.
    """
    wanted = [one for one in matchers if one.name == label]
    values = metric.labels.get(label, ("",))
    if values is None:
        yield "", 1 / (MOST_VALUES + 1) if any(one.op == "=" for one in wanted) else 1
        return
    counts = metric.spread.get(label, (1,) * len(values))
    for value, count in zip(values, counts, strict=True):
        if may_match(wanted, {label: value}):
            yield value, count / (sum(counts) or 1)


def may_match(matchers: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether matchers choose these labels; a regular expression that only Prometheus reads is taken to match."""
    try:
        return matches(matchers, labels)
    except ValueError:
        return True
