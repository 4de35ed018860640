"""How soon an outage is found, how soon its end, and which tiers a burn rate reaches."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from promgen.base.durations import MINUTE, SECOND
from promgen.model.burnrate import tier_facts
from tests.alerts.compiled import Compiled, compile_rules
from tests.alerts.promtool import Course, edges, follow
from tests.alerts.specs import counted, slo
from tests.real import Install

pytestmark = pytest.mark.real

SCRAPES = 4
"""Scrapes per minute."""
RATE = 10.0

RAW_TIER = """\
groups:
  - name: by-hand
    interval: 1m
    rules:
      - alert: RawFast
        expr: |-
          sum(rate(requests_total{code="500"}[1h])) / sum(rate(requests_total[1h])) > $threshold
            and sum(rate(requests_total{code="500"}[5m])) / sum(rate(requests_total[5m])) > $threshold
"""


def traffic(errors: dict[int, float], minutes: int) -> dict[str, str]:
    """Constant traffic whose share of errors is that of the last minute begun."""
    share, good, bad = 0.0, [], []
    for minute in range(minutes):
        share = errors.get(minute, share)
        good += [RATE * (1 - share)] * SCRAPES
        bad += [RATE * share] * SCRAPES
    return {'requests_total{code="200"}': counted(good), 'requests_total{code="500"}': counted(bad)}


def run(
    install: Install, compiled: Compiled, errors: dict[int, float], minutes: range, *more: Path
) -> Course:
    series = traffic(errors, minutes.stop)
    return follow(install, [*compiled.rule_files, *more], series, minutes, scrape="15s")


def raw_steps(threshold: float, share: float, window: int) -> int:
    """The first evaluation after the last healthy sample at which a window of measured series is above the threshold."""
    return next(step for step in range(1, window + 1) if share * step / window > threshold)


def pair_steps(threshold: float, share: float, samples: int) -> int:
    """The same for a window of the pair, each sample of which looks back 5 minutes."""
    above, step = 0.0, 0
    while share * above / samples <= threshold:
        step += 1
        above += min(step / 5, 1)
    return step


@pytest.mark.parametrize(
    ("objective", "share"),
    [
        ("99.95%", 1),
        ("99.9%", 1),
        ("99.9%", 0.5),
        ("99.9%", 0.05),
        ("99.5%", 1),
        ("99%", 1),
        ("99%", 0.5),
        ("95%", 1),
    ],
)
def test_the_fast_tier_finds_an_outage_when_the_model_says(
    install: Install, tmp_path: Path, objective: str, share: float
) -> None:
    """Not one evaluation sooner or later, within the prediction, and no later than the same tier written by hand."""
    compiled = compile_rules(tmp_path, slo(objective))
    (one,) = compiled.catalog.slos
    fast = one.tiers[0]
    threshold = fast.threshold(one.objective)
    by_hand = tmp_path / "by-hand.yaml"
    by_hand.write_text(RAW_TIER.replace("$threshold", str(threshold)))
    down = 75
    expected = max(raw_steps(float(threshold), share, 60), raw_steps(float(threshold), share, 5))
    course = run(install, compiled, {down: share}, range(down - 3, down + expected + 3), by_hand)

    fired = course.of(alertname="SloErrorBudgetBurn", tier="fast", severity="critical")
    assert fired[0] == down + expected
    assert fired[0] <= course.of(alertname="RawFast")[0] + 1
    if share == 1:
        facts = tier_facts(one, fast, scrape=SECOND * 15, evaluation=MINUTE)
        earliest, latest = facts.detection
        assert earliest <= MINUTE * (fired[0] - down) <= latest


def test_the_medium_tier_finds_an_outage_when_the_model_says(install: Install, tmp_path: Path) -> None:
    """Its long window comes from the pair: a total outage takes 5 minutes instead of the 2.2 of measured series."""
    compiled = compile_rules(tmp_path, slo())
    (one,) = compiled.catalog.slos
    medium = one.tiers[1]
    down = 7 * 60
    samples = 360 if install.release >= (3, 0) else 361
    expected = pair_steps(float(medium.threshold(one.objective)), 1, samples)
    course = run(install, compiled, {down: 1}, range(down - 3, down + 12))
    fired = course.of(alertname="SloErrorBudgetBurn", tier="medium")
    assert fired[0] == down + expected
    earliest, latest = tier_facts(one, medium, scrape=SECOND * 15, evaluation=MINUTE).detection
    assert earliest <= MINUTE * (fired[0] - down) <= latest


@pytest.mark.parametrize("minutes", [20, 120])
def test_a_recovery_ends_the_page_within_the_short_window(
    install: Install, tmp_path: Path, minutes: int
) -> None:
    """After a total outage the 5-minute window must be clean, but for the errors the threshold allows.

    promtool's evaluations fall on scrapes, where the closed windows of Prometheus 2 hold one sample more.
    """
    closed = 0 if install.release >= (3, 0) else 1
    compiled = compile_rules(tmp_path, slo())
    down, up = 75, 75 + minutes
    course = run(install, compiled, {down: 1, up: 0}, range(down, up + 45))
    fast = course.of(alertname="SloErrorBudgetBurn", tier="fast")
    assert (edges(fast), fast[-1]) == (1, up + 4 + closed)
    medium = course.of(alertname="SloErrorBudgetBurn", tier="medium")
    assert (edges(medium), medium[-1]) == (1, up + 29)


def test_a_protected_service_goes_on_for_a_quarter_of_an_hour(install: Install, tmp_path: Path) -> None:
    """`lowTraffic` adds `keep_firing_for`, so its recovery shows that much later."""
    compiled = compile_rules(tmp_path, slo(more="alerting: {lowTraffic: {minBadEvents: 5}}"))
    down, up = 75, 95
    fast = run(install, compiled, {down: 1, up: 0}, range(down, up + 45)).of(
        alertname="SloErrorBudgetBurn", tier="fast"
    )
    assert edges(fast) == 1
    assert up + 5 + 14 <= fast[-1] <= up + 5 + 15


TIERS = ["fast", "medium", "slow", "creeping"]


@pytest.mark.parametrize(
    ("burn_rate", "firing"),
    [("14.7", 4), ("14.1", 3), ("6.1", 3), ("5.9", 2), ("3.06", 2), ("2.94", 1), ("1.02", 1), ("0.98", 0)],
)
def test_a_burn_rate_fires_the_tiers_below_it(
    install: Install, tmp_path: Path, burn_rate: str, firing: int
) -> None:
    """Two per cent above the rate of a tier it fires, two below it does not; each says which tier it is."""
    compiled = compile_rules(tmp_path, slo())
    course = run(install, compiled, {0: float(Decimal(burn_rate) / 1000)}, range(5, 60, 5))
    fired = {labels["tier"]: labels["severity"] for labels, _ in course.all(alertname="SloErrorBudgetBurn")}
    severities = dict(zip(TIERS, ["critical", "high", "medium", "low"], strict=True))
    assert fired == {tier: severities[tier] for tier in TIERS[len(TIERS) - firing :]}
    assert course.names <= {"SloErrorBudgetBurn"}
