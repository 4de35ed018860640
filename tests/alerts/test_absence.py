"""The alerts that say that an SLO cannot be trusted: no total, a lost group, more bad events than events."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.compiled import compile_rules
from tests.alerts.promtool import Course, follow
from tests.alerts.specs import alert, slo
from tests.real import Install

pytestmark = pytest.mark.real

GONE = 60
"""The last scrape of a series that ends; its rate over 5 minutes is gone with the last two samples in the window."""


def course_of(
    install: Install, folder: Path, specification: str, series: dict[str, str], until: int
) -> Course:
    return follow(install, compile_rules(folder, specification).rule_files, series, range(until + 1))


VANISHED = GONE + 5
"""The first evaluation without a rate: the pair's range, 5 minutes and a scrape, holds one sample only."""


def test_a_total_that_ends_is_absent_after_its_for(install: Install, tmp_path: Path) -> None:
    """Ten minutes after the rate has gone, and until it returns; nothing else is said meanwhile."""
    series = {
        'requests_total{code="200"}': "0+60x60 stale _x59 6000+60x30",
        'requests_total{code="500"}': "0x60 stale _x59 0x30",
    }
    course = course_of(install, tmp_path, slo(), series, 150)
    absent = course.of(alertname="SloTotalAbsent", severity="high")
    assert absent == list(range(VANISHED + 10, 122))
    assert course.names == {"SloTotalAbsent"}


@pytest.mark.parametrize("after", [2, 10])
def test_a_total_that_never_was_is_absent(install: Install, tmp_path: Path, after: int) -> None:
    more = f"alerting: {{absence: {{after: {after}m, severity: low}}}}"
    course = course_of(install, tmp_path, slo(more=more), {"something_else": "1x60"}, 30)
    assert course.of(alertname="SloTotalAbsent", severity="low") == list(range(after, 31))
    assert course.names == {"SloTotalAbsent"}


def test_a_fresh_start_is_no_absence(install: Install, tmp_path: Path) -> None:
    """The first scrapes give no rate yet."""
    series = {'requests_total{code="200"}': "_ _ 0+60x60"}
    assert course_of(install, tmp_path, slo(), series, 40).minutes == {}


def test_a_disabled_absence_says_nothing(install: Install, tmp_path: Path) -> None:
    more = "alerting: {absence: {disabled: true}}"
    assert course_of(install, tmp_path, slo(more=more), {"something_else": "1x60"}, 30).minutes == {}


def test_a_lost_group_is_named_and_forgotten_after_an_hour(install: Install, tmp_path: Path) -> None:
    series = {
        'requests_total{code="200",region="eu"}': "0+60x200",
        'requests_total{code="200",region="us"}': "0+60x60 stale",
    }
    course = course_of(install, tmp_path, slo(more="groupBy: [region]"), series, 200)
    assert course.names == {"SloGroupAbsent"}
    minutes = course.of(alertname="SloGroupAbsent", region="us", slo="availability", service="shop")
    lost = VANISHED
    assert minutes[0] == lost + 10
    assert minutes == list(range(minutes[0], minutes[-1] + 1))
    assert lost - 1 + 59 <= minutes[-1] <= lost - 1 + 60


def test_a_group_that_returns_is_not_absent_any_more(install: Install, tmp_path: Path) -> None:
    series = {
        'requests_total{code="200",region="eu"}': "0+60x200",
        'requests_total{code="200",region="us"}': "0+60x60 stale _x29 3600+60x100",
    }
    course = course_of(install, tmp_path, slo(more="groupBy: [region]"), series, 150)
    assert course.of(alertname="SloGroupAbsent", region="us") == list(range(VANISHED + 10, 92))
    assert course.names == {"SloGroupAbsent"}


def test_a_service_that_is_lost_with_all_its_groups_is_absent_as_a_whole(
    install: Install, tmp_path: Path
) -> None:
    series = {f'requests_total{{code="200",region="{region}"}}': "0+60x60 stale" for region in ("eu", "us")}
    course = course_of(install, tmp_path, slo(more="groupBy: [region]"), series, 150)
    assert course.of(alertname="SloTotalAbsent")[0] == VANISHED + 10
    assert len(course.all(alertname="SloGroupAbsent")) == 2


def test_more_bad_events_than_events_is_said_after_a_quarter_of_an_hour(
    install: Install, tmp_path: Path
) -> None:
    """A little more is a difference between scrapes, and not said."""
    wrong, skewed = tmp_path / "wrong", tmp_path / "skewed"
    specification = slo(bad="{metric: failures_total}")
    course = course_of(
        install, wrong, specification, {"requests_total": "0+60x60", "failures_total": "0+61x60"}, 40
    )
    (first, *_) = course.of(alertname="SloBadExceedsTotal", severity="low")
    assert first in (16, 17)  # the first rate, and 15 minutes
    course = course_of(
        install, skewed, specification, {"requests_total": "0+6000x60", "failures_total": "0+6003x60"}, 40
    )
    assert "SloBadExceedsTotal" not in course.names


LOAD = """\
name: LoadHigh
expr: load
above: {medium: 70}
for: 5m
absence: {after: 5m, severity: low}
"""


def test_an_alert_without_data_has_an_alert_of_its_own(install: Install, tmp_path: Path) -> None:
    """A value that is there but low is not missing."""
    course = course_of(install, tmp_path, alert(LOAD), {"load": "50x20 stale _x19 50x20"}, 60)
    # The value is recorded where severities hand over; here the alert reads the measured series and sees its end at once.
    assert course.of(alertname="LoadHighNoData", severity="low") == list(range(26, 41))
    assert course.names == {"LoadHighNoData"}


def test_a_recorded_value_that_ends_is_missing_too(install: Install, tmp_path: Path) -> None:
    text = LOAD.replace("{medium: 70}", "{medium: 70, critical: 85}")
    course = course_of(install, tmp_path, alert(text), {"load": "50x20 stale _x19 50x20"}, 60)
    assert course.of(alertname="LoadHighNoData") == list(range(26, 41))


def test_an_alert_with_a_condition_says_what_must_exist(install: Install, tmp_path: Path) -> None:
    text = """\
name: LoadHigh
expr: load > 70
severity: medium
absence: {expr: "load", after: 5m}
"""
    course = course_of(install, tmp_path, alert(text), {"load": "50x20 stale"}, 40)
    assert course.of(alertname="LoadHighNoData") == list(range(26, 41))
    assert course.names == {"LoadHighNoData"}
