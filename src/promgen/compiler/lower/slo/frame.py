"""What the passes of one SLO share: its identity as matchers and labels, its groups as PromQL, its windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.catalog import EVALUATION_INTERVAL, Service, Target
from promgen.model.slo import CalendarPeriod, Slo
from promgen.promql import LabelMatcher, format_labels, format_selector

BURN_RATE_WINDOW = HOUR
STEP_SECONDS = EVALUATION_INTERVAL.ms // 1000
"""Seconds that one sample of the base pair stands for."""
_BLOCK_PERIODS_FROM = DAY * 7
_LONG_BLOCK_PERIODS_FROM = DAY * 93

FindSlo = Callable[[str, str], Slo]
"""An SLO of the same environment, by service and name."""


def identity_labels(slo: Slo) -> dict[str, str]:
    """The labels that every series of an SLO carries, beside its group labels."""
    labels = {names.SLO_LABEL: slo.name, names.SERVICE_LABEL: slo.service}
    if slo.environment:
        labels[names.ENVIRONMENT_LABEL] = slo.environment
    if slo.revision:
        labels[names.REVISION_LABEL] = slo.revision
    return labels


def matchers(labels: dict[str, str]) -> str:
    """Labels as a selector in braces."""
    return format_selector(None, [LabelMatcher(label, "=", value) for label, value in labels.items()])


@dataclass(frozen=True)
class Frame:
    """One SLO seen by its passes. `id` selects its recorded series; the group labels come from `by` and `on`."""

    slo: Slo
    service: Service
    target: Target
    find_slo: FindSlo

    @cached_property
    def labels(self) -> dict[str, str]:
        return identity_labels(self.slo)

    @cached_property
    def id(self) -> str:
        return matchers(self.labels)

    @cached_property
    def group_labels(self) -> str:
        return format_labels(self.slo.group_by)

    def aggregate(self, operator: str, expr: str) -> str:
        """An aggregation that keeps the group labels."""
        return f"{operator} by ({self.group_labels}) ({expr})" if self.group_labels else f"{operator}({expr})"

    @cached_property
    def on(self) -> str:
        """Matching between a measured series (group labels only) and a recorded one (with the identity)."""
        return f"on ({self.group_labels})"

    @cached_property
    def total(self) -> str:
        return names.TOTAL_EVENTS + self.id

    @cached_property
    def bad(self) -> str:
        return names.BAD_EVENTS + self.id

    @cached_property
    def zero(self) -> str:
        """Zero for every group that has a total now."""
        return f"0 * {self.total}"

    @cached_property
    def pair_range(self) -> Duration:
        """The range of a counter that holds 5 minutes of increments: one scrape more, as n + 1 samples have n increments.

        So every increment is in exactly five evaluations, whatever its phase in the minute.
        """
        return PAIR_WINDOW + self.target.scrape_interval

    @cached_property
    def windows(self) -> tuple[Duration, ...]:
        """The windows of the error ratio: those of the tiers, of the burn rate, and the base pair's own."""
        used = {PAIR_WINDOW, BURN_RATE_WINDOW}
        for tier in self.slo.tiers:
            used |= {tier.long, tier.short}
        return tuple(sorted(used))

    @cached_property
    def block(self) -> Duration | None:
        """Length of the blocks that the period is summed from; None where it is summed directly.

        An hour, except that a year has a quarter of the steps at 6 hours, and that a UTC offset of a half or a quarter of
        an hour needs blocks that begin with its days.
        """
        period = self.slo.period
        if isinstance(period, CalendarPeriod):
            return next(
                block
                for block in (HOUR, MINUTE * 30, MINUTE * 15)
                if period.utc_offset * 1000 % block.ms == 0
            )
        if period.length < _BLOCK_PERIODS_FROM:
            return None
        return HOUR if period.length < _LONG_BLOCK_PERIODS_FROM else HOUR * 6
