"""What a Prometheus server really has: metrics, labels and intervals, recorded so that specifications can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from promgen.base.durations import Duration

MetricType = Literal[
    "counter", "gauge", "histogram", "native histogram", "summary", "info", "stateset", "unknown"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One name of series; those of a classic histogram or summary (`_bucket`, `_sum`, `_count`) are metrics of their own."""

    name: str
    type: MetricType = "unknown"
    unit: str = ""
    series: int
    labels: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    """Values by label, sorted; None where there are too many to record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The metrics of a server at one time."""

    metrics: Mapping[str, Metric]
    scrape_intervals: Mapping[str, Duration] = field(default_factory=dict)
    """By the label `job`; the shortest of its targets'."""
    prometheus: str = ""
    """Version of the server, empty where it does not say."""
