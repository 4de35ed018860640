"""Proof cases of blocks and periods: every kind of period passes on both releases, and a broken rule fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Case
from promgen.compiler.pipeline import Output
from tests.compiler.projects import compile_files, output_of
from tests.proofs.executed import changed, refusals
from tests.proofs.test_peer_defects import edits, without
from tests.real import Install
from tests.rules.specs import exclusion, shop, slo

GOOD = '{ratio: {total: {metric: requests_total}, good: {selector: {code: "200"}}}}'
PROBE = "{probe: {selector: {job: blackbox}}}"
GAUGE = "{gauge: {expr: queue_delay_seconds, below: 15m}}"
BY_REGION = "groupBy: [region]"
QUIET = "alerting: {policy: none}"
EXCLUDED = 1_794_103_200
"""2026-11-08T02:00:00Z."""


def budget_cases(output: Output) -> Iterator[Case]:
    """The cases of blocks and periods among all that an SLO gets, except those for the coverage alert alone."""
    for proofs in output.proofs:
        for case in proofs.cases:
            is_of_period = any(group.endswith("/period") for group in case.groups)
            if not case.rules and (is_of_period or " block " in case.name):
                yield case


@pytest.fixture
def install(installs: tuple[Install, ...]) -> Install:
    """The newest; the periods of the four systems are proved on every release."""
    return installs[-1]


def compiled(folder: Path, specification: str, more: dict[str, str] | None = None) -> Output:
    return output_of(compile_files(folder, shop(specification, more=more)))


def assert_proved(install: Install, folder: Path, output: Output) -> None:
    (file,) = output.rule_files
    assert refusals(install, file, budget_cases(output)) == []


@pytest.mark.real
@pytest.mark.parametrize(
    ("window", "more", "sli"),
    [
        ("1h", "", PROBE),
        ("1d", BY_REGION, GOOD),
        ("6d", "", GAUGE),
        ("7d", QUIET, GOOD),
        ("30d", BY_REGION, PROBE),
        ("90d", "", GAUGE),
        ("1y", "", GOOD),
    ],
)
def test_a_rolling_period_is_proved(
    install: Install, tmp_path: Path, window: str, more: str, sli: str
) -> None:
    assert_proved(install, tmp_path, compiled(tmp_path, slo(window, more, sli=sli)))


@pytest.mark.real
@pytest.mark.parametrize(
    ("unit", "offset"),
    [("week", "+00:00"), ("week", "-09:30"), ("month", "+05:45"), ("month", "-03:00"), ("quarter", "+14:00")],
)
def test_a_calendar_period_is_proved(install: Install, tmp_path: Path, unit: str, offset: str) -> None:
    window = f'{{calendar: {unit}, utcOffset: "{offset}"}}'
    assert_proved(install, tmp_path, compiled(tmp_path, slo(window, BY_REGION)))


@pytest.mark.real
@pytest.mark.parametrize("window", ["1h", "1d", "1y", "{calendar: month, utcOffset: '+01:00'}"])
def test_exclusions_are_proved(install: Install, tmp_path: Path, window: str) -> None:
    """One of two and a half days, and one of a region that overlaps its start."""
    end = EXCLUDED + 216_060
    more = exclusion("long", EXCLUDED, end) | exclusion(
        "regional", EXCLUDED - 600, EXCLUDED + 60, more="labels: {region: eu}"
    )
    assert_proved(install, tmp_path, compiled(tmp_path, slo(window, BY_REGION), more))


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda expr: expr.replace(old, new)


BROKEN = {
    "the block that has begun is left out": (
        "30d",
        edits(names.TOTAL_PERIOD, lambda expr: re.sub(r"\n  slo:total_events:block\{.*\n  or", "\n ", expr)),
    ),
    "an hour too much": (
        "30d",
        edits(
            names.BAD_PERIOD,
            lambda expr: expr.replace("- 2592000)", "- 2595600)").replace("[30d1h:1h]", "[30d2h:1h]"),
        ),
    ),
    "an hour too little": ("30d", edits(names.BAD_PERIOD, replaced("- 2592000)", "- 2588400)"))),
    "a month of thirty days": (
        "{calendar: month}",
        edits(names.TOTAL_PERIOD, replaced("[31d:1h]", "[30d:1h]")),
    ),
    "a block of the hour before": (
        "30d",
        edits(names.TOTAL_BLOCK, replaced("vector(time() - 1) >", "vector(time() + 60) >")),
    ),
    "a block begins before the hour is over": (
        "30d",
        edits(names.BLOCK_START, replaced("(time() - 0.001)", "time()")),
    ),
    "the newest minute is left out": ("30d", edits(names.OBSERVED_BLOCK, replaced(" offset -59s999ms", ""))),
    "a week begins on Sunday": ("{calendar: week}", edits(names.PERIOD_START, replaced("259200", "345600"))),
    "a quarter has 90 days": ("{calendar: quarter}", edits(names.PERIOD_START, replaced("92 *", "90 *"))),
    "an idle budget is no number": ("7d", edits(names.PERIOD_ERROR_RATIO, replaced(" > 0)", ")"))),
    "nothing is left of an idle budget": ("7d", without(names.BUDGET_REMAINING)),
    "an overspent budget lasts a negative time": (
        "7d",
        edits(names.BUDGET_EXHAUSTION, lambda expr: re.sub(r"clamp_min\((slo:\S+), 0\)", r"\1", expr)),
    ),
    "a young SLO is told that it is not covered": (
        "1d",
        edits(names.COVERAGE_ALERT, lambda expr: re.sub(r"\n  and last_over_time.*", "", expr)),
    ),
    "what is not there is told that it is not covered": (
        "1d",
        edits(names.COVERAGE_ALERT, lambda expr: re.sub(r"\n  and slo:total_events\S+", "", expr)),
    ),
    "coverage is taken for complete": ("1d", edits(names.COVERAGE_ALERT, replaced("0.99", "0.95"))),
}


@pytest.mark.real
@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_period_fails(installs: tuple[Install, ...], tmp_path: Path, what: str) -> None:
    window, change = BROKEN[what]
    output = compiled(tmp_path, slo(window, sli=PROBE))
    (file,) = output.rule_files
    broken = changed(file, change)
    assert refusals(installs[-1], broken, budget_cases(output))


@pytest.mark.real
@pytest.mark.parametrize("window", ["1h", "30d", "{calendar: month}"])
@pytest.mark.parametrize(("hold", "passes"), [("59m", False), ("1h", True), ("1h1m", False)])
def test_low_coverage_waits_for_an_hour(
    installs: tuple[Install, ...], tmp_path: Path, window: str, hold: str, passes: bool
) -> None:
    output = compiled(tmp_path, slo(window))
    (file,) = output.rule_files
    cases = [case for case in output.proofs[0].cases if case.rules == (names.COVERAGE_ALERT,)]
    alone = changed(
        file,
        lambda rule: [rule._replace(hold=Duration.parse(hold))] if rule.name == names.COVERAGE_ALERT else [],
    )
    assert (not refusals(installs[0], alone, cases)) is passes


@pytest.mark.parametrize(
    ("window", "unproved"),
    [
        ("1d", []),
        ("30d", []),
        ("6d", ["its error budget"]),
        ("{calendar: quarter, utcOffset: '+05:30'}", ["its error budget"]),
    ],
)
def test_what_is_too_much_for_promtool_is_said(tmp_path: Path, window: str, unproved: list[str]) -> None:
    """Thousands of steps in one query."""
    planned = exclusion("planned", EXCLUDED, EXCLUDED + 600) if window == "6d" else None
    output = compiled(tmp_path, slo(window), planned)
    assert [one.what for proofs in output.proofs for one in proofs.unproved] == unproved
