"""Burn-rate policies: the built-in ones as data, and those of BurnRatePolicy documents.

The built-in tiers for about a month are the four of the SRE workbook, chapter 5. Other lengths keep the windows and
choose the burn rates so that a page still stands for a sensible share of the budget; periods below a week have one or
two tiers whose long window is a quarter of the period at most.
"""

from __future__ import annotations

from decimal import Decimal

from promgen.base.conventions import Severity
from promgen.base.decimals import divide
from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.compiler.spec.v1 import TierSpec
from promgen.model.slo import Tier


def _tier(name: str, burn_rate: str, long: Duration, short: Duration, severity: Severity) -> Tier:
    return Tier(name=name, burn_rate=Decimal(burn_rate), long=long, short=short, severity=severity)


_FAST = (HOUR, MINUTE * 5, Severity.CRITICAL)
_MEDIUM = (HOUR * 6, MINUTE * 30, Severity.HIGH)
_SLOW = (DAY, HOUR * 2, Severity.MEDIUM)

QUARTER = (
    _tier("fast", "14.4", *_FAST),
    _tier("medium", "6", *_MEDIUM),
    _tier("slow", "3", *_SLOW),
    _tier("creeping", "1", DAY * 9, HOUR * 18, Severity.LOW),
)
MONTH = (
    _tier("fast", "14.4", *_FAST),
    _tier("medium", "6", *_MEDIUM),
    _tier("slow", "3", *_SLOW),
    _tier("creeping", "1", DAY * 3, HOUR * 6, Severity.LOW),
)
WEEK = (_tier("fast", "16.8", *_FAST), _tier("medium", "5.6", *_MEDIUM), _tier("slow", "2.8", *_SLOW))

BUILT_IN: dict[str, tuple[Tier, ...]] = {"quarter": QUARTER, "month": MONTH, "week": WEEK, "none": ()}
"""Policies that every project can name; with `none` only missing data and contradictions alert."""


def tiers_by_period(period: Duration, least_short: Duration) -> tuple[Tier, ...]:
    """The built-in tiers for a period; short windows are never below `least_short`."""
    if period >= DAY * 45:
        return QUARTER
    if period >= DAY * 20:
        return MONTH
    if period >= DAY * 7:
        return WEEK
    return _short_period(period, least_short)


def _short_period(period: Duration, least_short: Duration) -> tuple[Tier, ...]:
    tiers = []
    if period >= HOUR * 6:
        tiers.append(_scaled("fast", period, 24, Decimal("0.2"), least_short, Severity.CRITICAL))
    tiers.append(
        _scaled("slow", period, 4, Decimal("0.5"), least_short, Severity.MEDIUM if tiers else Severity.HIGH)
    )
    return tuple(tiers)


def _scaled(
    name: str, period: Duration, parts: int, share: Decimal, least_short: Duration, severity: Severity
) -> Tier:
    long = Duration(max(period.ms // parts // MINUTE.ms, 1) * MINUTE.ms)
    short = Duration(-(-max(long.ms // 12, least_short.ms) // MINUTE.ms) * MINUTE.ms)
    return Tier(
        name=name, burn_rate=_burn_rate(share, period, long), long=long, short=short, severity=severity
    )


def _burn_rate(share: Decimal, period: Duration, long: Duration) -> Decimal:
    """The burn rate that spends a share of the budget within the long window: share * period / long."""
    return divide(share * period.ms, Decimal(long.ms))


def tier_of_spec(spec: TierSpec, period: Duration, severity: Severity) -> Tier | None:
    """A tier as written; None unless exactly one of burn rate, budget share and time to exhaustion is given."""
    rates = [
        spec.burn_rate.value if spec.burn_rate is not None else None,
        _burn_rate(spec.budget_share, period, spec.long) if spec.budget_share is not None else None,
        period / spec.exhausts_in if spec.exhausts_in is not None else None,
    ]
    given = [rate for rate in rates if rate is not None]
    if len(given) != 1 or given[0] <= 0:
        return None
    return Tier(
        name=spec.name,
        burn_rate=given[0],
        long=spec.long,
        short=spec.short,
        severity=severity,
        hold=spec.for_,
    )
