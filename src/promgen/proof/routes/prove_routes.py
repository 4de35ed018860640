"""Proofs about the tree: everyone is told who must be, and nothing in it is there in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promgen.base.conventions import Priority
from promgen.proof.routes.match import Node
from promgen.proof.routes.proving import Finding, Outcome, Proving
from promgen.proof.routes.space import Box, Part, split

PAGES: Final = frozenset({Priority.P0, Priority.P1})
MOST_NOTIFICATIONS: Final = 8
"""Routes that one alert may reach."""


def unrouted_alerts(proving: Proving) -> Iterator[Finding]:
    """The root's own receiver is for what nobody foresaw; an alert of a rule that ends there was forgotten."""
    for alert in proving.too_many:
        yield Finding(f"{alert.name} falls into too many cases to be looked at", alert.origin)
    for outcome in first_of_each(proving):
        if outcome.reached == (proving.dispatch.root,) and not outcome.alert.is_made_up:
            message = f"{outcome.alert.name} reaches only the root's receiver `{outcome.reached[0].receiver}`"
            yield Finding(message, outcome.alert.origin, proving.example(outcome))


def unknown_receivers(proving: Proving) -> Iterator[Finding]:
    """A receiver without integrations tells nobody."""
    for node in _notifying(proving):
        receiver = proving.receivers.get(node.receiver)
        if receiver is None:
            yield Finding(f"{node.name} names `{node.receiver}`, which is no receiver", node.route.origin)
        elif not receiver.integrations and any(node in one.reached for one in _pages(proving)):
            message = f"{node.name} sends pages to `{receiver.name}`, which tells nobody"
            yield Finding(message, node.route.origin)


def leaking_tiers(proving: Proving) -> Iterator[Finding]:
    """What may wait wakes nobody up."""
    for outcome in first_of_each(proving):
        if outcome.priority in PAGES or outcome.priority is None:
            continue
        for node in outcome.reached:
            if proving.pagers(node):
                message = f"{outcome.alert.name} is {outcome.priority} and reaches the pager `{node.receiver}`"
                yield Finding(message, node.route.origin, proving.example(outcome))


def dead_routes(proving: Proving) -> Iterator[Finding]:
    """A route that no labels reach, because its matchers contradict each other or those before it take everything."""
    yield from _dead(proving, proving.dispatch.root, proving.space.whole)


def unused_receivers(proving: Proving) -> Iterator[Finding]:
    """A receiver that no route can notify."""
    used = {node.receiver for node in _notifying(proving)}
    for receiver in proving.config.receivers:
        if receiver.name not in used:
            yield Finding(f"no alert can reach the receiver `{receiver.name}`", receiver.origin)


def many_notifications(proving: Proving) -> Iterator[Finding]:
    """`continue` multiplies messages."""
    for outcome in first_of_each(proving):
        if len(outcome.reached) > MOST_NOTIFICATIONS:
            message = f"{outcome.alert.name} reaches {len(outcome.reached)} routes, more than {MOST_NOTIFICATIONS}"
            yield Finding(message, outcome.alert.origin, proving.example(outcome))


def first_of_each(proving: Proving) -> Iterator[Outcome]:
    """Outcomes, of pieces of one alert that reach the same with one priority only the first."""
    seen = set()
    for outcome in proving.outcomes:
        key = id(outcome.alert), outcome.priority, outcome.reached
        if key not in seen:
            seen.add(key)
            yield outcome


def _pages(proving: Proving) -> Iterator[Outcome]:
    return (outcome for outcome in proving.outcomes if outcome.priority in PAGES)


def _notifying(proving: Proving) -> Iterator[Node]:
    """Routes that some labels reach themselves and not one of the routes below."""
    for node in proving.nodes:
        if not any(_wants_all(proving, child, node) for child in node.children):
            yield node


def _wants_all(proving: Proving, child: Node, node: Node) -> bool:
    """Whether a route takes whatever comes to the one above."""
    above = proving.conditions.needs(node.trail)
    return child.needs & ~above == 0


def _dead(proving: Proving, node: Node, box: Box) -> Iterator[Finding]:
    """The dead among the routes below; `box` is all that may come to the node, if the routes beside it are left out."""
    earlier: list[Part | None] = []
    for child in node.children:
        part = proving.space.part(child.needs)
        inside, _ = split(box, part)
        if inside is None or not _leaves_some(inside, earlier):
            yield Finding(f"no labels reach {child.name} with {child.selector}", child.route.origin)
        else:
            yield from _dead(proving, child, inside)
        if not child.route.is_continued:
            earlier.append(part)


def _leaves_some(box: Box, parts: list[Part | None]) -> bool:
    """Whether something of a box is in none of the parts."""
    for place, part in enumerate(parts):
        inside, outside = split(box, part)
        if inside is not None:
            return any(_leaves_some(piece, parts[place + 1 :]) for piece in outside)
    return True
