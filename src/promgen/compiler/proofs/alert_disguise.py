"""Placeholders for what tells the environments of an alert apart, so that they share one story.

An alert that runs in several environments differs by the values of its matchers. As long as all selectors of an expression
ask a label for the same one value, that value decides nothing, and a placeholder may stand for it while the story is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from promgen.promql import Call, LabelMatcher, Node, Vector, operands, walk, with_operand
from promgen.promql.examples import PLAIN

Labels = Mapping[str, str]

_SPECIAL = frozenset({"__name__", "le"})
_ON_LABELS = frozenset({"label_replace", "label_join"})
"""What reads a value as a text."""


@dataclass(frozen=True, slots=True)
class Disguise:
    """The values of such labels, by name."""

    values: Labels

    def hidden(self, node: Node) -> Node:
        """The expression with placeholders."""
        if isinstance(node, Vector):
            return replace(node, matchers=tuple(map(self._hidden, node.matchers)))
        for place, operand in enumerate(operands(node)):
            node = with_operand(node, place, self.hidden(operand))
        return node

    def hidden_labels(self, labels: Labels) -> dict[str, str]:
        """Labels with placeholders."""
        return {
            name: _placeholder(name) if self.values.get(name) == text else text
            for name, text in labels.items()
        }

    def shown(self, labels: Labels) -> dict[str, str]:
        """Labels with their values again."""
        return {
            name: self.values[name] if name in self.values and text == _placeholder(name) else text
            for name, text in labels.items()
        }

    def _hidden(self, matcher: LabelMatcher) -> LabelMatcher:
        is_hidden = self.values.get(matcher.name) == matcher.value and matcher.op == "="
        return replace(matcher, value=_placeholder(matcher.name)) if is_hidden else matcher


def disguise(root: Node) -> Disguise:
    """What can be hidden of an expression."""
    if any(isinstance(node, Call) and node.name in _ON_LABELS for node in walk(root)):
        return Disguise({})
    values: dict[str, str] = {}
    told_apart: set[str] = {*_SPECIAL}
    for node in walk(root):
        for matcher in node.matchers if isinstance(node, Vector) else ():
            value = values.setdefault(matcher.name, matcher.value)
            if matcher.op != "=" or matcher.value != value or not value or value in PLAIN:
                told_apart.add(matcher.name)
    return Disguise({name: value for name, value in values.items() if name not in told_apart})


def _placeholder(name: str) -> str:
    return f"<{name}>"
