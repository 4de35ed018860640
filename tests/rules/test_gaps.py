"""What was not observed is in no budget; the coverage says how much that is, and so how wrong the ratio can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real import Install
from tests.rules.past import DAY, HOUR, START, Gaps, Past
from tests.rules.specs import shop, slo

WEEK = 7 * DAY
END = START + WEEK + 3 * HOUR
LOOKBACK = 300
NOON = START + 3 * DAY + 12 * HOUR + 720

GAPS: dict[str, tuple[Gaps, Gaps]] = {
    "an-hour-without-scrapes": ([(NOON, NOON + HOUR)], []),
    "two-hours-without-prometheus": ([], [(NOON, NOON + 2 * HOUR)]),
    "both-and-shorter-ones": (
        [(NOON, NOON + HOUR), (NOON + DAY, NOON + DAY + 600), (NOON + 2 * DAY, NOON + 2 * DAY + 1200)],
        [(NOON - DAY + 1800, NOON - DAY + 3 * HOUR)],
    ),
    "a-restart-of-two-minutes": ([], [(NOON, NOON + 120)]),
}


@pytest.mark.parametrize("second", [pytest.param(0, marks=pytest.mark.slow), 20])
@pytest.mark.parametrize("gaps", GAPS)
def test_gaps(install: Install, tmp_path: Path, gaps: str, second: int) -> None:
    """Half of all events fail inside the gaps, where gaps come from; the truth lies within the stated bound."""
    scrapes, down = GAPS[gaps]
    missed = [*scrapes, *down]
    past = Past(install, tmp_path, shop(slo()), offset=second, down=down)

    def bad(at: int) -> float:
        return 50 if any(first <= at < after for first, after in missed) else 0.1

    past.scrape(lambda at: 100 - bad(at), bad, range(START - 600, END + 1, 60), gaps=scrapes)
    asked = [END, END - HOUR - 1800, END - HOUR, END - 2 * HOUR + 60]
    past.record(START, END, asked)
    for at in asked:
        said, truth = past.budget(at), past.rolling(at, WEEK)
        assert said.ratio is not None
        assert said.coverage is not None
        length = WEEK + (past.evaluation(at) - 0.001) % HOUR
        missing = sum(after - first for first, after in missed) / length
        slack = len(missed) * LOOKBACK / length + 60 / length
        lowest, highest = said.ratio * said.coverage, said.ratio * said.coverage + (1 - said.coverage)
        print(
            f"\n{install.name} {gaps}: coverage {said.coverage:.5f}, was {1 - missing:.5f};"
            f" said {said.ratio:.4%}, counted {truth.ratio:.4%}, bound {lowest:.4%} to {highest:.4%}"
        )
        assert 1 - missing - 60 / length <= said.coverage <= min(1, 1 - missing + slack)
        assert lowest - slack <= truth.ratio <= highest + slack


def test_a_prometheus_that_is_down_over_a_full_hour_loses_only_that_time(
    install: Install, tmp_path: Path
) -> None:
    """The last sum of the hour in which it went down is still found at the end of that hour."""
    down = [(NOON - 720 - 1500, NOON - 720 + 1500)]  # 25 minutes on both sides of the hour
    past = Past(install, tmp_path, shop(slo()), offset=20, down=down)
    past.scrape(lambda _: 100, lambda _: 2, range(START - 600, END + 1, 60))
    past.record(START, END, [END])
    said, truth = past.budget(END), past.rolling(END, WEEK)
    lost = past.counted(down[0][0], down[0][1])
    print(
        f"\n{install.name} lost {truth.total - (said.total or 0):.0f} events, {lost.total} in the gap; {said.coverage}"
    )
    assert said.total == pytest.approx(truth.total - lost.total, abs=102 * 6)
    assert said.ratio == pytest.approx(truth.ratio, rel=0.005)
