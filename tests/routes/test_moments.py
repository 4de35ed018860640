"""Time intervals hold at the moments at which Alertmanager says so, and over years as they do at each moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from promgen.compiler.ir.alertmanager import Moments, TimeInterval
from promgen.proof.routes.horizon import Horizon, moment_of
from promgen.proof.routes.moments import holds, is_in
from promgen.proof.routes.stretches import Stretches, common, joined, without

ZONES = ("", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASES = [
    (Moments(), "2026-01-01T00:00", True),
    (Moments(times=((540, 1050),)), "2026-01-01T09:00", True),
    (Moments(times=((540, 1050),)), "2026-01-01T17:29", True),
    (Moments(times=((540, 1050),)), "2026-01-01T17:30", False),
    (Moments(times=((540, 1440),)), "2026-01-01T23:59", True),
    (Moments(times=((540, 1050),), location="Europe/London"), "2026-07-01T08:00", True),
    (Moments(times=((540, 1050),), location="Europe/London"), "2026-01-01T08:00", False),
    (Moments(weekdays=((0, 0),)), "2026-03-01T12:00", True),
    (Moments(weekdays=((1, 5),)), "2026-03-01T12:00", False),
    (Moments(days_of_month=((-1, -1),)), "2026-02-28T12:00", True),
    (Moments(days_of_month=((-1, -1),)), "2028-02-28T12:00", False),
    (Moments(days_of_month=((-3, -1),)), "2026-04-28T12:00", True),
    (Moments(days_of_month=((28, 31),)), "2026-02-28T12:00", True),
    (Moments(days_of_month=((29, 31),)), "2026-02-28T12:00", False),
    (Moments(days_of_month=((20, -1),)), "2026-02-28T12:00", True),
    (Moments(days_of_month=((-31, -1),)), "2026-02-01T12:00", True),
    (Moments(months=((11, 12),)), "2026-11-01T12:00", True),
    (Moments(years=((2024, 2025),)), "2026-11-01T12:00", False),
    (Moments(weekdays=((6, 6),), location="Asia/Tokyo"), "2026-02-27T15:00", True),
]


@pytest.mark.parametrize(("moments", "moment", "expected"), CASES)
def test_a_moment(moments: Moments, moment: str, expected: bool) -> None:
    assert holds(moments, at(moment)) is expected


def test_an_interval_holds_when_any_of_its_moments_does() -> None:
    interval = TimeInterval("a", (Moments(months=((1, 1),)), Moments(months=((3, 3),))))
    assert [is_in(interval, at(f"2026-0{month}-01T00:00")) for month in (1, 2, 3)] == [True, False, True]
    assert not is_in(TimeInterval("never", ()), at("2026-01-01T00:00"))


@pytest.mark.parametrize("seed", range(12))
def test_over_years_as_at_each_moment(seed: int) -> None:
    """Near changes of the clocks, ends of months and at random."""
    random = Random(seed)
    interval = TimeInterval("i", tuple(random_moments(random) for _ in range(random.randint(1, 3))))
    horizon = Horizon((interval,), date(2026, 1, 1))
    held = horizon.notifying(["i"], [])
    start, end = horizon.whole[0]
    near = [
        at(text) for text in ("2026-03-29T00:00", "2026-10-25T00:00", "2026-04-04T14:00", "2028-02-28T20:00")
    ]
    minutes = [int(moment.timestamp()) // 60 + step * 7 for moment in near for step in range(60)]
    for minute in [*minutes, *(random.randrange(start, end) for _ in range(300))]:
        assert contains(held, minute) == is_in(interval, moment_of(minute)), moment_of(minute)


def random_moments(random: Random) -> Moments:
    """Fields that hold about half of the time."""
    first = random.randrange(0, 1300)
    return Moments(
        times=((first, random.randint(first + 1, 1440)),) if random.random() < 0.7 else (),
        weekdays=((random.randint(0, 3), random.randint(3, 6)),) if random.random() < 0.5 else (),
        days_of_month=random.choice(((), ((-7, -1),), ((1, 14),), ((15, -1), (30, 31)))),
        months=((random.randint(1, 6), random.randint(6, 12)),) if random.random() < 0.3 else (),
        years=((2026, random.randint(2026, 2029)),) if random.random() < 0.3 else (),
        location=random.choice(ZONES),
    )


def contains(stretches: Stretches, minute: int) -> bool:
    return any(start <= minute < end for start, end in stretches)


def test_sets_of_minutes() -> None:
    one: Stretches = joined([(5, 9), (0, 3), (2, 4), (9, 10), (7, 7)])
    assert one == ((0, 4), (5, 10))
    assert common(one, ((3, 6), (8, 20))) == ((3, 4), (5, 6), (8, 10))
    assert without(((0, 12),), one) == ((4, 5), (10, 12))
    assert without(one, ((0, 12),)) == ()
    assert without((), one) == ()


def test_the_horizon_has_a_leap_day() -> None:
    horizon = Horizon((), date(2026, 11, 1))
    ((start, end),) = horizon.whole
    assert moment_of(end) - moment_of(start) == timedelta(days=1461)
    assert moment_of(start) < at("2028-02-29T00:00") < moment_of(end)
