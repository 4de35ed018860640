"""Proof of the budget as a course: from measured series to the budget, into a new period, and until low coverage fires."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base import conventions as names
from promgen.base.durations import DAY, HOUR, MINUTE, Duration
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples
from promgen.compiler.proofs.budgets import allowed, recorded_bad
from promgen.compiler.proofs.calendars import first_boundary, period_begin
from promgen.compiler.proofs.drivers import Driver, Growth
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import near, standing
from promgen.compiler.proofs.timeline import Moment, case_at, level
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CalendarPeriod

_SECONDS = EVALUATION_INTERVAL.ms // 1000
_EVENTS = 6e6
"""Events in one interval of the measured series."""
_MINUTES = 2
_SPENT = 0.637
_LOUD = 1e9
_COVERAGE_HOLD = HOUR
_SPARSE = MINUTE * 4
"""So often that a series is there at every evaluation."""
_DATES = {"week": (5, 9), "month": (29, 40), "quarter": (29, 40)}
"""Days between evaluations, and how many show every kind of period, leap years among them."""


def measured_case(scene: Scene, driver: Driver) -> Case:
    """The first minutes of an SLO: from what is measured to what is left, through every record between them."""
    subject, ratio = scene.subject, _SPENT * allowed(scene.subject)
    slots = _MINUTES * EVALUATION_INTERVAL.ms // scene.interval.ms
    growth = [Growth(slots, _EVENTS, _EVENTS * ratio)]
    samples = driver.samples(subject.groups[0], 0, growth)
    moment = Moment()
    for metric, value in (
        (names.PERIOD_ERROR_RATIO, ratio),
        (names.BUDGET_REMAINING, 1 - _SPENT),
        (names.BURN_RATE, _SPENT),
        (names.BUDGET_EXHAUSTION, (1 - _SPENT) / _SPENT * float(subject.slo.period.length.seconds)),
    ):
        moment.ask(*near(subject.series(metric, subject.groups[0]), value))
    if subject.block is not None:
        observed = float(_MINUTES * _SECONDS)
        moment.ask(*near(subject.series(names.OBSERVED_PERIOD, subject.groups[0]), observed))
    return Case(
        "what is measured becomes the budget that is left, by way of the pair and its sums",
        subject.slo.key,
        (subject.main, subject.period),
        tuple(Samples(series, piece.values) for series, piece in samples),
        tuple(Question(MINUTE * _MINUTES, expr, answers) for expr, answers in moment.questions),
        scene.interval,
        since=subject.since,
    )


# --- calendars


def calendar_cases(scene: Scene, period: CalendarPeriod) -> Iterator[Case]:
    """Where periods begin, and the first minute of a new one."""
    days, count = _DATES[period.unit]
    yield _begins(scene, period, "a period begins where the calendar says", Duration(DAY.ms * days), count)
    boundary = Duration(first_boundary(period) * 1000)
    yield _begins(scene, period, "the end of a period still belongs to it", boundary, 1)
    yield _new_period(scene, boundary)


def _begins(scene: Scene, period: CalendarPeriod, name: str, step: Duration, count: int) -> Case:
    """Evaluations without any data."""
    moments = []
    for place in range(1, count + 1):
        begin = period_begin(period, step.ms * place // 1000)
        moments.append(Moment())
        series = scene.subject.series(names.PERIOD_START)
        moments[-1].ask(f"count(abs({series} - {begin}) < 1)", (Answer("{}"),))
    return case_at(scene.subject, name, moments, step=step, groups=(scene.subject.main,), interval=step)


def _new_period(scene: Scene, boundary: Duration) -> Case:
    """One minute after a boundary; what was loud before it is gone."""
    subject, moment = scene.subject, Moment()
    group = subject.groups[0]
    moment.add(subject.series(names.TOTAL_EVENTS, group), [level(1, [_LOUD, 10.0])])
    newest = [5.0] if scene.driver is None else []
    moment.add(subject.series(names.BAD_EVENTS, group), [level(1, [_LOUD, *newest])])
    for metric in (names.TOTAL_BLOCK, names.BAD_BLOCK, names.OBSERVED_BLOCK):
        moment.add(subject.series(metric, group), [level(1, [_LOUD])])
    for metric, value in (
        (names.TOTAL_PERIOD, 10.0 * _SECONDS),
        (names.BAD_PERIOD, recorded_bad(scene, 10.0, 5.0) * _SECONDS),
        (names.OBSERVED_PERIOD, float(_SECONDS)),
        (names.PERIOD_COVERAGE, 1.0),
    ):
        moment.ask(*near(subject.series(metric, group), value))
    return case_at(
        subject,
        "a minute after it began a period holds that minute alone",
        [moment],
        step=boundary + EVALUATION_INTERVAL,
        groups=(subject.main, subject.period),
        interval=EVALUATION_INTERVAL,
    )


# --- low coverage


def waiting_cases(scene: Scene) -> Iterator[Case]:
    """Low coverage has not fired half a minute before an hour is over, and has when it is."""
    yield _waiting(
        scene, "low coverage is not told for an hour", Duration(_COVERAGE_HOLD.ms - 30_000), "pending"
    )
    yield _waiting(scene, "low coverage is told when it lasts an hour", _COVERAGE_HOLD, "firing")


def _waiting(scene: Scene, name: str, step: Duration, state: str) -> Case:
    """Of many evaluations with a low coverage, which is given, the last two have a total a period before."""
    subject, group = scene.subject, scene.subject.groups[0]
    end = step * (-(-subject.slo.period.longest.ms // step.ms) + 1)
    total = Samples(subject.series(names.TOTAL_EVENTS, group), f"1x{end.ms // _SPARSE.ms}")
    coverage = Samples(subject.series(names.PERIOD_COVERAGE, group), f"0.5x{end.ms // _SPARSE.ms}")
    answer = standing(names.COVERAGE_ALERT, group, state=state)
    question = Question(end, subject.states(f'alertname="{names.COVERAGE_ALERT}"'), (answer,))
    return Case(
        name,
        subject.slo.key,
        (subject.period,),
        (total, coverage),
        (question,),
        _SPARSE,
        step,
        rules=(names.COVERAGE_ALERT,),
    )
