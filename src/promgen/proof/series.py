"""How many series a selector matches, and how often they are sampled: measured ones by an inventory, recorded ones by
the rules that record them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from promgen.base import conventions as names
from promgen.base.durations import Duration
from promgen.compiler.ir.rules import Group, Rule
from promgen.model.catalog import EVALUATION_INTERVAL, Target
from promgen.model.inventory import Inventory, Metric, is_inventoried
from promgen.model.selection import may_match, selected, shares
from promgen.promql import Cost, Evaluation, LabelMatcher, Population, Selector, evaluation, parse

Subject = tuple[str, str]
"""A service and its SLO or alert, by the labels that say so."""
UNKNOWN = Population(1, {})
"""What is assumed of a metric that nobody knows."""


_OF_ITSELF = Evaluation(Cost(0, 0, 0), UNKNOWN)
"""What a rule is told that reads its own past."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A rule, and how often it is evaluated."""

    rule: Rule
    interval: Duration


@dataclass
class Estimates:
    """Answers questions of one project; remembers what it had to assume."""

    target: Target
    inventory: Inventory | None
    unknown: set[str] = field(default_factory=set)
    """Names of metrics of which one series was assumed."""
    _recorded: dict[str, dict[Subject, list[Recorded]]] = field(default_factory=dict)
    """By the name of the series and what they are about."""
    _evaluations: dict[int, Evaluation] = field(default_factory=dict)
    """By the identity of the rule."""

    def add(self, groups: Iterable[Group]) -> None:
        """Make the series of rules known; all rules come before the first question."""
        for group in groups:
            for rule in group.rules:
                if not rule.is_alert:
                    by_subject = self._recorded.setdefault(rule.name, {})
                    by_subject.setdefault(_subject(rule.labels), []).append(Recorded(rule, group.interval))

    def of(self, rule: Rule) -> Evaluation:
        """The cost of one evaluation, and the series it gives."""
        if id(rule) not in self._evaluations:
            self._evaluations[id(rule)] = _OF_ITSELF
            self._evaluations[id(rule)] = evaluation(
                parse(rule.expr),
                population=self.population,
                interval_ms=self.interval_ms,
                default_step_ms=EVALUATION_INTERVAL.ms,
            )
        return self._evaluations[id(rule)]

    def population(self, selector: Selector) -> Population:
        """The series that a selector matches."""
        if selector.metric is not None and not is_inventoried(selector.metric):
            return self._of_rules(selector)
        found = [selected(metric, selector.matchers) for metric in self._metrics(selector)]
        if not found:
            self.unknown.add(selector.metric or "{}")
        return (
            found[0] if len(found) == 1 else Population(sum(one.count for one in found)) if found else UNKNOWN
        )

    def interval_ms(self, selector: Selector) -> int:
        """The time between two samples; a mean where jobs differ."""
        rules = self._rules(selector)
        if rules:
            return rules[0].interval.ms
        if self.inventory is None or (metric := self.inventory.metrics.get(selector.metric or "")) is None:
            return self._default_ms(selector)
        known = self.inventory.scrape_intervals
        jobs = [
            (share, known[job].ms) for job, share in shares(metric, "job", selector.matchers) if job in known
        ]
        rate = sum(share / interval for share, interval in jobs)
        return max(1, round(sum(share for share, _ in jobs) / rate)) if rate else self._default_ms(selector)

    def _default_ms(self, selector: Selector) -> int:
        """What a rule recorded, by the custom of a colon in its name, comes with the evaluations."""
        is_recorded = ":" in (selector.metric or "")
        return EVALUATION_INTERVAL.ms if is_recorded else self.target.scrape_interval.ms

    def _metrics(self, selector: Selector) -> list[Metric]:
        if self.inventory is None:
            return []
        if selector.metric is not None:
            metric = self.inventory.metrics.get(selector.metric)
            return [] if metric is None else [metric]
        named = [matcher for matcher in selector.matchers if matcher.name == "__name__"]
        return [
            metric for name, metric in self.inventory.metrics.items() if may_match(named, {"__name__": name})
        ]

    def _of_rules(self, selector: Selector) -> Population:
        """The recorded series; none of `ALERTS`, as where all is well."""
        results = [_with_labels(self.of(one.rule).result, one.rule.labels) for one in self._rules(selector)]
        if len(results) == 1:
            return results[0]
        return Population(sum(one.count for one in results), None if results else {})

    def _rules(self, selector: Selector) -> list[Recorded]:
        """The rules whose series a selector reads, as far as the labels that they set tell."""
        by_subject = self._recorded.get(selector.metric or "", {})
        subject = _subject({one.name: one.value for one in selector.matchers if one.op == "="})
        found = by_subject.get(subject, []) if all(subject) else [*chain.from_iterable(by_subject.values())]
        return [one for one in found if _fits(selector.matchers, one.rule.labels)]


def _subject(labels: Mapping[str, str]) -> Subject:
    name = labels.get(names.SLO_LABEL) or labels.get(names.ALERT_LABEL, "")
    return labels.get(names.SERVICE_LABEL, ""), name


def _with_labels(result: Population, labels: dict[str, str]) -> Population:
    if result.labels is None:
        return result
    return replace(result, labels={**result.labels, **dict.fromkeys(labels, 1)})


def _fits(matchers: Iterable[LabelMatcher], labels: dict[str, str]) -> bool:
    """Whether the labels that a rule sets are what the matchers want; any other label may be."""
    return may_match([one for one in matchers if one.name in labels], labels)
