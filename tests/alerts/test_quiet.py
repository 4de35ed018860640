"""A service with twenty requests an hour, arriving at random, and one with none at all."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from tests.alerts.compiled import compile_rules
from tests.alerts.promtool import Course, ask, edges, follow
from tests.alerts.specs import counted, slo
from tests.real import Install

pytestmark = pytest.mark.real

PER_HOUR = 20
HEALTHY = 3 * 60
OUTAGE = 8 * 60
GUARDED = "alerting: {lowTraffic: {minBadEvents: 5}}"
SEEDS = [1, 2, 3]


def arrivals(seed: int, minutes: int) -> list[int]:
    """Requests per minute; in promtool a scrape each minute sees them."""
    chance = random.Random(seed)
    at, counts = 0.0, [0] * minutes
    while (at := at + chance.expovariate(PER_HOUR / 60)) < minutes:
        counts[int(at)] += 1
    return counts


def traffic(seed: int, share: float) -> dict[str, str]:
    """Healthy for three hours, then some of the requests fail for eight."""
    chance = random.Random(seed + 1000)
    good, bad = [], []
    for minute, count in enumerate(arrivals(seed, HEALTHY + OUTAGE)):
        failed = sum(chance.random() < share for _ in range(count)) if minute >= HEALTHY else 0
        good.append(count - failed)
        bad.append(failed)
    return {'requests_total{code="200"}': counted(good), 'requests_total{code="500"}': counted(bad)}


def course_of(
    install: Install, folder: Path, series: dict[str, str], more: str = GUARDED, minutes: int = OUTAGE
) -> Course:
    compiled = compile_rules(folder, slo(more=more))
    return follow(install, compiled.rule_files, series, range(HEALTHY - 10, HEALTHY + minutes + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_total_outage_pages_once_and_stays(install: Install, tmp_path: Path, seed: int) -> None:
    """The short window is often empty, and that is no recovery."""
    series = traffic(seed, 1)
    fast = course_of(install, tmp_path, series).of(alertname="SloErrorBudgetBurn", tier="fast")
    print(f"seed {seed}: fired after {fast[0] - HEALTHY} minutes")
    assert edges(fast) == 1
    assert fast[-1] == HEALTHY + OUTAGE
    fifth = next(
        minute
        for minute, count in enumerate(series['requests_total{code="500"}'].split())
        if float(count) >= 5
    )
    assert fifth <= fast[0] <= fifth + 10


def test_without_protection_it_would_flap(install: Install, tmp_path: Path) -> None:
    """What `lowTraffic` is for; the page comes and goes dozens of times."""
    fast = course_of(install, tmp_path, traffic(1, 1), more="").of(
        alertname="SloErrorBudgetBurn", tier="fast"
    )
    assert edges(fast) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_the_requests_failing_pages_few_times(install: Install, tmp_path: Path, seed: int) -> None:
    course = course_of(install, tmp_path, traffic(seed, 0.5))
    fast = course.of(alertname="SloErrorBudgetBurn", tier="fast")
    print(f"seed {seed}: {edges(fast)} edges, first after {fast[0] - HEALTHY} minutes")
    assert 1 <= edges(fast) <= 5
    assert edges(course.of(alertname="SloErrorBudgetBurn", tier="medium")) <= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_single_failure_pages_nobody(install: Install, tmp_path: Path, seed: int) -> None:
    """In no tier; without protection it would page."""
    counts = arrivals(seed, HEALTHY + 90)
    series = {
        'requests_total{code="200"}': counted(counts),
        'requests_total{code="500"}': counted(float(minute == HEALTHY) for minute in range(len(counts))),
    }
    assert course_of(install, tmp_path, series, minutes=90).minutes == {}
    assert "SloErrorBudgetBurn" in course_of(install, tmp_path, series, more="", minutes=90).names


IDLE = {
    "since ever": ("0x300", "0x300"),
    "after traffic": ("0+60x100 6000x200", "0x300"),
    "after errors": ("0+60x100 6000x200", "0+30x100 3000x200"),
    "without a counter of failures": ("0x300", None),
}


@pytest.mark.parametrize("case", IDLE)
@pytest.mark.parametrize("more", ["", GUARDED])
def test_an_idle_service_neither_pages_nor_gives_nan(
    install: Install, tmp_path: Path, case: str, more: str
) -> None:
    """Its error ratio is zero and its budget is what it was."""
    good, bad = IDLE[case]
    series = {'requests_total{code="200"}': good}
    if bad is not None:
        series['requests_total{code="500"}'] = bad
    compiled = compile_rules(tmp_path, slo(more=more))
    every = '{__name__=~"slo:.+"}'
    minutes = range(5, 300, 5)
    answers = ask(install, compiled.rule_files, series, [(every, minute) for minute in minutes])
    for samples in answers:
        assert len({sample.labels["__name__"] for sample in samples}) >= 20
        assert not any(math.isnan(sample.value) or math.isinf(sample.value) for sample in samples)
    last = {sample.labels["__name__"]: sample.value for sample in answers[-1]}
    assert last["slo:error_ratio:rate5m"] == last["slo:error_ratio:rate1h"] == 0
    course = follow(install, compiled.rule_files, series, range(300))
    if (
        case == "after errors"
    ):  # what burned before it fell silent ends with its window, and does not begin again
        fast = course.of(alertname="SloErrorBudgetBurn", tier="fast")
        assert edges(fast) == 1
        assert 100 < fast[-1] < 100 + (60 + 15 if more else 5)
    else:
        assert course.minutes == {}
        assert last["slo:error_budget_remaining:ratio"] == 1
