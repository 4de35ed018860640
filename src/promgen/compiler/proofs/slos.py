"""Everything that is proved of one SLO, from the model alone: what its rules look like is not known here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promgen.base.durations import HOUR, MINUTE, Duration
from promgen.compiler.ir.proofs import Case, Unproved
from promgen.compiler.proofs.drivers import BeyondError, Driver, driver_of, example_groups, selected
from promgen.compiler.proofs.exclusions import exclusion_cases
from promgen.compiler.proofs.kinds import kind_moments
from promgen.compiler.proofs.minutes import minute_cases
from promgen.compiler.proofs.periods import period_cases
from promgen.compiler.proofs.scenes import Scene
from promgen.compiler.proofs.subject import NATIVE_SINCE, FindSlo, Subject
from promgen.compiler.proofs.tiers import tier_cases
from promgen.compiler.proofs.timeline import case_of
from promgen.compiler.proofs.values import value_cases
from promgen.model.catalog import Service, Target
from promgen.model.slo import (
    CompositeSli,
    EventSli,
    GaugeSli,
    NativeLatencySli,
    ProbeSli,
    RawSli,
    Sli,
    Slo,
    TimeSliceSli,
)
from promgen.promql import Vector

_MEASURED = "what its measured series count"
_SHORT = MINUTE * 3
"""A window below it needs more than one sample a minute."""
_SCRAPE = Duration(15_000)


def slo_proofs(
    slo: Slo, find_slo: FindSlo, service: Service, target: Target
) -> tuple[list[Case], list[Unproved]]:
    """The cases of one SLO, and what cannot be shown of it."""
    groups = example_groups(slo.group_by, _selected(slo.sli, find_slo))
    subject = Subject(slo, find_slo, service, target, groups)
    try:
        scene = Scene(subject, _driver(subject), _interval(subject))
        cases = [*value_cases(scene), *tier_cases(scene), *minute_cases(scene)]
    except BeyondError as reason:
        return [], [subject.unproved("everything", str(reason))]
    excluded, unproved = exclusion_cases(scene)
    budget, unproved_budget = period_cases(scene)
    cases += [*excluded, *budget]
    unproved += unproved_budget
    try:
        cases += _kinds(scene)
    except BeyondError as reason:
        unproved.append(subject.unproved(_MEASURED, str(reason)))
    return cases, unproved


def _interval(subject: Subject) -> Duration:
    return _SCRAPE if subject.windows[0] < _SHORT else MINUTE


def _driver(subject: Subject) -> Driver | None:
    sli = subject.slo.sli
    if not isinstance(sli, EventSli | NativeLatencySli):
        return None
    return driver_of(sli, subject.slo.group_by, subject.groups[0])


def _kinds(scene: Scene) -> Iterator[Case]:
    sli = scene.subject.slo.sli
    apart, interval, since = HOUR, MINUTE, scene.subject.since
    if isinstance(sli, TimeSliceSli):
        apart = HOUR + sli.length * 4
        interval = _SCRAPE if sli.length < _SHORT else MINUTE
        since = NATIVE_SINCE if isinstance(sli.events, NativeLatencySli) else since
    moments = kind_moments(replace(scene, interval=interval))
    if moments:
        name = "what is measured counts as good and bad as the SLI says"
        groups = (scene.subject.main,)
        case = case_of(scene.subject, name, moments, apart=apart, groups=groups, interval=interval)
        yield case._replace(since=since)


def _selected(sli: Sli, find_slo: FindSlo) -> tuple[Vector, ...]:
    """Every selector of measured series that an SLI has."""
    match sli:
        case EventSli(total=total, bad=bad, good=good):
            return (*selected(total), *selected(bad or good or ""))
        case NativeLatencySli(rate=expr) | GaugeSli(expr=expr) | ProbeSli(expr=expr) | RawSli(expr=expr):
            return selected(expr)
        case TimeSliceSli(events=events):
            return _selected(events, find_slo)
        case CompositeSli(parts=parts):
            found = (find_slo(part.service, part.slo).sli for part in parts)
            return tuple(vector for part in found for vector in _selected(part, find_slo))
