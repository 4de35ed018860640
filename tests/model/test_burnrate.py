"""The algebra of burn rates, as laws and as the numbers of the SRE workbook."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.conventions import Severity
from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.compiler.resolve.policies import BUILT_IN, tier_of_spec, tiers_by_period
from promgen.compiler.spec.v1 import TierSpec
from promgen.model.slo import Tier

periods = st.integers(min_value=1, max_value=366 * 24).map(lambda hours: HOUR * hours)
windows = st.integers(min_value=1, max_value=9 * 24 * 60).map(lambda minutes: MINUTE * minutes)
shares = st.decimals(min_value="0.01", max_value=1, places=2)
objectives = st.decimals(min_value="0.5", max_value="0.99999", places=5)


def tier(burn_rate: Decimal, long: Duration) -> Tier:
    """A tier of which only burn rate and long window matter."""
    return Tier(name="t", burn_rate=burn_rate, long=long, short=MINUTE, severity=Severity.LOW)


def spec(**fields: object) -> TierSpec:
    """A tier as written."""
    return TierSpec.model_validate({"name": "t", "long": "1h", "short": "5m", "severity": "low", **fields})


@given(periods, windows, shares)
def test_budget_share_and_burn_rate_are_each_others_inverse(
    period: Duration, long: Duration, share: Decimal
) -> None:
    """Law: burn rate = share * period / long, and back, to eleven digits."""
    written = TierSpec.model_validate(
        {"name": "t", "budgetShare": f"{share * 100}%", "long": str(long), "short": "1m", "severity": "low"}
    )
    resolved = tier_of_spec(written, period, Severity.LOW)
    assert resolved is not None
    assert abs(resolved.budget_share(period) / share - 1) < Decimal("1e-11")


@given(periods, periods)
def test_a_time_to_exhaustion_is_the_period_over_the_burn_rate(
    period: Duration, exhaustion: Duration
) -> None:
    """Law: burn rate = period / time to exhaustion."""
    resolved = tier_of_spec(spec(exhaustsIn=str(exhaustion)), period, Severity.LOW)
    assert resolved is not None
    assert abs(resolved.burn_rate * exhaustion.ms / period.ms - 1) < Decimal("1e-11")


@given(st.decimals(min_value=1, max_value=1000, places=1), objectives)
def test_a_tier_is_reachable_when_a_total_outage_exceeds_it(burn_rate: Decimal, objective: Decimal) -> None:
    """Law: burn rate * (1 - objective) < 1."""
    assert tier(burn_rate, HOUR).is_reachable(objective) == (burn_rate * (1 - objective) < 1)


@given(periods)
def test_built_in_tiers_fit_every_period(period: Duration) -> None:
    """Windows are in order, at least four scrapes, within the period, and worse tiers burn faster."""
    tiers = tiers_by_period(period, MINUTE)
    assert tiers
    for one in tiers:
        assert MINUTE <= one.short < one.long <= period
    assert [one.burn_rate for one in tiers] == sorted((one.burn_rate for one in tiers), reverse=True)
    if period < DAY * 7:
        assert max(one.long.ms for one in tiers) * 4 <= period.ms


def test_a_month_has_the_workbooks_tiers() -> None:
    """Chapter 5: 2 %, 5 %, 10 % and 10 % of 30 days."""
    month = BUILT_IN["month"]
    assert [str(one.burn_rate) for one in month] == ["14.4", "6", "3", "1"]
    assert [one.budget_share(DAY * 30) for one in month] == [
        Decimal(text) for text in ("0.02", "0.05", "0.1", "0.1")
    ]
    assert month[0].threshold(Decimal("0.999")) == Decimal("0.0144")


@pytest.mark.parametrize("fields", [{}, {"burnRate": 2, "budgetShare": "5%"}, {"burnRate": 0}])
def test_a_tier_gives_exactly_one_of_its_three_measures(fields: dict[str, object]) -> None:
    """Two could contradict each other."""
    assert tier_of_spec(spec(**fields), DAY * 30, Severity.LOW) is None
