"""Errors that keep to one phase of the minute or to one minute of the hour, evaluated at any second (ADR 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real import Install
from tests.rules.past import DAY, HOUR, START, Past, Shape
from tests.rules.specs import assert_period, of_job, shop, slo, worst_errors

PERIOD = (
    14 * DAY
)  # long enough that one minute of errors, smeared over the edge by the pair, stays within the tolerance
END = START + PERIOD + DAY
FULL = END - 2 * HOUR
ASKED = [FULL + second for second in (-60, 0, 60, 120, 1800, 3480, 3540, 3600, 3660, 7200)]


def in_minute(minute: int) -> Shape:
    """Errors in one minute of each hour: those of hh:59 are in the scrape of the full hour."""
    return lambda at: 30 if (at - 60) % HOUR == minute * 60 else 0


@pytest.mark.parametrize(
    "second",
    [0, 0.001, 20, 59, pytest.param(59.999, marks=pytest.mark.slow)],
    ids=lambda second: f"at-{second}",
)
def test_errors_in_one_minute_of_the_hour(install: Install, tmp_path: Path, second: float) -> None:
    """No evaluation is lost between two blocks or at the far end of the period, whichever second a group has."""
    minutes = {"first": 0, "last": 59}
    slos = [slo("14d", name=job, sli=of_job(job)) for job in minutes]
    past = Past(install, tmp_path, shop(*slos), offset=second, reader_offset=33.3)
    for job, minute in minutes.items():
        past.scrape(lambda _: 10, in_minute(minute), range(START - 600, END + 1, 60), labels={"job": job})
    past.record(START, END, ASKED)
    for job in minutes:
        truths = [(at, past.rolling(at, PERIOD, job=job)) for at in ASKED]
        print(f"\n{install.name} at second {second}, {job} minute:", worst_errors(past, truths, slo=job))
        for at, truth in truths:
            assert_period(past, at, truth, slo=job)
            assert (past.budget(at, slo=job).coverage or 0) > 0.999


@pytest.mark.parametrize("scrape", [60, 30, 15])
def test_errors_in_one_phase_of_the_minute(install: Install, tmp_path: Path, scrape: int) -> None:
    """The pair's range is a scrape longer than 5 minutes, so every increment is in exactly five evaluations."""
    phases = range(0, 60, scrape)
    slos = [slo("1d", name=f"at-{phase}", sli=of_job(f"at-{phase}")) for phase in phases]
    past = Past(install, tmp_path, shop(*slos), project=f"target: {{scrapeInterval: {scrape}s}}", offset=22)
    end = START + DAY + HOUR
    for phase in phases:
        past.scrape(
            lambda _: 10, _in_phase(phase), range(START - 600, end + 1, scrape), labels={"job": f"at-{phase}"}
        )
    past.record(START, end, [end])
    weights = []
    for phase in phases:
        counted = past.counted(end - DAY, end, job=f"at-{phase}").bad
        weights.append((past.budget(end, slo=f"at-{phase}").bad or 0) / counted)
    print(
        f"\n{install.name} scraped every {scrape} s, weight of an error by phase:",
        *(f"{one:.4f}" for one in weights),
    )
    assert weights == pytest.approx([1] * len(weights), rel=0.005)


def _in_phase(phase: int) -> Shape:
    return lambda at: 1 if at % 60 == phase else 0
