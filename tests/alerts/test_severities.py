"""An alert with thresholds per severity: a worse one replaces the lower one, and no moment is without any."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from tests.alerts.compiled import compile_rules
from tests.alerts.handover import Evaluation, changes, check_handover
from tests.alerts.promtool import Course, follow
from tests.alerts.specs import alert, steady
from tests.real import Install

pytestmark = pytest.mark.real

TWO = """\
name: LoadHigh
expr: load
above: {medium: 70, critical: 85}
for: 5m
"""
THREE = """\
name: LoadHigh
expr: load
above: {low: 60, medium: 70, critical: 85}
for: 5m
"""


def course_of(install: Install, folder: Path, fields: str, values: Sequence[float]) -> Course:
    compiled = compile_rules(folder, alert(fields))
    return follow(install, compiled.rule_files, {"load": steady(values)}, range(len(values)))


def evaluations(course: Course, values: Sequence[float], name: str = "LoadHigh") -> list[Evaluation]:
    """The course of the only series of an alert."""
    firing = {labels["severity"]: frozenset(minutes) for labels, minutes in course.all(alertname=name)}
    return [
        Evaluation(minute, value, frozenset(severity for severity, at in firing.items() if minute in at))
        for minute, value in enumerate(values)
    ]


def run(
    install: Install, folder: Path, fields: str, values: Sequence[float], lowest: float
) -> list[Evaluation]:
    """The evaluations, with what must hold for any course of the value already checked."""
    seen = evaluations(course_of(install, folder, fields, values), values)
    check_handover(seen, lowest)
    return seen


def severities(seen: list[Evaluation]) -> list[str]:
    return ["+".join(sorted(state)) or "none" for state in changes(seen)]


def ramp(start: int, stop: int, step: float) -> list[float]:
    return [start + step * number for number in range(round((stop - start) / step))]


def test_a_slow_rise_and_fall_pass_through_every_severity(install: Install, tmp_path: Path) -> None:
    """Up: medium, then critical instead of it. Down: both for one evaluation, then medium, then none."""
    values = [*ramp(60, 95, 0.5), *ramp(95, 60, -0.5)]
    seen = run(install, tmp_path, TWO, values, 70)
    assert severities(seen) == ["medium", "critical", "critical+medium", "medium", "none"]
    first = next(minute for minute, value in enumerate(values) if value > 70)
    assert next(one.at for one in seen if one.firing) == first + 5
    above = [one for one in seen if one.value > 85]
    assert next(one.at for one in above if "critical" in one.firing) == above[0].at + 5


def test_a_jump_fires_the_lower_severity_never(install: Install, tmp_path: Path) -> None:
    """Both would be due at once, and the worse one stands first."""
    seen = run(install, tmp_path, TWO, [50] * 10 + [95] * 20 + [50] * 10, 70)
    assert severities(seen) == ["critical", "none"]


def test_a_full_recovery_ends_everything_at_once(install: Install, tmp_path: Path) -> None:
    values = [75] * 10 + [90] * 10 + [40] * 10
    seen = run(install, tmp_path, THREE, values, 60)
    assert severities(seen)[-1] == "none"
    assert max(one.at for one in seen if one.firing) == 19


def test_three_severities_up_and_down_in_steps(install: Install, tmp_path: Path) -> None:
    values = [
        float(value)
        for value in [50] * 5 + [65] * 10 + [75] * 10 + [90] * 15 + [75] * 10 + [65] * 10 + [50] * 5
    ]
    seen = run(install, tmp_path, THREE, values, 60)
    assert severities(seen) == [
        "low", "medium", "critical", "critical+medium", "medium", "low+medium", "low", "none",
    ]  # fmt: skip


def test_a_fall_past_a_severity_hands_over_to_the_one_that_fits(install: Install, tmp_path: Path) -> None:
    """From critical to low, without medium in between."""
    seen = run(install, tmp_path, THREE, [90.0] * 15 + [65.0] * 15 + [50.0] * 5, 60)
    assert severities(seen) == ["critical", "critical+low", "low", "none"]


def test_a_rise_past_a_severity(install: Install, tmp_path: Path) -> None:
    """From low to critical, without medium in between; down the same way."""
    seen = run(install, tmp_path, THREE, [65.0] * 15 + [90.0] * 15 + [65.0] * 15, 60)
    assert severities(seen) == ["low", "critical", "critical+low", "low"]


@pytest.mark.parametrize("period", [1, 2, 4, 5, 6, 7, 12])
@pytest.mark.parametrize("fields", [TWO, THREE], ids=["two", "three"])
def test_oscillation_around_the_upper_threshold_leaves_no_hole(
    install: Install, tmp_path: Path, period: int, fields: str
) -> None:
    """Whether each side lasts longer than `for` or not."""
    values = [50.0] * 5 + [90.0 if minute // period % 2 else 80.0 for minute in range(90)] + [50.0] * 5
    seen = run(install, tmp_path, fields, values, 70 if fields is TWO else 60)
    inside = [one for one in seen if 10 <= one.at < 95]
    assert all(one.firing for one in inside)


FOR = {
    "worse is quicker": "for: {medium: 10m, critical: 2m}",
    "worse is slower": "for: {medium: 2m, critical: 10m}",
    "worse at once": "for: {medium: 5m}",
    "lower at once": "for: {critical: 5m}",
    "both at once": "",
}


@pytest.mark.parametrize("case", FOR)
def test_each_severity_has_its_own_for(install: Install, tmp_path: Path, case: str) -> None:
    fields = TWO.replace("for: 5m", FOR[case])
    values = [50.0] * 5 + [90.0] * 30 + [75.0] * 30 + [50.0] * 5
    seen = run(install, tmp_path, fields, values, 70)
    medium, critical = {
        "worse is quicker": (10, 2), "worse is slower": (2, 10), "worse at once": (5, 0), "lower at once": (0, 5),
        "both at once": (0, 0),
    }[case]  # fmt: skip
    fired = next(one for one in seen if one.firing)
    assert fired.at == 5 + min(medium, critical)
    assert next(one.at for one in seen if "critical" in one.firing) == 5 + critical
    assert max(one.at for one in seen if "critical" in one.firing) in (35 + medium - 1, 35 + medium)
    assert severities(seen)[-2:] == ["medium", "none"]


KEPT = 10
"""Minutes of `keepFiringFor`, counted from the last moment above the lowest threshold."""


@pytest.mark.parametrize("side", ["above", "below"])
def test_what_keeps_firing_hands_over_as_well(install: Install, tmp_path: Path, side: str) -> None:
    """Two severities are never kept beside each other, and after a recovery the one that fired goes on."""
    fields = TWO + "keepFiringFor: 10m\n"
    values = [50] * 5 + [75] * 10 + [90] * 15 + [75] * 20 + [50] * 20
    if side == "below":
        fields = fields.replace("above: {medium: 70, critical: 85}", "below: {medium: 30, critical: 15}")
    given = values if side == "above" else [100 - value for value in values]
    firing = [one.firing for one in evaluations(course_of(install, tmp_path, fields, given), given)]
    seen = [Evaluation(at, 99, state) for at, state in enumerate(firing[: 50 + KEPT - 1])]
    check_handover(seen, 70)
    assert severities(seen) == ["medium", "critical", "critical+medium", "medium"]
    assert all(firing[10 : 50 + KEPT - 1])
    assert not any(firing[50 + KEPT :])


def test_a_worse_severity_is_kept_after_a_full_recovery(install: Install, tmp_path: Path) -> None:
    fields = THREE + "keepFiringFor: 10m\noverrides: [{labels: {core: '1'}, above: {low: 50, medium: 60}}]\n"
    compiled = compile_rules(tmp_path, alert(fields))
    series = {f'load{{core="{core}"}}': "40x5 90x20 40x30" for core in "01"}
    course = follow(install, compiled.rule_files, series, range(50))
    kept = [
        minutes[-1]
        for labels, minutes in course.all(alertname="LoadHigh")
        if labels["severity"] == "critical"
    ]
    assert len(kept) == len(course.minutes) == 2
    assert all(26 + KEPT - 1 <= last <= 26 + KEPT for last in kept)


@pytest.mark.parametrize("seed", range(6))
def test_any_course_of_the_value_keeps_the_laws(install: Install, tmp_path: Path, seed: int) -> None:
    """A random walk across three thresholds with different `for`."""
    chance = random.Random(seed)
    fields = THREE.replace("for: 5m", "for: {low: 3m, medium: 5m, critical: 2m}")
    walk = accumulate(
        (chance.choice([-9, -4, -1, 1, 4, 9]) for _ in range(300)),
        lambda at, step: min(max(at + step, 45), 99),
    )
    values = [float(value) for value in walk]
    run(install, tmp_path / "plain", fields, values, 60)
    kept = evaluations(course_of(install, tmp_path / "kept", fields + "keepFiringFor: 7m\n", values), values)
    assert all(len(before.firing) < 2 or len(now.firing) < 2 for before, now in pairwise(kept))
    assert all(now.firing for before, now in pairwise(kept) if before.firing and now.value > 60)


def test_below_thresholds_hand_over_as_well(install: Install, tmp_path: Path) -> None:
    fields = "name: LoadHigh\nexpr: load\nbelow: {medium: 30, critical: 10}\nfor: 5m\n"
    values = [*ramp(40, 0, -0.5), *ramp(0, 40, 0.5)]
    seen = evaluations(course_of(install, tmp_path, fields, values), values)
    check_handover([Evaluation(one.at, -one.value, one.firing) for one in seen], -30)
    assert severities(seen) == ["medium", "critical", "critical+medium", "medium", "none"]


def test_series_hand_over_one_by_one(install: Install, tmp_path: Path) -> None:
    """What fires for one series does not silence another."""
    fields = TWO.replace("expr: load", "expr: max by (core) (load)")
    compiled = compile_rules(tmp_path, alert(fields + "labels: {core_team: hardware}"))
    series = {'load{core="0"}': "75x60", 'load{core="1"}': "90x60", 'load{core="2"}': "50x60"}
    course = follow(install, compiled.rule_files, series, range(60))
    fired = {
        (labels["core"], labels["severity"]): minutes for labels, minutes in course.all(alertname="LoadHigh")
    }
    assert set(fired) == {("0", "medium"), ("1", "critical")}
    assert all(minutes == tuple(range(5, 60)) for minutes in fired.values())


PAGE_OR_TICKET = "severities: {values: {critical: page, high: page, medium: ticket, low: ticket}}\n"


def test_severities_that_a_site_prints_alike_are_one(install: Install, tmp_path: Path) -> None:
    """From the threshold that is reached first: two alerts with the same labels would undo each other."""
    fields = "name: LoadHigh\nexpr: load\nabove: {low: 60, medium: 70, high: 80, critical: 90}\nfor: 5m\n"
    compiled = compile_rules(tmp_path, alert(fields), PAGE_OR_TICKET)
    values = [50] * 5 + [65] * 10 + [75] * 10 + [85] * 10 + [95] * 10 + [50] * 5
    seen = evaluations(
        follow(install, compiled.rule_files, {"load": steady(values)}, range(len(values))), values
    )
    check_handover(seen, 60)
    assert severities(seen) == ["ticket", "page", "none"]
    assert next(one.at for one in seen if "page" in one.firing) == 30


OVERRIDDEN = """\
name: LoadHigh
expr: max by (core, host) (load)
above: {medium: 70, critical: 85}
for: 2m
overrides:
  - labels: {core: "1"}
    above: {medium: 92, critical: 98}
  - labels: {core: "2", host: b}
    above: {critical: 75}
