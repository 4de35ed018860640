"""Time that does not count: out of the budget and the windows in every state, and whenever it is merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.real import Install
from tests.rules.past import DAY, HOUR, START, Gaps, Past, in_gap
from tests.rules.specs import TOLERANCE, assert_period, exclusion, shop, slo

WEEK = 7 * DAY
OUTAGE = (START + 4 * DAY + 10 * HOUR + 17 * 60, START + 4 * DAY + 11 * HOUR + 43 * 60)


def scrape(past: Past, outages: Gaps, *, until: int, **labels: str) -> None:
    """One error in a hundred, and nothing but errors in the outages."""
    past.scrape(
        lambda at: 0 if in_gap(outages, at - 60) else 99,
        lambda at: 100 if in_gap(outages, at - 60) else 1,
        range(START - 600, until + 1, 60),
        labels=labels,
    )


def around(*times: int) -> list[float]:
    """Moments before, at and after each time."""
    return [at + seconds for at in times for seconds in (-3600, -600, 0, 60, 240, 1800, 3600, 5400)]


def compare(
    past: Past, asked: Iterable[float], excluded: Gaps, within: float = TOLERANCE, **labels: str
) -> None:
    """Judge the rolling period, without the excluded time."""
    worst = 0.0
    for at in asked:
        truth = past.rolling(at, WEEK, excluded=excluded, **labels)
        worst = max(worst, abs((past.budget(at, **labels).ratio or 0) / truth.ratio - 1))
        assert_period(past, at, truth, within=within, **labels)
    print(f"\n{past.install.name} {labels or ''} largest relative error of the ratio {worst:.4%}")


def test_an_exclusion_that_is_merged_three_days_later(install: Install, tmp_path: Path) -> None:
    """Until then the outage counts; from the next evaluation on the budget is what was counted without it."""
    merged, end = OUTAGE[1] + 3 * DAY, OUTAGE[1] + 4 * DAY
    past = Past(install, tmp_path, shop(slo()), offset=20)
    scrape(past, [OUTAGE], until=end)
    past.record(START, merged, [OUTAGE[1], merged])
    past.compile(shop(slo(), more=exclusion("late", *OUTAGE)))
    after = [merged + 90, merged + HOUR, end]
    past.record(merged, end, after)
    assert_period(past, merged, past.rolling(merged, WEEK))
    compare(past, after, [OUTAGE])
    print(
        f"{past.budget(merged).remaining:.4f} before the merge, {past.budget(merged + 90).remaining:.4f} after it"
    )


@pytest.mark.parametrize("second", [0, 20])
def test_every_state_of_an_exclusion(install: Install, tmp_path: Path, second: int) -> None:
    """Before, during, after, while the far end of the period passes over it, and when it is gone."""
    past = Past(
        install, tmp_path, shop(slo(), more=exclusion("planned", *OUTAGE)), offset=second, reader_offset=7
    )
    scrape(past, [OUTAGE], until=OUTAGE[1] + WEEK + 2 * HOUR)
    asked = around(*OUTAGE, OUTAGE[0] + WEEK, OUTAGE[1] + WEEK)
    past.record(START, OUTAGE[1] + WEEK + 2 * HOUR, asked)
    compare(past, asked, [OUTAGE])


LONG = (OUTAGE[0] - 6 * HOUR, OUTAGE[0] + 30 * HOUR)
SECOND = (OUTAGE[1] + 5 * HOUR, OUTAGE[1] + 7 * HOUR)
TOUCHING = (OUTAGE[1], OUTAGE[1] + HOUR)
OVERLAPPING = (OUTAGE[0] + HOUR, OUTAGE[1] + HOUR)


@pytest.mark.parametrize(
    "excluded",
    [[OUTAGE, SECOND], [OUTAGE, TOUCHING], [OUTAGE, OVERLAPPING], [LONG], [LONG, OUTAGE]],
    ids=["two", "touching", "overlapping", "36-hours", "one-inside-another"],
)
def test_several_and_long_exclusions(
    install: Install, tmp_path: Path, excluded: list[tuple[int, int]]
) -> None:
    """Time that is excluded twice is taken off once."""
    files: dict[str, str] = {}
    for number, (first, after) in enumerate(excluded):
        files |= exclusion(f"number-{number}", first, after)
    past = Past(install, tmp_path, shop(slo(), more=files), offset=20)
    scrape(past, excluded, until=OUTAGE[0] + WEEK + 2 * HOUR)
    last = max(after for _, after in excluded)
    asked = [*around(last)[1::2], last + 2 * DAY, OUTAGE[0] + WEEK, OUTAGE[0] + WEEK + HOUR]
    past.record(START, OUTAGE[0] + WEEK + 2 * HOUR, asked)
    compare(past, asked, _merged(excluded))


def test_an_exclusion_of_one_group(install: Install, tmp_path: Path) -> None:
    """Europe's maintenance is not America's; one that names nobody is everybody's, and both may be true at once."""
    europe = exclusion("europe", *OUTAGE, more="labels: {region: eu}")
    everybody = exclusion("everybody", *OVERLAPPING)
    past = Past(
        install,
        tmp_path,
        shop(slo(more="groupBy: [region]"), more=europe | everybody),
        offset=20,
        windows=True,
    )
    for region in ("eu", "us"):
        scrape(past, [OUTAGE, OVERLAPPING], until=OUTAGE[1] + DAY, region=region)
    asked = [OUTAGE[0] + 1800, OUTAGE[1] + 1800, OUTAGE[1] + DAY]
    past.record(START, OUTAGE[1] + DAY, asked)
    compare(past, asked, [(OUTAGE[0], OVERLAPPING[1])], region="eu")
    # America's outage began before the exclusion: the pair's 5 minutes at its edge are 2.5 minutes of errors
    compare(past, asked, [OVERLAPPING], within=0.025, region="us")
    for window in ("1h", "6h", "1d"):
        ratio = f"slo:error_ratio:rate{window}"
        assert past.at(ratio, OUTAGE[1] + 1800, region="eu") in (0, pytest.approx(0.01, rel=0.05))
        assert (past.at(ratio, OUTAGE[1] + 1800, region="us") or 0) > (0.015 if window != "1h" else -1)


