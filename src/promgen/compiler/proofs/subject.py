"""An SLO as its proof cases see it: its identity, example groups, the names of its series and the labels of its alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Unproved
from promgen.model.burnrate import PAIR_WINDOW
from promgen.model.catalog import Service, Target
from promgen.model.slo import CalendarPeriod, NativeLatencySli, Slo, is_counted
from promgen.promql import LabelMatcher, format_labels, format_selector

FindSlo = Callable[[str, str], Slo]
"""An SLO of the same environment, by service and name."""

BURN_RATE_WINDOW = HOUR
OF_MINUTES = f'alertname!="{names.COVERAGE_ALERT}"'
"""Matches the alerts of the group that is evaluated every minute, should the other one be loaded too."""
_OTHER = "promgen-decoy"
NATIVE_SINCE = (3, 0)

Labels = Mapping[str, str]


def selector(labels: Labels) -> str:
    """Labels as a selector in braces."""
    return _selector(tuple(labels.items()))


@lru_cache(1024)
def _selector(labels: tuple[tuple[str, str], ...]) -> str:
    """Remembered, because the same few series are in every moment."""
    return format_selector(None, [LabelMatcher(label, "=", value) for label, value in labels]) or "{}"


def identity_labels(slo: Slo) -> dict[str, str]:
    """The labels that every recorded series of an SLO carries, beside its group labels."""
    labels = {
        names.SLO_LABEL: slo.name,
        names.SERVICE_LABEL: slo.service,
        names.ENVIRONMENT_LABEL: slo.environment,
        names.REVISION_LABEL: slo.revision,
    }
    return {label: value for label, value in labels.items() if value}


@dataclass(frozen=True)
class Subject:
    """One SLO; `groups` are example values of its group labels, one empty mapping where it has none.

    The first group is the one that things happen to; each other differs from it in one label.
    """

    slo: Slo
    find_slo: FindSlo
    service: Service
    target: Target
    groups: tuple[Labels, ...]

    @cached_property
    def identity(self) -> dict[str, str]:
        return identity_labels(self.slo)

    @cached_property
    def id(self) -> str:
        """Selects all recorded series, whatever their group."""
        return selector(self.identity)

    @cached_property
    def main(self) -> str:
        """The name of the group that is evaluated every minute."""
        return names.slo_group(self.slo.service, self.slo.name)

    @cached_property
    def period(self) -> str:
        """The name of the group that records the budget."""
        return names.period_group(self.slo.service, self.slo.name)

    @cached_property
    def is_counted(self) -> bool:
        """Whether windows up to an hour are taken from the measured series."""
        return is_counted(self.slo.sli)

    @cached_property
    def since(self) -> tuple[int, int]:
        """The oldest Prometheus whose promtool can be given the measured series."""
        return NATIVE_SINCE if isinstance(self.slo.sli, NativeLatencySli) else (2, 42)

    @cached_property
    def windows(self) -> tuple[Duration, ...]:
        """The windows whose error ratio is recorded, shortest first."""
        used = {PAIR_WINDOW, BURN_RATE_WINDOW}
        for tier in self.slo.tiers:
            used |= {tier.long, tier.short}
        return tuple(sorted(used))

    @cached_property
    def block(self) -> Duration | None:
        """The block of the clock that a period is summed from; None where it is summed minute by minute."""
        period = self.slo.period
        if isinstance(period, CalendarPeriod):
            offset = period.utc_offset * 1000
            return next(block for block in (HOUR, MINUTE * 30, MINUTE * 15) if offset % block.ms == 0)
        if period.length < DAY * 7:
            return None
        return HOUR if period.length < DAY * 93 else HOUR * 6

    def series(self, metric: str, group: Labels | None = None) -> str:
        """One recorded series, of a group, or the selector of all groups' without one."""
        return metric + selector({**self.identity, **(group or {})})

    def matching(self, metrics: str, group: Labels | None = None) -> str:
        """Selects the recorded series whose names match a regular expression."""
        matchers = [
            LabelMatcher(label, "=", value) for label, value in {**self.identity, **(group or {})}.items()
        ]
        return format_selector(None, [LabelMatcher("__name__", "=~", metrics), *matchers])

    def decoys(self) -> Iterable[Labels]:
        """Identities that differ in one label: other SLOs, whose series must not be taken for this one's."""
        for label in self.identity:
            yield {**self.identity, label: _OTHER}

    def alerts(self, more: str = "") -> str:
        """Selects what `ALERTS` says about this SLO; `more` are further matchers."""
        return "ALERTS" + (self.id[:-1] + f",{more}}}" if more else self.id)

    def states(self, more: str = "") -> str:
        """Asks for every alert that is pending or fires, with its state, tier and group, as `Standing` answers."""
        by = format_labels(("alertname", "alertstate", names.TIER_LABEL, *self.slo.group_by))
        return f"count by ({by}) ({self.alerts(more)})"

    def alert_labels(self, severity: Severity, group: Labels, more: Labels) -> dict[str, str]:
        """All labels of an alert beside its name and state."""
        labels = {
            **self.slo.labels,
            self.target.severity_label: self.target.severity_value(severity),
            names.SYSTEM_LABEL: self.service.system,
            names.OWNER_LABEL: self.service.owner,
            names.CRITICALITY_LABEL: self.service.criticality or "",
            **group,
            **self.identity,
            **more,
        }
        return {label: value for label, value in labels.items() if value}

    def unproved(self, what: str, reason: str) -> Unproved:
        """What cannot be shown of it."""
        return Unproved(self.slo.key, what, reason)


def standing(name: str, group: Labels, tier: str = "", state: str = "firing") -> Answer:
    """An alert as `Subject.states` gives it."""
    labels = {"alertname": name, "alertstate": state, names.TIER_LABEL: tier, **group}
    return Answer(selector({label: value for label, value in labels.items() if value}))


def near(series: str, value: float, count: int = 1) -> tuple[str, tuple[Answer, ...]]:
    """Asks whether a series has a value, within a ten-thousandth, for so many groups; PromQL counts the differences."""
    margin = max(abs(value), 1e-9) * 1e-4
    return f"count(abs({series} - {value:.15g}) < {margin:.3g})", (Answer("{}", str(count)),)
