"""Calendar periods: where they begin, and what they hold just before, at and after their boundary."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from promgen.base import conventions as names
from tests.real import History, Install
from tests.rules.past import DAY, HOUR, Past
from tests.rules.specs import assert_period, shop, slo

OFFSETS = {
    "UTC": 0,
    "+01:00": 3_600,
    "+05:30": 19_800,
    "-03:00": -10_800,
    "+05:45": 20_700,
    "-09:30": -34_200,
}


def begin(unit: str, at: float, offset: int) -> int:
    """The first moment of the period that holds the last millisecond before a moment, by Python's own calendar."""
    zone = timezone(timedelta(seconds=offset))
    local = datetime.fromtimestamp(at - 0.001, UTC).astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    else:
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return round(day.timestamp())


def boundaries(unit: str, offset: int) -> Iterator[int]:
    """Every boundary of 2023 to 2033, three leap years among them."""
    moment = begin(unit, datetime(2023, 1, 2, tzinfo=UTC).timestamp(), offset)
    while moment < datetime(2033, 2, 1, tzinfo=UTC).timestamp():
        yield moment
        moment = (
            begin(unit, moment + 95 * DAY if unit == "quarter" else moment + 9 * DAY, offset)
            if (unit != "month")
            else begin(unit, moment + 33 * DAY, offset)
        )


def window(unit: str, zone: str) -> str:
    """The window as it is written."""
    return f"{{calendar: {unit}}}" if zone == "UTC" else f'{{calendar: {unit}, utcOffset: "{zone}"}}'


def test_where_periods_begin(install: Install, tmp_path: Path) -> None:
    """At each boundary of ten years, a millisecond and a minute around it, and at any moment between."""
    kinds = [(unit, zone) for unit in ("week", "month", "quarter") for zone in OFFSETS]
    slos = [slo(window(unit, zone), name=f"{unit}-{number}") for number, (unit, zone) in enumerate(kinds)]
    past = Past(install, tmp_path, shop(*slos))
    chance = random.Random(7)
    asked = 0
    with History(install, tmp_path / "empty").serve() as server:
        for number, (unit, zone) in enumerate(kinds):
            offset = OFFSETS[zone]
            (expr,) = [
                rule.expr
                for rule in past.rules
                if rule.record == names.PERIOD_START and rule.labels["slo"] == f"{unit}-{number}"
            ]
            edges = list(boundaries(unit, offset))[:: 9 if unit == "week" else 1]
            moments = [edge + second for edge in edges for second in (-60, -0.5, 0, 0.001, 20, 60)]
            moments += [chance.randrange(first * 10, after * 10) / 10 for first, after in pairwise(edges)]
            for at in moments:
                said = server.value(expr, at=at)
                assert said == pytest.approx(begin(unit, at, offset), abs=0.001), (unit, zone, at)
                asked += 1
    print(f"\n{install.name} {asked} starts of periods agree")


def crossing(unit: str, zone: str, edge: datetime, second: int, *, slow: bool = True) -> ParameterSet:
    """One boundary, in the zone's own time, and the second of the minute at which it is crossed."""
    marks = [pytest.mark.slow] if slow else []
    return pytest.param(
        unit, zone, edge, second, marks=marks, id=f"{unit}-{zone}-{edge:%Y-%m-%d}-at-{second}"
    )


@pytest.mark.parametrize(
    ("unit", "zone", "edge", "second"),
    [
        crossing("week", "-03:00", datetime(2025, 1, 13), 20, slow=False),
        crossing("month", "+01:00", datetime(2025, 3, 1), 20, slow=False),
        crossing("month", "+05:30", datetime(2025, 3, 1), 0, slow=False),
        crossing("week", "+05:45", datetime(2025, 1, 13), 20),
        crossing("week", "UTC", datetime(2025, 1, 13), 0),
        crossing("month", "UTC", datetime(2025, 2, 1), 0),
        crossing("month", "UTC", datetime(2024, 3, 1), 59),
        crossing("month", "+05:30", datetime(2025, 2, 1), 20),
        crossing("quarter", "+01:00", datetime(2024, 4, 1), 20),
        crossing("quarter", "UTC", datetime(2024, 10, 1), 0),
    ],
)
def test_across_a_boundary(
    install: Install, tmp_path: Path, unit: str, zone: str, edge: datetime, second: int
) -> None:
    """The old period is complete at its end; an evaluation later the new one holds its first minute and nothing else."""
    offset = OFFSETS[zone]
    boundary = round(edge.replace(tzinfo=timezone(timedelta(seconds=offset))).timestamp())
    first, end = begin(unit, boundary, offset), boundary + 6 * HOUR
    past = Past(install, tmp_path, shop(slo(window(unit, zone))), offset=second)
    past.scrape(
        lambda _: 60, lambda at: 6 if at > boundary else at // HOUR % 2, range(first - HOUR, end + 1, 60)
    )
    old = [boundary - 12 * HOUR, boundary - HOUR - 1800, boundary - 60, boundary + second - 60, boundary]
    new = [boundary + 3600, boundary + 3660, boundary + 5400, end]
    soon = [boundary + 60 + second, boundary + 120 + second, boundary + 600]
    past.record(first - 1800, end, [*old, *soon, *new])
    for at in (at for at in old if past.evaluation(at) <= boundary):
        assert_period(past, at, past.counted(first, past.evaluation(at)))
        assert (past.budget(at).coverage or 0) > 0.999
    for at in soon:
        said, truth = past.budget(at), past.counted(boundary, past.evaluation(at))
        assert said.coverage == pytest.approx(1, abs=0.001)
        assert said.total == pytest.approx(truth.total, abs=66), (at - boundary, said, truth)
        assert 0 < (said.bad or 0) <= truth.bad + 6
    for at in new:
        said, truth = past.budget(at), past.counted(boundary, past.evaluation(at))
        edge_of_pair = (
            150 * (6 - 1) / 60
        )  # the errors of half of 5 minutes are seen as they were before the boundary
        assert said.total == pytest.approx(
            truth.total, rel=0.005, abs=66
        )  # an evaluation stands for a minute
        assert said.bad == pytest.approx(truth.bad, abs=edge_of_pair * 1.3)
        assert said.coverage == pytest.approx(1, abs=0.001)
    print(f"\n{install.name} {unit} {zone}: {past.budget(boundary)}, counted {past.counted(first, boundary)}")
