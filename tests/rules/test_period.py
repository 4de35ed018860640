"""The error budget of rolling periods: what the rules say is what was counted, whatever the traffic does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.real import Install
from tests.rules.past import DAY, HOUR, START, Past, Shape, nothing
from tests.rules.specs import assert_period, of_job, shop, slo, worst_errors

WEEK = 7 * DAY
END = START + WEEK + 6 * HOUR
ASKED = [END - 5 * HOUR + second for second in (20, 3000, 3540, 3600, 3660, 9000, 18_000)]


def is_day(at: int) -> bool:
    """The second half of each day."""
    return at % DAY > DAY // 2


def day_and_night(at: int) -> float:
    """A hundred times as many by day as by night."""
    return 600 if is_day(at) else 6


def compare(past: Past, period: int, asked: Iterable[float], **labels: str) -> None:
    """Judge a rolling period at several moments; before it is full it begins with the history."""
    counted = {"job": labels["slo"]} if "slo" in labels else labels
    truths = [(at, past.rolling(at, period, **counted)) for at in asked]
    print(f"\n{past.install.name} {labels or ''}", worst_errors(past, truths, **labels))
    for at, truth in truths:
        assert_period(past, at, truth, **labels)


def test_errors_by_day_or_by_night(install: Install, tmp_path: Path) -> None:
    """Thirty days; a mean of ratios would be wrong by a factor, in either direction."""
    errors: dict[str, Shape] = {
        "by-day": lambda at: 3 if is_day(at) else 0,
        "by-night": lambda at: 0 if is_day(at) else 3,
    }
    end = START + 31 * DAY
    past = Past(
        install, tmp_path, shop(*(slo("30d", name=job, sli=of_job(job)) for job in errors)), offset=20
    )
    for job, bad in errors.items():
        past.scrape(day_and_night, bad, range(START - 600, end + 1, 60), labels={"job": job})
    asked = [START + 15 * DAY, end - 13 * HOUR, end - 12 * HOUR - 1800, end - 6 * HOUR, end - HOUR, end]
    past.record(START, end, asked)
    for job in errors:
        compare(past, 30 * DAY, asked, slo=job)


def test_a_service_that_never_failed(install: Install, tmp_path: Path) -> None:
    """A series of errors that never existed is no errors, from the second scrape on."""
    past = Past(install, tmp_path, shop(slo()))
    past.scrape(day_and_night, None, range(START, END + 1, 60))
    asked = [START + 120, START + 3600, START + 3660, *ASKED]
    past.record(START, END, asked)
    for at in asked:
        said = past.budget(at)
        assert (said.ratio, said.bad, said.remaining) == (0, 0, 1)
        assert said.exhaustion == WEEK
    compare(past, WEEK, ASKED)


def test_hours_without_events(install: Install, tmp_path: Path) -> None:
    """Nothing happens for eighteen hours a day, and nothing at all for the last day: not a moment without a number."""

    def busy(at: int) -> float:
        return 100 if at % DAY < 6 * HOUR and at < END - DAY else 0

    past = Past(install, tmp_path, shop(slo()), offset=20)
    past.scrape(busy, lambda at: busy(at) / 50, range(START - 600, END + 1, 60))
    asked = [START + hour * HOUR for hour in range(1, 7 * 24, 5)] + ASKED
    past.record(START, END, asked)
    compare(past, WEEK, asked[3:])
    assert past.budget(asked[0]).ratio == pytest.approx(0.0196, rel=0.01)


def test_a_service_without_any_events(install: Install, tmp_path: Path) -> None:
    """Idle is not broken: ratio 0, budget untouched, and nothing to exhaust it."""
    past = Past(install, tmp_path, shop(slo()))
    past.scrape(nothing, nothing, range(START, END + 1, 60))
    asked = [START + 120, START + DAY, *ASKED]
    past.record(START, END, asked)
    for at in asked:
        said = past.budget(at)
        assert (said.ratio, said.bad, said.total, said.remaining, said.allowed) == (0, 0, 0, 1, 0)
        assert said.exhaustion == WEEK
    assert past.budget(END).coverage == 1


def test_errors_that_begin_in_the_last_hour(install: Install, tmp_path: Path) -> None:
    """The first sample of a series that is born is no increase, as with every counter; all later ones count."""
    born, ended = END - 2400, END - 600
    past = Past(install, tmp_path, shop(slo()), offset=20)
    past.scrape(
        lambda _: 100,
        lambda at: 40 if born <= at < ended else 0,
        range(START - 600, END + 1, 60),
        bad_born=born,
    )
    past.record(START, END, [born - 300, END])
    assert past.budget(born - 300).bad == 0
    truth, said = past.rolling(END, WEEK), past.budget(END)
    print(f"\n{install.name} {said.bad} of {truth.bad} errors, 40 of them in the first sample")
    assert truth.bad - 40 <= (said.bad or 0) <= truth.bad
    assert said.total == pytest.approx(truth.total, rel=0.005)


def test_ten_instances_that_restart(install: Install, tmp_path: Path) -> None:
    """Each loses what it counted since the scrape before its restart, and nothing else, and never a negative number."""
    past = Past(install, tmp_path, shop(slo()), offset=20)
    for number in range(10):
        restarts = range(START + number * 3540, END, DAY + number * 1860)
        past.scrape(
            lambda at, number=number: 10 + number + at % 3,
            lambda at, number=number: number % 3,
            range(START - 600 + number, END + 1, 60),
            labels={"instance": str(number)},
            restarts=[at - at % 60 + number for at in restarts],
        )
    past.record(START, END, ASKED)
    compare(past, WEEK, ASKED)


def test_groups_have_budgets_of_their_own(install: Install, tmp_path: Path) -> None:
    """Two regions with different failures, one that never failed, one that comes late."""
    shapes: dict[str, tuple[int, int | None, int]] = {
        "eu": (100, 5, 0),
        "us": (10, 2, 0),
        "ap": (50, None, 0),
        "sa": (20, 1, START + 5 * DAY),
    }
    past = Past(install, tmp_path, shop(slo(more="groupBy: [region]")), offset=20)
    for region, (good, bad, since) in shapes.items():
        shape = None if bad is None else (lambda _, bad=bad: bad)
        times = range(max(since, START - 600), END + 1, 60)
        past.scrape(lambda _, good=good: good, shape, times, labels={"region": region})
    past.record(START, END, ASKED)
    for region in shapes:
        if region != "sa":
            compare(past, WEEK, ASKED, region=region)
    for at in ASKED:
        young = past.budget(at, region="sa")
        truth = past.counted(START, at, region="sa")
        assert young.ratio == pytest.approx(truth.ratio, rel=0.005)
        assert young.total == pytest.approx(truth.total, rel=0.005)


@pytest.mark.parametrize(("window", "seconds"), [("1h", HOUR), ("1d", DAY), ("3d", 3 * DAY)])
def test_short_periods(install: Install, tmp_path: Path, window: str, seconds: int) -> None:
    """Below a week the period is summed from the pair, to the minute; an hour is seen through the pair's 5 minutes."""
    end = START + seconds + 4 * HOUR
    past = Past(install, tmp_path, shop(slo(window)), offset=20, reader_offset=13.7)
    past.scrape(lambda _: 100, lambda at: 3 if at // HOUR % 2 else 1, range(START - 600, end + 1, 60))
    asked = [end - 3 * HOUR - 1800, end - HOUR, end - 60, end]
    past.record(START, end, asked)
    for at in asked:
        said, now = past.budget(at), past.evaluation(at)
        edges = [past.counted(now - seconds - smear, now - smear).bad for smear in (0, 300)]
        truth = past.counted(now - seconds, now)
        print(f"\n{install.name} {window}: {said.bad:.1f} bad, counted {edges}, coverage {said.coverage}")
        assert said.total == pytest.approx(truth.total, rel=0.005)
        assert min(edges) * 0.995 <= said.bad <= max(edges) * 1.005
        assert said.coverage == pytest.approx(1, abs=0.001)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("window", "days", "block"), [("90d", 90, HOUR), ("1y", 365, 6 * HOUR)])
def test_long_periods(install: Install, tmp_path: Path, window: str, days: int, block: int) -> None:
    """Ninety days in blocks of an hour, and a year in blocks of six."""
    end = START + (days + 1) * DAY
    past = Past(install, tmp_path, shop(slo(window)), offset=20)
    past.scrape(
        lambda at: day_and_night(at) * 2, lambda at: 0 if is_day(at) else 3, range(START - 600, end + 1, 120)
    )
    asked = [end - 12 * HOUR, end - 2700, end]
    past.record(START, end, asked)
    truths = [(at, past.rolling(at, days * DAY, block)) for at in asked]
    print(f"\n{install.name} {window}", worst_errors(past, truths))
    for at, truth in truths:
        assert_period(past, at, truth)
