"""Mutants that no series could tell from the rule they were made of, with the reason for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.promql import (
    CHOOSING,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Vector,
    operands,
    parse,
    print_tree,
    tree,
    walk,
)
from promgen.proof.mutants import Mutant


class Equivalent(NamedTuple):
    """A kind of mutant that changes nothing: what holds at the place of the changed part."""

    operator: str
    holds: Callable[[Mutant], bool]
    reason: str


def equivalence(mutant: Mutant) -> str:
    """Why a mutant changes nothing; empty when that is not known."""
    for kind in EQUIVALENTS:
        if kind.operator == mutant.operator and mutant.within and kind.holds(mutant):
            return kind.reason
    return ""


def _above(mutant: Mutant) -> Node | None:
    """What the changed part stands in directly."""
    return mutant.within[-2] if len(mutant.within) > 1 else None


def _is_compared_with_zero(mutant: Mutant) -> bool:
    """Whether it is compared with 0 and its value is not read: the value is 0, or the comparison is an alert's condition."""
    above = _above(mutant)
    if not isinstance(above, Binary) or not above.is_comparison:
        return False
    is_condition = mutant.rule.is_alert and all(
        isinstance(node, Binary) and node.op in SET_OPERATORS for node in mutant.within[:-2]
    )
    return above.left is mutant.within[-1] and above.right == Number(0) and (above.op == "==" or is_condition)


def _is_times_zero(mutant: Mutant) -> bool:
    above = _above(mutant)
    return isinstance(above, Binary) and above.op == "*" and Number(0) in (above.left, above.right)


def _is_longer_zero(mutant: Mutant) -> bool:
    """Whether a zero is filled in from a longer window, and then divided by the same events over the right one."""
    part, after = mutant.within[-1], tree(parse(mutant.after))
    if not isinstance(part, Vector) or not isinstance(after, Vector):
        return False
    is_longer = (after.times.range_ms or 0) > (part.times.range_ms or 0)
    is_zero = any(
        isinstance(node, Binary) and node.op == "*" and node.left == Number(0) for node in mutant.within
    )
    return (
        is_longer and is_zero and any(isinstance(node, Binary) and node.op == "/" for node in mutant.within)
    )


def _is_counted_only(mutant: Mutant) -> bool:
    """Whether only the number of series is asked for, which their values do not change."""
    part = mutant.within[-1]
    keeps_all = not isinstance(part, Binary) or part.returns_bool
    return keeps_all and any(
        isinstance(node, Aggregate) and node.op == "count" for node in mutant.within[:-1]
    )


def _is_of_one_series(mutant: Mutant) -> bool:
    """Whether each group that is added up has one series, because what is below is grouped as far already."""
    part = mutant.within[-1]
    return isinstance(part, Aggregate) and not part.without and _is_grouped(part.expr, set(part.labels or ()))


def _is_grouped(node: Node, labels: set[str]) -> bool:
    if isinstance(node, Aggregate) and node.op not in CHOOSING:
        return not node.without and set(node.labels or ()) <= labels
    return not isinstance(node, Vector) and all(_is_grouped(inner, labels) for inner in operands(node))


def _is_of_buckets(mutant: Mutant) -> bool:
    """Whether it adds up the buckets of a histogram whose quantile is taken."""
    part = mutant.within[-1]
    keeps_buckets = isinstance(part, Aggregate) and not part.without and "le" in (part.labels or ())
    return keeps_buckets and any(
        isinstance(node, Call) and node.name == "histogram_quantile" for node in mutant.within
    )


def _is_of_absence(mutant: Mutant) -> bool:
    """Whether only its being there is asked for, of whatever labels."""
    return mutant.rule.name.endswith(names.NO_DATA_SUFFIX) and isinstance(mutant.within[-1], Aggregate | Call)


def _is_of_stricter_override(mutant: Mutant) -> bool:
    """Whether series that would be compared with the bound of an override too are beyond their own bound then anyway."""
    part, compared = mutant.within[-1], _comparison(mutant)
    if not isinstance(part, Binary) or part.op != "and" or compared is None:
        return False
    chosen, bound = print_tree(part.right), compared.right
    if not chosen.startswith("label_replace(vector(1)") or not isinstance(bound, Number):
        return False
    general = [
        node.right.value
        for node in walk(mutant.within[0])
        if isinstance(node, Binary)
        and node.op == compared.op
        and isinstance(node.right, Number)
        and any(
            isinstance(one, Binary) and one.op == "unless" and print_tree(one.right) == chosen
            for one in walk(node.left)
        )
    ]
    is_stricter = all(bound.value >= one if compared.op == ">" else bound.value <= one for one in general)
    return bool(general) and is_stricter


