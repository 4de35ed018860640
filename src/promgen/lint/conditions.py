"""Alerts that compare a value with a number, and whether one of them holds whenever another does."""

from __future__ import annotations

from typing import NamedTuple

from promgen.lint.rules import Rule
from promgen.promql import Binary, Number, print_tree, tree


class Condition(NamedTuple):
    """`value operator threshold`, as in `max(x) > 3`."""

    rule: Rule
    value: str
    """The expression as promgen prints it, so that layout makes no difference."""
    operator: str
    threshold: float

    def includes(self, other: Condition) -> bool:
        """Whether it holds whenever the other does, which has the same value and operator."""
        if self.operator.startswith(">"):
            return self.threshold <= other.threshold
        return self.threshold >= other.threshold


def condition_of(rule: Rule) -> Condition | None:
    """The condition of an alert; None where it is more than one comparison."""
    root = tree(rule.expression) if rule.is_alert and rule.expression is not None else None
    if isinstance(root, Binary) and root.op in {">", ">=", "<", "<="} and isinstance(root.right, Number):
        return Condition(rule, print_tree(root.left), root.op, root.right.value)
    return None
