"""Proof of the error budget: what the period holds, what is left of it, and that too little coverage is told.

Five evaluations far apart, each with a period of its own behind it: one that is half spent and just covered; an idle
one of a young SLO; one that ends without data; one that is overspent; and one that has hardly begun to burn. The last
four are covered just too little, which matters to the last two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Answer, Case, Unproved
from promgen.compiler.proofs.blocks import block_case
from promgen.compiler.proofs.budgets import (
    Account,
    Sums,
    allowed,
    ask_alone,
    ask_budget,
    ask_constants,
    ask_untouched,
)
from promgen.compiler.proofs.period_blocks import BlockLedger
from promgen.compiler.proofs.period_courses import calendar_cases, measured_case, waiting_cases
from promgen.compiler.proofs.period_exclusions import period_exclusion_cases
from promgen.compiler.proofs.period_minutes import MinuteLedger
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import BURN_RATE_WINDOW, Labels, Subject, selector, standing
from promgen.compiler.proofs.timeline import Moment, case_at, level
from promgen.model.catalog import EVALUATION_INTERVAL
from promgen.model.slo import CalendarPeriod

_TRAFFIC = 1e9
"""Events in a period."""
_QUIET = 6000.0
"""Events in a period of which the evaluation's own minute is a good part."""
_LOUD = 1e12
_COVERAGE = f'alertname="{names.COVERAGE_ALERT}"'
_MOST_SAMPLES = 10_000
"""What promtool allows a query."""
_TOO_MANY = "its period has so many steps that promtool would hold more samples at once than it allows"
_READ = (
    names.TOTAL_EVENTS,
    names.BAD_EVENTS,
    names.error_ratio(BURN_RATE_WINDOW),
    names.BLOCK_START,
    names.PERIOD_START,
    names.TOTAL_BLOCK,
    names.BAD_BLOCK,
    names.OBSERVED_BLOCK,
    names.TOTAL_PERIOD,
    names.BAD_PERIOD,
    names.OBSERVED_PERIOD,
    names.PERIOD_ERROR_RATIO,
    names.PERIOD_COVERAGE,
    names.BUDGET_REMAINING,
    names.BURN_RATE,
)
"""Everything that a budget is worked out from."""


class Ledger(Protocol):
    """Tells of periods, in samples at some interval."""

    @property
    def interval(self) -> Duration: ...
    @property
    def step(self) -> Duration: ...
    def tell(self, moment: Moment, place: int, group: Labels, account: Account, /) -> Sums:
        """Add what happened to a group up to an evaluation, and say what it adds up to."""


def period_cases(scene: Scene) -> tuple[list[Case], list[Unproved]]:
    """Everything about the budget of an SLO, and what cannot be shown of it."""
    subject = scene.subject
    cases = [block_case(scene, subject.block)] if subject.block is not None else []
    if _samples_at_once(subject) > _MOST_SAMPLES:
        return cases, [subject.unproved("its error budget", _TOO_MANY)]
    cases += _cases_of_period(scene)
    if not subject.slo.is_silent:
        cases += waiting_cases(scene)
    return cases, []


def _cases_of_period(scene: Scene) -> Iterator[Case]:
    yield _budget_case(scene)
    yield from period_exclusion_cases(scene)
    if isinstance(scene.subject.slo.period, CalendarPeriod):
        yield from calendar_cases(scene, scene.subject.slo.period)
    if scene.driver is not None:
        yield measured_case(scene, scene.driver)


def _samples_at_once(subject: Subject) -> int:
    """About how many samples an evaluation of the period holds at once, by the steps of its sums."""
    if subject.block is not None:
        return subject.slo.period.longest.ms // subject.block.ms * 3
    if subject.slo.exclusions:
        return subject.slo.period.longest.ms // EVALUATION_INTERVAL.ms * 2 * (1 + len(subject.groups))
    return 0


def _budget_case(scene: Scene) -> Case:
    """The budget and its coverage, whatever the period."""
    block = scene.subject.block
    ledger: Ledger = MinuteLedger(scene) if block is None else BlockLedger(scene, block)
    return case_at(
        scene.subject,
        "the error budget is that of the period, no more and no less; too little coverage fires, not for a young SLO",
        list(_moments(scene.subject, ledger)),
        step=ledger.step,
        groups=(scene.subject.main, scene.subject.period),
        interval=ledger.interval,
    )


def _moments(subject: Subject, ledger: Ledger) -> list[Moment]:
    accounts = (
        _account(subject, 0.6),
        Account(0.0, 0.0, 0.0, is_covered=False, is_old=False),
        Account(_TRAFFIC, 0.0, 0.3, is_covered=False, is_alive=False),
        Account(_QUIET, _QUIET / 200, 2.0, is_covered=False),
        _account(subject, 0.1)._replace(is_covered=False),
    )
    moments = [_moment(subject, ledger, place, account) for place, account in enumerate(accounts, 1)]
    half_spent, idle, lost, overspent, slow = moments
    for moment in (half_spent, slow):
        _tell_others(moment, moments.index(moment) + 1, subject, ledger)
    _distract(half_spent, subject)
    ask_constants(half_spent, subject)
    ask_alone(half_spent, subject)
    ask_untouched(idle, subject, subject.groups[0])
    for moment in (half_spent, idle, lost):
        moment.ask(subject.states(_COVERAGE))
    if not subject.slo.is_silent:
        overspent.ask(
            subject.states(_COVERAGE), (standing(names.COVERAGE_ALERT, subject.groups[0], state="pending"),)
        )
        slow.ask(subject.alerts(_COVERAGE), (_firing(subject),))
    return moments


def _moment(subject: Subject, ledger: Ledger, place: int, account: Account) -> Moment:
    """What happened to the first group, and its budget."""
    moment = Moment()
    sums = ledger.tell(moment, place, subject.groups[0], account)
    ask_budget(moment, subject, subject.groups[0], sums)
    return moment


def _tell_others(moment: Moment, place: int, subject: Subject, ledger: Ledger) -> None:
    """The other groups are covered, and have budgets of their own."""
    for number, group in enumerate(subject.groups[1:], 1):
        account = _account(subject, 0.6 - 0.2 / number)._replace(total=_TRAFFIC * (number + 1))
        ask_budget(moment, subject, group, ledger.tell(moment, place, group, account))


def _distract(moment: Moment, subject: Subject) -> None:
    """Whatever a budget is worked out from, of other SLOs."""
    for identity in subject.decoys():
        labels = selector({**identity, **subject.groups[0]})
        for metric in _READ:
            moment.add(metric + labels, [level(1, [_LOUD] * 2)])


def _firing(subject: Subject) -> Answer:
    labels = subject.alert_labels(subject.slo.doubt_severity, subject.groups[0], {})
    return Answer("ALERTS" + selector({"alertname": names.COVERAGE_ALERT, "alertstate": "firing", **labels}))


def _account(subject: Subject, spent: float) -> Account:
    """Busy, and with a last minute that does not spoil the budget even when all of it is bad."""
    return Account(_TRAFFIC, 0.001 * spent * allowed(subject) * _TRAFFIC, spent)
