"""Proofs about the tree: everyone is told who must be, and nothing in it is there in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promgen.base.conventions import PAGES
from promgen.proof.routes.proving import Finding, Outcome, Proving

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
        elif outcome.priority is not None and not any(map(proving.tells, outcome.reached)):
            names = ", ".join(f"`{node.receiver}`" for node in outcome.reached)
            message = f"{outcome.alert.name} reaches only {names}, which tells nobody"
            yield Finding(message, outcome.alert.origin, proving.example(outcome))


def leaking_tiers(proving: Proving) -> Iterator[Finding]:
    """What may wait wakes nobody up."""
    for outcome in first_of_each(proving):
        if outcome.priority in PAGES or outcome.priority is None:
            continue
        for node in outcome.reached:
            if proving.pagers(node):
                message = (
                    f"{outcome.alert.name} is {outcome.priority} and reaches the pager `{node.receiver}`"
                )
                yield Finding(message, node.route.origin, proving.example(outcome))


def dead_routes(proving: Proving) -> Iterator[Finding]:
    """A route that no labels reach, because its matchers contradict each other or those before it take everything."""
    for node in proving.nodes:
        if node not in proving.living:
            yield Finding(f"no labels reach {node.name} with {node.selector}", node.route.origin)


def unused_receivers(proving: Proving) -> Iterator[Finding]:
    """A receiver that no route can notify."""
    used = {node.receiver for node, notifies in proving.living.items() if notifies}
    for receiver in proving.config.receivers:
        if receiver.name not in used:
            yield Finding(f"no labels reach the receiver `{receiver.name}`", receiver.origin)


def idle_routes(proving: Proving) -> Iterator[Finding]:
    """A route that none of the known alerts comes through; others may."""
    if any(alert.is_made_up for alert in proving.alerts):
        return
    passed = {node.path for outcome in proving.outcomes for node in outcome.reached}
    for node in proving.nodes:
        if node in proving.living and not any(path[: len(node.path)] == node.path for path in passed):
            yield Finding(f"none of the alerts comes to {node.name} with {node.selector}", node.route.origin)


def many_notifications(proving: Proving) -> Iterator[Finding]:
    """`continue` multiplies messages; of each alert the case with the most."""
    worst: dict[int, Outcome] = {}
    for outcome in first_of_each(proving):
        known = worst.setdefault(id(outcome.alert), outcome)
        if len(outcome.reached) > len(known.reached):
            worst[id(outcome.alert)] = outcome
    for outcome in worst.values():
        if (number := len(outcome.reached)) > MOST_NOTIFICATIONS:
            message = f"{outcome.alert.name} reaches {number} routes, more than {MOST_NOTIFICATIONS}"
            yield Finding(message, outcome.alert.origin, proving.example(outcome))


def first_of_each(proving: Proving) -> Iterator[Outcome]:
    """Outcomes, of pieces of one alert that reach the same with one priority only the first."""
    seen = set()
    for outcome in proving.outcomes:
        key = id(outcome.alert), outcome.priority, outcome.reached
        if key not in seen:
            seen.add(key)
            yield outcome