MONDAY = START + 5 * DAY


def test_an_exclusion_across_a_calendar_boundary(install: Install, tmp_path: Path) -> None:
    """The old week loses what lies before Monday, the new one what lies after."""
    over = (MONDAY - 2 * HOUR - 600, MONDAY + 3 * HOUR + 600)
    week = slo("{calendar: week}")
    past = Past(install, tmp_path, shop(week, more=exclusion("weekend", *over)), offset=20)
    scrape(past, [over], until=MONDAY + 2 * DAY)
    old = [MONDAY - HOUR, MONDAY - 60, MONDAY + 15]
    new = [MONDAY + 5 * HOUR, MONDAY + DAY, MONDAY + 2 * DAY]
    past.record(START, MONDAY + 2 * DAY, [*old, MONDAY + 60, MONDAY + HOUR, *new])
    for at in old:
        assert_period(past, at, past.between(START - 600, past.evaluation(at), [over]))
    for at in (MONDAY + 60, MONDAY + HOUR):  # all of the new week is excluded
        said = past.budget(at)
        assert (said.ratio, said.bad, said.remaining) == (0, 0, 1)
    for at in new:
        truth = past.between(MONDAY, past.evaluation(at), [over])
        said = past.budget(at)
        missing = 500 / truth.total  # the pair's 5 minutes after the end are left out too
        assert said.ratio == pytest.approx(truth.ratio, rel=0.02)
        assert said.total == pytest.approx(truth.total, rel=missing * 1.3)


WINDOWS: Mapping[str, int] = {
    "5m": 300,
    "30m": 1800,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "6h": 6 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
}


@pytest.mark.parametrize("second", [0, 20])
def test_windows_are_clean_when_an_exclusion_ends(install: Install, tmp_path: Path, second: int) -> None:
    """No window pages for an outage that does not count: neither during it nor at any moment after it."""
    past = Past(
        install, tmp_path, shop(slo("30d"), more=exclusion("planned", *OUTAGE)), offset=second, windows=True
    )
    until = OUTAGE[1] + 3 * DAY + 2 * HOUR
    scrape(past, [OUTAGE], until=until)
    after = [
        1,
        4,
        5,
        6,
        10,
        30,
        34,
        36,
        60,
        61,
        64,
        65,
        66,
        67,
        120,
        125,
        126,
        360,
        366,
        1440,
        1446,
        1500,
        4320,
        4326,
        4400,
    ]
    during = [OUTAGE[0] + minutes * 60 for minutes in (1, 5, 30, 85)]
    asked = [*during, *(OUTAGE[1] + minutes * 60 for minutes in after)]
    past.record(START, until, asked)
    worst = 0.0
    for at in asked:
        for window in WINDOWS:
            if window == "5m" and OUTAGE[0] <= at <= OUTAGE[1] + 360:
                continue  # stays true, the long window holds it back
            said = past.at(f"slo:error_ratio:rate{window}", at)
            assert said is not None, (window, at)
            worst = max(worst, said)
            assert said in (0, pytest.approx(0.01, rel=0.05)), (window, (at - OUTAGE[1]) / 60)
    print(f"\n{install.name} largest ratio of any window {worst:.4f}, counted 0.01")


def _merged(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, after in sorted(times):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(after, found[-1][1]))
        else:
            found.append((first, after))
    return found