"""


def test_overridden_thresholds_apply_to_their_labels_only(install: Install, tmp_path: Path) -> None:
    """And nothing fires twice."""
    compiled = compile_rules(tmp_path, alert(OVERRIDDEN))
    loads = {
        ("0", "a"): 90,
        ("1", "a"): 90,
        ("1", "b"): 95,
        ("1", "c"): 99,
        ("2", "a"): 80,
        ("2", "b"): 80,
        ("3", "a"): 60,
    }
    series = {f'load{{core="{core}",host="{host}"}}': f"{value}x20" for (core, host), value in loads.items()}
    course = follow(install, compiled.rule_files, series, range(20))
    fired = {
        (labels["core"], labels["host"]): labels["severity"] for labels, _ in course.all(alertname="LoadHigh")
    }
    assert len(course.minutes) == len(fired)
    assert fired == {
        ("0", "a"): "critical", ("1", "b"): "medium", ("1", "c"): "critical", ("2", "a"): "medium", ("2", "b"): "critical",
    }  # fmt: skip
    assert {minutes for _, minutes in course.all()} == {tuple(range(2, 20))}


def test_overridden_thresholds_hand_over_as_well(install: Install, tmp_path: Path) -> None:
    compiled = compile_rules(tmp_path, alert(OVERRIDDEN))
    values = [*ramp(80, 99, 0.5), *ramp(99, 80, -0.5)]
    series = {'load{core="1",host="a"}': steady(values), 'load{core="0",host="a"}': "60x100"}
    course = follow(install, compiled.rule_files, series, range(len(values)))
    seen = evaluations(course, values)
    check_handover(seen, 92)
    assert severities(seen) == ["medium", "critical", "critical+medium", "medium", "none"]
