"""Mutants that no series could tell from the rule they were made of, with the reason for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from promgen.compiler.ir.rules import Rule
from promgen.promql import Binary, Node, Number, parse, print_tree, tree, walk
from promgen.proof.mutants import Mutant


class Equivalent(NamedTuple):
    """A kind of mutant that changes nothing."""

    operator: str
    holds: Callable[[Rule, Mutant], bool]
    reason: str


def equivalence(rule: Rule, mutant: Mutant) -> str:
    """Why a mutant of a rule changes nothing; empty when that is not known."""
    for kind in EQUIVALENTS:
        if mutant.operator == kind.operator and kind.holds(rule, mutant):
            return kind.reason
    return ""


def _is_compared_with_zero(rule: Rule, mutant: Mutant) -> bool:
    """Whether every sum or mean that was changed stands directly before a comparison with zero."""
    root = tree(parse(rule.expr))
    found = sum(print_tree(node) == mutant.before for node in walk(root))
    return found == sum(print_tree(node.left) == mutant.before for node in _zero_comparisons(root))


def _zero_comparisons(root: Node) -> Iterator[Binary]:
    for node in walk(root):
        if isinstance(node, Binary) and node.is_comparison and node.right == Number(0):
            yield node


EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        operator="sum or avg",
        holds=_is_compared_with_zero,
        reason="it is compared with 0, and a mean is above, below or equal to 0 exactly where the sum is",
    ),
)
