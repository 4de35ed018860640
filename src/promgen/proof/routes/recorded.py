"""The labels of what rules record, which decides what labels the alerts that read it have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from promgen.base.conventions import SERVICE_LABEL, SLO_LABEL
from promgen.compiler.ir.rules import Rule
from promgen.promql import Flow, Labels, Vector, labelled, parse, tree, united_labels

Key = tuple[str, str | None, str | None]
"""A series' name, and the service and the SLO that it is about; None where the rule does not say."""


class Recorded:
    """Recording rules, each followed once when it is first read."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: defaultdict[str, list[Rule]] = defaultdict(list)
        self._by_key: defaultdict[Key, list[Rule]] = defaultdict(list)
        for rule in rules:
            self._rules[rule.name].append(rule)
            self._by_key[_key(rule.name, rule.labels)].append(rule)
        self._known: dict[int, Labels] = {}
        self._flow = Flow(self._of_vector)

    def labels_of(self, expr: str) -> Labels:
        """What is certain of the series of an expression; nothing of one that cannot be read."""
        try:
            return self._flow.of(tree(parse(expr)))
        except ValueError:
            return Labels()

    def _of_vector(self, node: Vector) -> Labels | None:
        if node.metric is None or node.metric not in self._rules:
            return None
        wanted = {matcher.name: matcher.value for matcher in node.matchers if matcher.op == "="}
        rules = self._by_key.get(_key(node.metric, wanted)) or self._rules[node.metric]
        chosen = [rule for rule in rules if _may_be(rule, wanted)]
        return united_labels(map(self._of_rule, chosen)) if chosen else None

    def _of_rule(self, rule: Rule) -> Labels:
        if id(rule) not in self._known:
            self._known[id(rule)] = Labels()  # of a rule that reads its own past nothing is certain
            self._known[id(rule)] = self._with_own(rule)
        return self._known[id(rule)]

    def _with_own(self, rule: Rule) -> Labels:
        labels = self.labels_of(rule.expr)
        for name, value in rule.labels.items():
            labels = labelled(labels, name, value)
        return labels


def _key(name: str, labels: Mapping[str, str]) -> Key:
    return name, labels.get(SERVICE_LABEL), labels.get(SLO_LABEL)


def _may_be(rule: Rule, wanted: Mapping[str, str]) -> bool:
    return all(rule.labels.get(name, value) == value for name, value in wanted.items())
