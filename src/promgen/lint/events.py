"""The two selectors of an indicator that counts events, where each side is a rate of one selector and nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from promgen.base.spans import Span
from promgen.compiler.resolve.catalog import Resolved
from promgen.lint.matching import implied
from promgen.lint.series import is_plain
from promgen.model.slo import EventSli, Slo, TimeSliceSli
from promgen.promql import LabelMatcher, Vector, parse, tree, walk

_FAMILY = re.compile(r"_(bucket|count)$")


class Sides(NamedTuple):
    """What is counted, and the side that says which of it is good or bad."""

    slo: Slo
    name: Literal["bad", "good"]
    part: Vector
    total: Vector
    span: Span
    """Of the part."""

    @property
    def is_one_metric(self) -> bool:
        """Whether both sides are of one metric; the buckets and the count of a histogram are."""
        return _family(self.part) == _family(self.total)

    def unshared(self) -> tuple[LabelMatcher, ...]:
        """The total's matchers that the part certainly does not keep within."""
        return tuple(one for one in self.total.matchers if implied(self.part.matchers, one) is False)


def sides_of(resolved: Resolved) -> Iterator[Sides]:
    """The sides of every SLO that has them."""
    for slo in resolved.catalog.slos:
        sli = slo.sli.events if isinstance(slo.sli, TimeSliceSli) else slo.sli
        if not isinstance(sli, EventSli):
            continue
        name: Literal["bad", "good"] = "bad" if sli.bad is not None else "good"
        part, total = _only_vector(sli.bad or sli.good or ""), _only_vector(sli.total)
        if part is not None and total is not None:
            path = ("sli", "timeSlice", "of", "ratio", "promql", "latency", name)
            yield Sides(slo, name, part, total, resolved.span("slo", slo, *path))


def _only_vector(expr: str) -> Vector | None:
    root = tree(parse(expr))
    found = [node for node in walk(root) if isinstance(node, Vector)]
    return found[0] if len(found) == 1 and is_plain(root) else None


def _family(vector: Vector) -> str:
    return _FAMILY.sub("", vector.metric or "")
