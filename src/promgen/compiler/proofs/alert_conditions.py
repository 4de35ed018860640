"""When an alert fires, as comparisons joined by `and`, `or` and `unless`: what has to be driven to which side of what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import assert_never

from promgen.promql import Binary, Call, Node, Number, operands, walk, with_operand

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Compared:
    """Holds while the value stands in a relation to the bound."""

    value: Node
    """Without the comparisons inside it that leave series out; they are leaves of their own."""
    op: str
    bound: float
    is_difference: bool = False
    """Whether two series are compared, and `value` is their difference."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Holds while the expression gives anything."""

    value: Node


Leaf = Compared | Exists


@dataclass(frozen=True, slots=True)
class Joined:
    """Holds while all of its parts do, or any of them."""

    parts: tuple[Condition, ...]
    needs_all: bool


@dataclass(frozen=True, slots=True)
class Not:
    """Holds while the other does not."""

    part: Condition


Condition = Compared | Exists | Joined | Not
Sides = Mapping[Leaf, bool]
"""Which leaves hold."""


def condition_of(node: Node, threshold: tuple[str, float] | None = None) -> Condition:
    """What an expression demands; with a threshold, that its value is beyond it."""
    match node:
        case Binary("or", left, right):
            return Joined((condition_of(left, threshold), condition_of(right, threshold)), needs_all=False)
        case Binary("and", left, right):
            return Joined((condition_of(left, threshold), condition_of(right)), needs_all=True)
        case Binary("unless", left, right):
            return Joined((condition_of(left, threshold), Not(condition_of(right))), needs_all=True)
    if threshold is not None:
        return _with_guards(node, Compared(_unfiltered(node), *threshold))
    if isinstance(node, Call) and node.name in {"absent", "absent_over_time"}:
        return Not(Exists(node.args[0]))
    if isinstance(node, Binary) and _is_filter(node):
        leaf = _compared(node)
        guarded = Joined((_with_guards(node.left, leaf), _with_guards(node.right, leaf)), needs_all=True)
        return guarded if len(leaves(guarded)) > 1 else leaf
    return Exists(node)


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """What the condition is made of, in the order of the text, each once."""
    return tuple(dict.fromkeys(_leaves(condition)))


def ways(condition: Condition, *, holds: bool) -> list[dict[Leaf, bool]]:
    """The sides of leaves that make the condition hold, or not, one part deciding at a time.

    Where one of several parts is enough, the others are on the opposite side, so that each way shows what its part does.
    """
    match condition:
        case Compared() | Exists():
            return [{condition: holds}]
        case Not(part):
            return ways(part, holds=not holds)
        case Joined(parts, needs_all):
            if needs_all == holds:
                return _together([ways(part, holds=holds) for part in parts])
            return [way for place in range(len(parts)) for way in _deciding(parts, place, holds=holds)]
    assert_never(condition)


def _compared(node: Binary) -> Compared | Exists:
    if isinstance(node.right, Number):
        return Compared(_unfiltered(node.left), node.op, node.right.value)
    if isinstance(node.left, Number):
        return Compared(_unfiltered(node.right), _MIRRORED[node.op], node.left.value)
    if node.op in {"==", "!="}:  # NaN and Inf have no difference to look at
        return Exists(node)
    difference = Binary("-", node.left, node.right, node.matching)
    return Compared(_unfiltered(difference), node.op, 0.0, is_difference=True)


def _with_guards(value: Node, leaf: Leaf) -> Condition:
    """The leaf, and the comparisons inside its value, which leave series out and so have to hold as well.

    One with zero is left to itself: it keeps a division from its pole, and no usual amount is near it.
    """
    guards = [
        guard
        for inner in walk(value)
        if _is_filter(inner)
        and isinstance(inner, Binary)
        and isinstance(guard := _compared(inner), Compared)
        and guard.bound
    ]
    return Joined((leaf, *guards), needs_all=True) if guards else leaf


def _unfiltered(node: Node) -> Node:
    """The value without its guards, so that it can be looked at while one of them does not hold."""
    if _is_filter(node):
        assert isinstance(node, Binary)
        return _unfiltered(node.right if isinstance(node.left, Number) else node.left)
    for place, operand in enumerate(operands(node)):
        inner = _unfiltered(operand)
        if inner is not operand:
            node = with_operand(node, place, inner)
    return node


def _is_filter(node: Node) -> bool:
    return isinstance(node, Binary) and node.is_comparison and not node.returns_bool


def _leaves(condition: Condition) -> Iterator[Leaf]:
    match condition:
        case Compared() | Exists():
            yield condition
        case Not(part):
            yield from _leaves(part)
        case Joined(parts):
            for part in parts:
                yield from _leaves(part)


def _deciding(parts: tuple[Condition, ...], place: int, *, holds: bool) -> list[dict[Leaf, bool]]:
    """One part decides, and the others are on the side on which they do not matter."""
    chosen = [ways(part, holds=holds if at == place else not holds) for at, part in enumerate(parts)]
    chosen = [found if at == place else found[:1] for at, found in enumerate(chosen)]
    return _together(chosen)


def _together(chosen: list[list[dict[Leaf, bool]]]) -> list[dict[Leaf, bool]]:
    """Every combination in which no leaf is wanted on both sides."""
    combined: list[dict[Leaf, bool]] = []
    for parts in product(*chosen):
        merged: dict[Leaf, bool] = {}
        if all(merged.setdefault(leaf, side) == side for part in parts for leaf, side in part.items()):
            combined.append(merged)
    return combined
