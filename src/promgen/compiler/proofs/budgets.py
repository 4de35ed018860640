"""What the records of an error budget must say, from what happened in its period: spent, left, and gone by when."""

from __future__ import annotations

from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.decimals import format_decimal
from promgen.compiler.ir.proofs import Answer
from promgen.compiler.proofs.drivers import EventDriver
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import Labels, Subject, near, selector
from promgen.compiler.proofs.timeline import Moment


class Account(NamedTuple):
    """What a case tells about the period of one group, and of the evaluation's own minute."""

    total: float
    """Events of the period before that minute."""
    now: float
    """Events per second in that minute."""
    spent: float
    """The burn rate all the time: the share of the budget that is used up."""
    is_covered: bool = True
    """Whether just enough of the period was observed, or else just too little."""
    is_alive: bool = True
    """Whether there is a total at the evaluation."""
    is_old: bool = True
    """Whether there was one a period ago."""


class Sums(NamedTuple):
    """What the records must add up to."""

    total: float
    bad: float
    coverage: float
    observed: float | None = None
    """Seconds; None where they are not recorded."""
    hour: float | None = None
    """The error ratio of the last hour; None where it is not told, because it comes from measured series."""


def allowed(subject: Subject) -> float:
    """The share of events that may be bad."""
    return float(1 - subject.slo.objective)


def recorded_bad(scene: Scene, total: float, bad: float) -> float:
    """Bad events per second at an evaluation: as told where time is measured; an SLI of events records them itself.

    Without any measured series nothing is bad, except where the good ones are counted: there nothing is good.
    """
    if scene.driver is None:
        return bad
    counts_good = isinstance(scene.driver, EventDriver) and scene.driver.part == "good"
    return total if counts_good else 0.0


def hour_of(scene: Scene, account: Account) -> float | None:
    """The error ratio of the last hour; None where it comes from series that are not measured."""
    if not account.is_alive:
        return None
    if not account.now:
        return 0.0
    return account.spent * allowed(scene.subject) if scene.driver is None else None


def ask_budget(moment: Moment, subject: Subject, group: Labels, sums: Sums) -> None:
    """Ask for everything that is recorded about the budget of a group."""
    ratio = sums.bad / sums.total if sums.total else 0.0
    left = 1 - ratio / allowed(subject)
    values = {
        names.TOTAL_PERIOD: sums.total,
        names.BAD_PERIOD: sums.bad,
        names.PERIOD_ERROR_RATIO: ratio,
        names.PERIOD_COVERAGE: sums.coverage,
        names.BUDGET_REMAINING: left,
        names.BUDGET_EVENTS: allowed(subject) * sums.total,
    }
    if sums.observed is not None:
        values[names.OBSERVED_PERIOD] = sums.observed
    if sums.hour is not None:
        burn = sums.hour / allowed(subject)
        values |= {names.BURN_RATE: burn, names.BUDGET_EXHAUSTION: _exhaustion(subject, left, burn)}
    for metric, value in values.items():
        moment.ask(*near(subject.series(metric, group), value))


def ask_untouched(moment: Moment, subject: Subject, group: Labels) -> None:
    """Ask whether a budget is whole, to the last digit."""
    for metric, value in ((names.PERIOD_ERROR_RATIO, 0), (names.BUDGET_REMAINING, 1)):
        moment.ask(f"count({subject.series(metric, group)} == {value})", (Answer("{}"),))


def ask_alone(moment: Moment, subject: Subject) -> None:
    """Ask whether every group has a budget, and nothing else has one."""
    for metric in (names.TOTAL_PERIOD, names.BAD_PERIOD, names.BUDGET_REMAINING):
        moment.ask(f"count({subject.series(metric)})", (Answer("{}", str(len(subject.groups))),))


def ask_constants(moment: Moment, subject: Subject) -> None:
    """Ask for the objective, and for everything that is known of the SLO as labels."""
    moment.ask(
        subject.series(names.OBJECTIVE),
        (Answer(subject.series(names.OBJECTIVE), format_decimal(subject.slo.objective)),),
    )
    labels = {
        **subject.slo.labels,
        names.SYSTEM_LABEL: subject.slo.system,
        names.OWNER_LABEL: subject.slo.owner,
        names.CRITICALITY_LABEL: subject.service.criticality or "",
        names.WINDOW_LABEL: str(subject.slo.period),
        **subject.identity,
    }
    known = selector({label: value for label, value in labels.items() if value})
    moment.ask(subject.series(names.INFO), (Answer(names.INFO + known),))


def _exhaustion(subject: Subject, left: float, burn: float) -> float:
    """Seconds until nothing is left at this burn rate; the period at most."""
    length = float(subject.slo.period.length.seconds)
    return min(max(left, 0.0) * length / burn, length) if burn else length
