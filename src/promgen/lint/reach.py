"""How far back the selectors of an expression read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from promgen.base.durations import Duration
from promgen.promql import Node, Subquery, Times, Vector, operands


class Reach(NamedTuple):
    """The newest and the oldest sample that is read, before the time of evaluation."""

    offset: Duration
    begin: Duration


_NOW = Reach(Duration(0), Duration(0))


def reaches(node: Node, around: Reach = _NOW) -> Iterator[tuple[Vector, Reach]]:
    """Every selector with its reach, that of the subqueries around it included; those at a fixed time are left out."""
    match node:
        case Vector(times=times) if not times.at:
            yield node, _further(around, times)
        case Subquery(expr, times) if not times.at:
            yield from reaches(expr, _further(around, times))
        case _:
            for operand in operands(node) if not isinstance(node, Subquery) else ():
                yield from reaches(operand, around)


def _further(around: Reach, times: Times) -> Reach:
    length = 0 if times.has_window else times.range_ms or 0
    return Reach(
        Duration(around.offset.ms + times.offset_ms), Duration(around.begin.ms + times.offset_ms + length)
    )
