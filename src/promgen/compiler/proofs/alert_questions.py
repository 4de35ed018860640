"""What is asked of an alert's rules: everything that fires under the alert's name, with all of its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.proofs import Answer, Question
from promgen.model.alert import Alert
from promgen.model.catalog import Service, Target
from promgen.promql import LabelMatcher, format_labels, format_selector

_NAME, _STATE = "alertname", "alertstate"


@dataclass(frozen=True)
class Asked:
    """Makes the questions about one alert."""

    alert: Alert
    service: Service
    target: Target

    @cached_property
    def identity(self) -> dict[str, str]:
        """The labels that tell the alert's series from those of others."""
        labels = {names.SERVICE_LABEL: self.alert.service}
        return (
            {**labels, names.ENVIRONMENT_LABEL: self.alert.environment} if self.alert.environment else labels
        )

    @property
    def absence_name(self) -> str:
        """The name of the alert for missing data."""
        return self.alert.name + names.NO_DATA_SUFFIX

    def silence(self, at: Duration) -> Question:
        """That nothing fires and nothing is about to."""
        return Question(at, f"count(ALERTS{self._selected()})")

    def firing(self, at: Duration, answers: Sequence[Answer] = (), ignored: Sequence[str] = ()) -> Question:
        """Everything that fires, with all labels but `ignored` and those that differ from series to series by a template."""
        templates = [label for label, text in self.alert.labels.items() if "{{" in text]
        # The label of the recorded value tells how the rules are made and not what the alert is about.
        without = format_labels(dict.fromkeys((names.ALERT_LABEL, _STATE, *ignored, *templates)))
        alerts = f"ALERTS{self._selected(LabelMatcher(_STATE, '=', 'firing'))}"
        return Question(at, f"count without ({without}) ({alerts})", tuple(answers))

    def answer(self, alertname: str, severity: str, labels: Mapping[str, str]) -> Answer:
        """One firing alert; the labels are those of the expression's result."""
        every = {
            _NAME: alertname,
            **{label: text for label, text in labels.items() if label != names.ALERT_LABEL},
            **{label: text for label, text in self.alert.labels.items() if "{{" not in text},
            self.target.severity_label: severity,
            names.SYSTEM_LABEL: self.alert.system,
            names.OWNER_LABEL: self.alert.owner,
            names.CRITICALITY_LABEL: self.service.criticality or "",
            **self.identity,
        }
        matchers = [LabelMatcher(name, "=", text) for name, text in sorted(every.items()) if text]
        return Answer(format_selector(None, matchers))

    def _selected(self, *more: LabelMatcher) -> str:
        either = LabelMatcher(_NAME, "=~", f"{self.alert.name}|{self.absence_name}")
        identity = [LabelMatcher(name, "=", text) for name, text in self.identity.items()]
        return format_selector(None, [either, *more, *identity])
