"""The cases that users wrote in specifications, as cases for promtool.

What happens is made by the drivers of the measured series, or given sample by sample; what fires is asked at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from promgen.base import conventions as names
from promgen.compiler.ir.proofs import Answer, Case, Question, Samples, Unproved
from promgen.compiler.proofs.drivers import BeyondError
from promgen.compiler.proofs.subject import FindSlo
from promgen.compiler.proofs.user_series import Measured, alert_series, slo_series
from promgen.model.alert import Alert
from promgen.model.catalog import Target
from promgen.model.proof import ABSENCE, Stretch, UserCase
from promgen.model.slo import Slo
from promgen.promql import LabelMatcher, format_labels, format_selector

Drive = Callable[[Sequence[Stretch]], Measured]
"""The measured series that give stretches, one after the other. Raises BeyondError where there are none, with the reason."""
ALERTNAME = "alertname"
Proven = tuple[list[Case], list[Unproved]]


Firing = Mapping[str, Mapping[str, str]]
"""The name and the labels of each alert that a case can name."""


def slo_user_proofs(slo: Slo, find_slo: FindSlo) -> Proven:
    """The cases written for an SLO; `find_slo` gives the parts of a composite."""
    identity = [LabelMatcher(names.SLO_LABEL, "=", slo.name), *_identity(slo)]
    if slo.revision:
        identity.append(LabelMatcher(names.REVISION_LABEL, "=", slo.revision))
    firing: Firing = {
        **{tier.name: {ALERTNAME: names.BURN_ALERT, names.TIER_LABEL: tier.name} for tier in slo.tiers},
        ABSENCE: {ALERTNAME: names.ABSENCE_ALERT},
    }

    def questions(written: UserCase) -> Iterable[Question]:
        # Each group that is gone has an alert of its own beside the one that everything is.
        other = [LabelMatcher(ALERTNAME, "!=", names.LOST_GROUP_ALERT)] if ABSENCE in written.fires else []
        return _questions(written, firing, [*other, *identity])

    group = names.slo_group(slo.service, slo.name)
    return _proofs(slo, lambda stretches: slo_series(slo, stretches, find_slo), group, questions)


def alert_user_proofs(alert: Alert, target: Target) -> Proven:
    """The cases written for an alert."""
    firing: Firing = {
        **{
            level.severity.value: {
                ALERTNAME: alert.name,
                target.severity_label: target.severity_value(level.severity),
            }
            for level in alert.levels
        },
        ABSENCE: {ALERTNAME: alert.name + names.NO_DATA_SUFFIX},
    }
    mine = LabelMatcher(ALERTNAME, "=~", f"{alert.name}({names.NO_DATA_SUFFIX})?")
    scope = [mine, *_identity(alert)]
    group = names.alert_group(alert.service)
    return _proofs(
        alert,
        lambda stretches: alert_series(alert, stretches),
        group,
        lambda written: _questions(written, firing, scope),
    )


def _identity(owner: Slo | Alert) -> list[LabelMatcher]:
    service = [LabelMatcher(names.SERVICE_LABEL, "=", owner.service)]
    environment = LabelMatcher(names.ENVIRONMENT_LABEL, "=", owner.environment)
    return [*service, environment] if owner.environment else service


def _proofs(
    owner: Slo | Alert,
    drive: Drive,
    group: str,
    questions: Callable[[UserCase], Iterable[Question]],
) -> Proven:
    cases: list[Case] = []
    unproved: list[Unproved] = []
    for written in owner.tests:
        try:
            measured = _measured(written, drive)
        except BeyondError as error:
            unproved.append(Unproved(owner.key, written.name, f"{error}; give `series` instead of stretches"))
        else:
            cases.append(
                Case(
                    written.name,
                    owner.key,
                    (group,),
                    measured.samples,
                    tuple(questions(written)),
                    measured.interval,
                    since=_since(measured.samples),
                    origin=f"tests/{written.place}",
                )
            )
    return cases, unproved


def _measured(written: UserCase, drive: Drive) -> Measured:
    if written.stretches:
        return drive(written.stretches)
    return Measured(tuple(Samples(series, values) for series, values in written.series.items()))


def _since(samples: Iterable[Samples]) -> tuple[int, int]:
    """The oldest promtool that reads the samples; native histograms are in double braces."""
    return (3, 0) if any("{{" in one.values for one in samples) else (2, 42)


def _questions(written: UserCase, firing: Firing, scope: Sequence[LabelMatcher]) -> Iterable[Question]:
    """What fires of all that is in scope, or, where a case leaves some of it open, whether each that it names does."""
    if written.silent is None:
        yield _asked(written, scope, [firing[word] for word in written.fires])
        return
    for word in written.fires:
        yield _asked(written, [*_equal(firing[word]), *scope], [firing[word]])
    for word in written.silent:
        yield _asked(written, [*_equal(firing[word]), *scope], [])


def _asked(
    written: UserCase, scope: Sequence[LabelMatcher], expected: Sequence[Mapping[str, str]]
) -> Question:
    """Which alerts fire at the end, whatever groups they are of."""
    by = format_labels(dict.fromkeys((ALERTNAME, *(label for labels in expected for label in labels))))
    alerts = format_selector("ALERTS", [LabelMatcher("alertstate", "=", "firing"), *scope])
    answers = tuple(Answer(format_selector(None, _equal(labels))) for labels in expected)
    return Question(written.end, f"group by ({by}) ({alerts})", answers)


def _equal(labels: Mapping[str, str]) -> list[LabelMatcher]:
    return [LabelMatcher(label, "=", value) for label, value in labels.items()]