def _is_of_override_that_adds_nothing(mutant: Mutant) -> bool:
    """The same, where the series that the labels of the override are taken from, a 1, is not beyond its bound either."""
    compared = _comparison(mutant)
    if compared is None or not isinstance(compared.right, Number):
        return False
    is_beyond = compared.right.value < 1 if compared.op == ">" else compared.right.value > 1
    is_followed = any(
        isinstance(node, Binary) and node.op == "and" and _severities(node.right)
        for node in mutant.within[:-1]
    )
    return (not is_beyond or is_followed) and _is_of_stricter_override(mutant)


def _is_handover_without_delay(mutant: Mutant) -> bool:
    """Whether a worse severity, evaluated before, fires whenever its threshold is crossed."""
    part, above = mutant.within[-1], _above(mutant)
    if not isinstance(part, Binary) or not isinstance(above, Binary) or above.op != "unless":
        return False
    crossed = print_tree(part.left)
    worse = [
        rule
        for rule in mutant.group.rules[: mutant.place]
        if _severities(part.right) & set(rule.labels.values())
    ]
    return (
        above.right is part
        and bool(worse)
        and all(
            rule.hold is None and crossed in map(print_tree, _alternatives(tree(parse(rule.expr))))
            for rule in worse
        )
    )


def _alternatives(node: Node) -> Iterator[Node]:
    """What an expression gives one or the other of."""
    if isinstance(node, Binary) and node.op == "or":
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _severities(node: Node) -> set[str]:
    """The values by which `ALERTS` is selected, the severity among them; empty where something else is."""
    if not isinstance(node, Vector) or node.metric != "ALERTS":
        return set()
    fixed = (names.SERVICE_LABEL, names.ENVIRONMENT_LABEL, "alertname", "alertstate")
    return {matcher.value for matcher in node.matchers if matcher.name not in fixed}


def _comparison(mutant: Mutant) -> Binary | None:
    """The innermost comparison that a part is compared by."""
    found = [node for node in mutant.within[:-1] if isinstance(node, Binary) and node.is_comparison]
    return found[-1] if found else None


_OVERRIDDEN = "who is compared with the bound of an override as well is beyond a bound of its own already"

EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        operator="sum or avg",
        holds=_is_compared_with_zero,
        reason="it is compared with 0, and a mean is above, below or equal to 0 exactly where the sum is",
    ),
    Equivalent(operator="sum or avg", holds=_is_times_zero, reason="it is multiplied by 0"),
    Equivalent(
        operator="window",
        holds=_is_longer_zero,
        reason="it is a zero, of all that is in the longer window, divided by what is in the right one",
    ),
    Equivalent(
        operator="sum or avg", holds=_is_counted_only, reason="series are counted, whatever their values"
    ),
    Equivalent(
        operator="threshold", holds=_is_counted_only, reason="series are counted, whatever their values"
    ),
    Equivalent(
        operator="sum or avg",
        holds=_is_of_one_series,
        reason="what it adds up is grouped by the same labels already, so each sum is of one series",
    ),
    Equivalent(
        operator="sum or avg",
        holds=_is_of_buckets,
        reason="a quantile depends on the proportions of the buckets, which are the same in the means of the same series",
    ),
    Equivalent(
        operator="sum or avg",
        holds=_is_of_absence,
        reason="only whether there is anything is asked for, whatever its value",
    ),
    Equivalent(
        operator="join label",
        holds=_is_of_absence,
        reason="only whether there is anything is asked for, whatever its labels",
    ),
    Equivalent(operator="join label", holds=_is_of_stricter_override, reason=_OVERRIDDEN),
    Equivalent(operator="and or", holds=_is_of_override_that_adds_nothing, reason=_OVERRIDDEN),
    Equivalent(
        operator="and or",
        holds=_is_handover_without_delay,
        reason="the worse severity is evaluated before and waits for nothing, so it fires when its threshold is crossed",
    ),
)
