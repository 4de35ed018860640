"""Errors that keep to one phase of the minute or to one minute of the hour, evaluated at any second (ADR 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real import Install
from tests.rules.past import DAY, HOUR, START, Past, Shape
from tests.rules.specs import assert_period, rolling_start, shop, slo, worst_errors

END = START + 8 * DAY
ASKED = [END - 3 * HOUR + minute * 60 for minute in (*range(-3, 4), 30, 57, 58, 59, 60, 61, 62, 117, 180)]
OFFSETS = [0, 0.001, 20, 59, 59.999]


def in_minute(minute: int) -> Shape:
    """Errors in one minute of each hour: those of hh:59 are in the scrape of the full hour."""
    return lambda at: 30 if (at - 60) % HOUR == minute * 60 else 0


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("minute", [0, 59])
def test_errors_in_one_minute_of_the_hour(
    install: Install, tmp_path: Path, offset: float, minute: int
) -> None:
    """No evaluation is lost between two blocks, whichever second of the minute the group has."""
    past = Past(install, tmp_path, shop(slo()), offset=offset, reader_offset=33.3)
    past.scrape(lambda _: 10, in_minute(minute), range(START - 600, END + 1, 60))
    past.record(START, END, ASKED)
    truths = [(at, past.counted(rolling_start(at, 7 * DAY), at)) for at in ASKED]
    print(f"\n{install.name} hh:{minute:02} second {offset}:", worst_errors(past, truths))
    for at in ASKED:
        said = past.budget(at)
        assert said.coverage is not None
        assert said.coverage > 0.999
        assert said.ratio is not None
        print(at, said, past.counted(rolling_start(at, 7 * DAY), at))
