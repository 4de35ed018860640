"""The rules of an alert: one per severity, with the value recorded once where several rules read it.

A worse severity replaces the lower one in firing, without a moment in which neither fires: the lower one ends when the
worse one fires, and on the way down the worse one goes on until the lower one has fired. Both read `ALERTS`, which a group
writes rule by rule; the worst stands first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.conventions import Severity
from promgen.base.decimals import format_decimal
from promgen.base.durations import Duration
from promgen.compiler.ir.rules import Rule
from promgen.compiler.lower.labels import alert_annotations, alert_labels, labelled
from promgen.compiler.lower.slo.frame import matchers
from promgen.model.alert import Alert, Level, ThresholdOverride
from promgen.model.catalog import Service, Target
from promgen.promql import format_labels, one_line, parse

PASS = "alert"
_OPERATOR = re.compile(r"\s(and|or|unless|atan2|[-+*/%^]|[<>]=?|[!=]=)\s")


def lower_alert(alert: Alert, service: Service, target: Target) -> Iterable[Rule]:
    """The recorded value where it is needed, then the severities, worst first, then the alert for missing data."""
    return _Alert(alert, service, target).rules()


@dataclass(frozen=True)
class _Alert:
    alert: Alert
    service: Service
    target: Target

    def rules(self) -> Iterable[Rule]:
        if self.is_recorded:
            yield Rule(
                names.ALERT_VALUE,
                self.expr,
                {names.ALERT_LABEL: self.alert.name, **self.identity},
                "alert-value",
            )
        for place, level in enumerate(self.levels):
            yield self.rule(level, self.replacing(place))
        if self.alert.absence is not None:
            yield self.no_data()

    @cached_property
    def expr(self) -> str:
        return one_line(parse(self.alert.expr))

    @cached_property
    def identity(self) -> dict[str, str]:
        labels = {names.SERVICE_LABEL: self.alert.service}
        if self.alert.environment:
            labels[names.ENVIRONMENT_LABEL] = self.alert.environment
        return labels

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Worst first; those that a site prints alike would be one series, so only the one that is reached first stays."""
        words = [self.target.severity_value(level.severity) for level in self.alert.levels]
        return tuple(
            level for place, level in enumerate(self.alert.levels) if words[place] not in words[place + 1 :]
        )

    @cached_property
    def is_recorded(self) -> bool:
        return len(self.levels) > 1 or bool(self.alert.overrides)

    @cached_property
    def kept(self) -> Duration | None:
        """How long a condition keeps the alert firing, where the rule's own `keep_firing_for` would outlast a handover."""
        return self.alert.keep_firing_for if len(self.levels) > 1 else None

    @cached_property
    def value(self) -> str:
        if self.is_recorded:
            return names.ALERT_VALUE + matchers({names.ALERT_LABEL: self.alert.name, **self.identity})
        return f"({self.expr})" if _OPERATOR.search(self.expr) else self.expr

    def labels(self, severity: Severity) -> dict[str, str]:
        return alert_labels(self.alert.labels, self.identity, self.service, severity, self.target)

    def rule(self, level: Level, expr: str) -> Rule:
        help = self.alert.help
        return Rule(
            self.alert.name,
            expr,
            self.labels(level.severity),
            PASS,
            is_alert=True,
            hold=level.hold,
            keep_firing_for=None if self.kept else self.alert.keep_firing_for,
            annotations=alert_annotations(help, f"{self.alert.service}: {self.alert.name}", help.description),
        )

    def no_data(self) -> Rule:
        absence = self.alert.absence
        assert absence is not None
        wanted = one_line(parse(absence.expr)) if absence.expr else self.value
        name = self.alert.name + names.NO_DATA_SUFFIX
        description = f"The alert {self.alert.name} cannot fire while what it watches is missing."
        summary = f"{self.alert.service}: no data for {self.alert.name}"
        written = alert_annotations(self.alert.help, summary, description)
        return Rule(
            name,
            f"absent({wanted})",
            self.labels(absence.severity),
            PASS,
            is_alert=True,
            hold=absence.after,
            annotations={**written, "summary": summary, "description": description},
        )

    def replacing(self, place: int) -> str:
        """The condition of one level, handing over to and from the others."""
        levels = self.levels
        condition = self.condition(levels[place])
        lower, worse = levels[place + 1 :], levels[:place]
        if lower or self.kept:
            until = "".join(f" unless {self.firing(level)}" for level in lower)
            lasting = _grouped(self.condition(levels[-1], self.kept))
            condition = f"{condition}\n  or {lasting} and {self.firing(levels[place])}{until}"
        if worse:
            condition = _grouped(condition)
            replaced = (
                f"unless ({_grouped(self.condition(level))} and {self.firing(level)})" for level in worse
            )
            condition = "\n  ".join([condition, *replaced])
        return condition

    def condition(self, level: Level, within: Duration | None = None) -> str:
        """The value beyond the level's threshold, or beyond another one where labels override it; at any time `within`."""
        if level.threshold is None or self.alert.comparison is None:
            return self.expr
        worst = {">": "max_over_time", "<": "min_over_time"}[self.alert.comparison]
        value = f"{worst}({self.value}[{within}])" if within else self.value
        overrides = self.alert.overrides
        compare = f" {self.alert.comparison} "
        if not overrides:
            return value + compare + format_decimal(level.threshold)
        others = " ".join(f"unless {_having(override)}" for override in overrides)
        rows = [f"({value} {others}){compare}{format_decimal(level.threshold)}"]
        for override in overrides:
            threshold = override.thresholds.get(level.severity, level.threshold)
            rows.append(f"({value} and {_having(override)}){compare}{format_decimal(threshold)}")
        return "\n  or ".join(rows)

    def firing(self, level: Level) -> str:
        """The right side that holds for each series whose alert of a level fires.

        The recorded value carries the identity itself; what the alert adds to it is ignored.
        """
        added = (label for label in self.labels(level.severity) if label not in self.identity)
        ignored = format_labels(["alertname", "alertstate", *added])
        severity = self.target.severity_value(level.severity)
        chosen = {
            "alertname": self.alert.name,
            "alertstate": "firing",
            self.target.severity_label: severity,
            **self.identity,
        }
        return f"ignoring ({ignored}) ALERTS{matchers(chosen)}"


def _grouped(condition: str) -> str:
    return f"({condition})" if " or " in condition else condition


def _having(override: ThresholdOverride) -> str:
    """The right side that holds for series with the override's labels."""
    return f"on ({format_labels(override.labels)}) {labelled('vector(1)', override.labels)}"
