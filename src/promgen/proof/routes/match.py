"""Which routes an alert reaches, as Alertmanager's dispatcher decides it, and what each of them inherits.

An alert goes down into every route whose matchers it satisfies, in order; a route ends the search among its siblings
unless it continues. A route none of whose own routes want the alert is reached itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promgen.base.durations import HOUR, MINUTE, SECOND, Duration
from promgen.compiler.ir.alertmanager import EVERY_LABEL, Route
from promgen.promql import LabelMatcher, format_selector
from promgen.proof.routes.conditions import Conditions

_MOST_KNOWN = 100_000
"""Sets of satisfied matchers whose routes are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a route hands down; Alertmanager's own defaults at the top."""

    receiver: str = ""
    group_by: tuple[str, ...] = ()
    """`...` alone where each alert is a group of its own."""
    group_wait: Duration = SECOND * 30
    group_interval: Duration = MINUTE * 5
    repeat_interval: Duration = HOUR * 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A route in its tree; nodes are equal only to themselves."""

    route: Route
    options: Options
    path: tuple[int, ...]
    """Place among the routes of each level; empty for the root."""
    trail: tuple[LabelMatcher, ...]
    """The matchers of everything above, and its own."""
    needs: int
    children: tuple[Node, ...]

    @property
    def receiver(self) -> str:
        return self.options.receiver

    @property
    def active(self) -> tuple[str, ...]:
        """Time intervals; those of the parent do not count."""
        return self.route.active

    @property
    def muted(self) -> tuple[str, ...]:
        return self.route.muted

    @property
    def name(self) -> str:
        """Such as `routes[0].routes[2]`."""
        return ".".join(f"routes[{place}]" for place in self.path) or "the root"

    @property
    def selector(self) -> str:
        """What an alert must be to come here, such as `{team="payments"}`."""
        return format_selector(None, dict.fromkeys(self.trail)) or "{}"

    def walk(self) -> Iterator[Node]:
        """This and everything below, in order of writing."""
        yield self
        for child in self.children:
            yield from child.walk()


class Dispatch:
    """A routing tree, ready to be asked; raise ValueError for a regular expression that cannot be followed."""

    def __init__(self, root: Route, conditions: Conditions | None = None) -> None:
        self.conditions = conditions or Conditions(matchers_of(root))
        self.root = _node(root, Options(), (), (), self.conditions)
        self._known: dict[int, tuple[Node, ...]] = {}

    def reached(self, labels: Mapping[str, str]) -> tuple[Node, ...]:
        """The routes that notify about an alert, in the order of Alertmanager; never none."""
        return self.reached_with(self.conditions.satisfied(labels))

    def reached_with(self, satisfied: int) -> tuple[Node, ...]:
        """The same for the bits of the matchers that an alert satisfies."""
        found = self._known.get(satisfied)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[satisfied] = _reached(self.root, satisfied)
        return found


def matchers_of(route: Route) -> Iterator[LabelMatcher]:
    """Every matcher of a tree."""
    yield from route.matchers
    for child in route.routes:
        yield from matchers_of(child)


def _reached(node: Node, satisfied: int) -> tuple[Node, ...]:
    found: tuple[Node, ...] = ()
    for child in node.children:
        if child.needs & satisfied == child.needs:
            found += _reached(child, satisfied)
            if not child.route.is_continued:
                break
    return found or (node,)


def _node(
    route: Route,
    above: Options,
    path: tuple[int, ...],
    trail: tuple[LabelMatcher, ...],
    conditions: Conditions,
) -> Node:
    options = _inherit(route, above)
    own = (*trail, *route.matchers)
    children = (
        _node(child, options, (*path, place), own, conditions) for place, child in enumerate(route.routes)
    )
    return Node(
        route=route,
        options=options,
        path=path,
        trail=own,
        needs=conditions.needs(route.matchers),
        children=tuple(children),
    )


def _inherit(route: Route, above: Options) -> Options:
    """An empty list of labels to group by is none, for Alertmanager too."""
    group_by = route.group_by or above.group_by
    return Options(
        receiver=route.receiver or above.receiver,
        group_by=(EVERY_LABEL,) if EVERY_LABEL in group_by else group_by,
        group_wait=above.group_wait if route.group_wait is None else route.group_wait,
        group_interval=above.group_interval if route.group_interval is None else route.group_interval,
        repeat_interval=above.repeat_interval if route.repeat_interval is None else route.repeat_interval,
    )
