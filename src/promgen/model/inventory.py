"""What a Prometheus server really has: metrics, labels and intervals, recorded so that specifications can be checked.

Left out is what rules make of it anew: promgen's own series, and `ALERTS`, which is there only while something fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from promgen.base.conventions import is_recorded
from promgen.base.durations import Duration

MetricType = Literal[
    "counter", "gauge", "histogram", "native histogram", "summary", "info", "stateset", "unknown"
]
MOST_VALUES = 50
"""More values of a label than these are not recorded, except those of `le`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One name of series; those of a classic histogram or summary (`_bucket`, `_sum`, `_count`) are metrics of their own.

    Of these, `_bucket` is a histogram and the others are counters.
    """

    name: str
    type: MetricType = "unknown"
    unit: str = ""
    series: int
    """At the time of recording; those of the hour before where there was none any more."""
    labels: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    """Values of the last hour by label, sorted; "" where some series lack the label. None where there are too many."""
    spread: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Series by value, in the order of the label's values, where not every value has equally many."""
    weight: int = 1
    """What one sample counts in the server's statistics: more than 1 for a native histogram on Prometheus 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The metrics of a server at one time."""

    metrics: Mapping[str, Metric]
    scrape_intervals: Mapping[str, Duration] = field(default_factory=dict)
    """By the label `job`; the shortest of its targets'."""
    prometheus: str = ""
    """Version of the server, empty where it does not say."""


def is_inventoried(metric: str) -> bool:
    """Whether an inventory can have a metric: not what promgen's rules and Prometheus' alerts record."""
    return not is_recorded(metric) and metric not in {"ALERTS", "ALERTS_FOR_STATE"}
