"""Proofs about time: every page rings once at every minute, and intervals that hand over to each other do so exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from promgen.base.conventions import PAGES
from promgen.proof.routes.horizon import moment_of
from promgen.proof.routes.match import Node
from promgen.proof.routes.prove_routes import first_of_each
from promgen.proof.routes.proving import Finding, Nodes, Outcome, Proving
from promgen.proof.routes.stretches import Stretches, common, joined, without


def pages_once(proving: Proving) -> Iterator[Finding]:
    """A page reaches exactly one pager, at every minute."""
    faults: dict[Nodes, tuple[str, ...]] = {}
    for outcome in _pages(proving):
        if outcome.reached not in faults:
            faults[outcome.reached] = tuple(_paging_faults(proving, outcome.reached))
        for fault in faults[outcome.reached]:
            message = f"{outcome.alert.name} is {outcome.priority} and reaches {fault}"
            yield Finding(message, _origin(outcome), proving.example(outcome))


def muted_pages(proving: Proving) -> Iterator[Finding]:
    """At every minute somebody is told of a page."""
    silent: dict[Nodes, Stretches] = {}
    for outcome in _pages(proving):
        if outcome.reached not in silent:
            silent[outcome.reached] = without(proving.horizon.whole, _united(proving, outcome.reached))
        if gap := silent[outcome.reached]:
            message = f"nobody is told of {outcome.alert.name}, which is {outcome.priority}, {_when(gap)}"
            yield Finding(message, _origin(outcome), proving.example(outcome))


def complementary_intervals(proving: Proving) -> Iterator[Finding]:
    """Routes for the same alerts that differ in their hours leave no minute out and share none.

    What all of them are muted in, such as a maintenance, is meant to be left out.
    """
    for above in proving.nodes:
        timed = sorted((one for one in above.children if one.active or one.muted), key=lambda one: one.needs)
        for _, found in groupby(timed, key=lambda one: one.needs):
            routes = tuple(found)
            if len(routes) > 1:
                yield from _handing_over(proving, routes)


def _pages(proving: Proving) -> Iterator[Outcome]:
    return (outcome for outcome in first_of_each(proving) if outcome.priority in PAGES)


def _origin(outcome: Outcome) -> str:
    return outcome.reached[0].route.origin or outcome.alert.origin


def _paging_faults(proving: Proving, reached: Nodes) -> Iterator[str]:
    pagers = [node for node in reached for _ in proving.pagers(node)]
    if not pagers:
        yield "no pager"
        return
    covered: Stretches = ()
    for node in pagers:
        ringing = proving.horizon.notifying(node.active, node.muted)
        if twice := common(covered, ringing):
            names = " and ".join(dict.fromkeys(f"`{one.receiver}`" for one in pagers))
            yield f"more than one pager, {names}, {_when(twice)}"
            break
        covered = joined((*covered, *ringing))
    if gap := without(proving.horizon.whole, _united(proving, pagers)):
        yield f"no pager {_when(gap)}"


def _handing_over(proving: Proving, routes: Nodes) -> Iterator[Finding]:
    shared = frozenset.intersection(*(frozenset(node.muted) for node in routes))
    hours = [proving.horizon.notifying(node.active, {*node.muted} - shared) for node in routes]
    names = " and ".join(node.name for node in routes)
    covered: Stretches = ()
    for node, own in zip(routes, hours, strict=True):
        if twice := common(covered, own):
            yield Finding(f"{names} both notify {_when(twice)}", node.route.origin)
            break
        covered = joined((*covered, *own))
    if gap := without(proving.horizon.whole, joined(stretch for own in hours for stretch in own)):
        yield Finding(f"neither of {names} notifies {_when(gap)}", routes[0].route.origin)


def _united(proving: Proving, nodes: Sequence[Node]) -> Stretches:
    return joined(stretch for node in nodes for stretch in proving.horizon.notifying(node.active, node.muted))


def _when(stretches: Stretches) -> str:
    """The first stretch, and how many follow."""
    start, end = stretches[0]
    first = f"from {moment_of(start):%a %Y-%m-%d %H:%M} to {moment_of(end):%a %Y-%m-%d %H:%M} UTC"
    return first if len(stretches) == 1 else f"{first}, and {len(stretches) - 1} times after"
