"""What a proof looks at, worked out once: every alert with the routes that it reaches, in pieces that reach the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from promgen.base.conventions import Priority
from promgen.compiler.ir.alertmanager import Alertmanager, Integration, Receiver
from promgen.promql import LabelMatcher
from promgen.proof.routes.alerts import ALERTNAME, Alert, Priorities
from promgen.proof.routes.conditions import Conditions
from promgen.proof.routes.horizon import Horizon
from promgen.proof.routes.inhibit import matchers_of as matchers_of_rule
from promgen.proof.routes.match import Dispatch, Node, matchers_of
from promgen.proof.routes.space import Box, Space, TooManyError, living, reached_by

Nodes = tuple[Node, ...]


class Outcome(NamedTuple):
    """Some alerts of a rule that reach the same routes."""

    alert: Alert
    box: Box
    priority: Priority | None
    reached: Nodes


class Finding(NamedTuple):
    """What is wrong, where it is written, and labels of an alert that shows it."""

    message: str
    origin: str = ""
    example: Mapping[str, str] = {}


@dataclass(frozen=True, eq=False)
class Proving:
    """A configuration and the alerts it is proved for; raise ValueError for a regular expression that is not followed."""

    config: Alertmanager
    alerts: tuple[Alert, ...]
    priorities: Priorities
    first_day: date
    """Proofs about time look at the four years from here on."""
    too_many: list[Alert] = field(default_factory=list)
    """Alerts that fall into too many pieces to be looked at; filled by `outcomes`."""

    @cached_property
    def conditions(self) -> Conditions:
        """Of routes and inhibition rules; values of the priority are told apart too."""
        rules = (matcher for rule in self.config.inhibit_rules for matcher in matchers_of_rule(rule))
        values = (LabelMatcher(self.priorities.label, "=", value) for value in self.priorities.of_value)
        return Conditions((*matchers_of(self.config.route), *rules, *values))

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.config.route, self.conditions)

    @cached_property
    def sides(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the sources and the targets of the inhibition rules have to satisfy."""
        rules, needs = self.config.inhibit_rules, self.conditions.needs
        return tuple(needs(rule.source) for rule in rules), tuple(needs(rule.target) for rule in rules)

    @cached_property
    def nodes(self) -> Nodes:
        """Every route, the root first."""
        return tuple(self.dispatch.root.walk())

    @cached_property
    def living(self) -> dict[Node, bool]:
        """The routes that some labels reach, and whether that may be the end of their way."""
        return living(self.space, self.dispatch.root)

    @cached_property
    def space(self) -> Space:
        seen: dict[str, dict[str, None]] = {}
        for alert in self.alerts:
            for name in self.conditions.columns.keys() & alert.labels.keys():
                seen.setdefault(name, {})[alert.labels[name]] = None
        return Space(self.conditions, seen)

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Of the alerts, in their order."""
        names = tuple(self.conditions.columns)
        return tuple(self.space.box(alert.values(names)) for alert in self.alerts)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Of every alert; alerts that no matcher tells apart are looked at once."""
        reached: dict[Box, list[tuple[Box, Nodes]]] = {}
        found = []
        for alert, box in zip(self.alerts, self.boxes, strict=True):
            if box not in reached:
                reached[box] = list(self._reached(alert, box))
            found += [
                Outcome(alert, piece, self.priority(alert, piece), nodes) for piece, nodes in reached[box]
            ]
        return tuple(found)

    def _reached(self, alert: Alert, box: Box) -> Iterator[tuple[Box, Nodes]]:
        satisfied = self.space.satisfied(box)
        if satisfied is not None:
            yield box, self.dispatch.reached_with(satisfied)
            return
        try:
            yield from reached_by(self.space, self.dispatch.root, box)
        except TooManyError:
            self.too_many.append(alert)

    def priority(self, alert: Alert, box: Box) -> Priority | None:
        """That of all alerts in a piece; None where it is not known, or not of all."""
        label = self.priorities.label
        value = alert.value(label)
        if value is None:
            place = tuple(self.conditions.columns).index(label)
            axis, classes = self.space.axes[place], box[place]
            value = axis.examples[classes.bit_length() - 1] if classes & (classes - 1) == 0 else ""
        return self.priorities.of({label: value})

    def example(self, outcome: Outcome) -> dict[str, str]:
        """Labels of one alert; those that no matcher looks at are left out, but for its name."""
        shown = self.space.example(outcome.box)
        known = {name: value for name, value in outcome.alert.labels.items() if name in shown and value}
        name = {} if outcome.alert.is_made_up else {ALERTNAME: outcome.alert.name}
        return {**name, **shown, **known}

    @cached_property
    def receivers(self) -> dict[str, Receiver]:
        return {receiver.name: receiver for receiver in self.config.receivers}

    def pagers(self, node: Node) -> tuple[Integration, ...]:
        """What wakes people up when a route notifies."""
        receiver = self.receivers.get(node.receiver)
        return tuple(one for one in receiver.integrations if one.is_pager) if receiver else ()

    def tells(self, node: Node) -> bool:
        """Whether somebody is told when a route notifies."""
        receiver = self.receivers.get(node.receiver)
        return receiver is not None and bool(receiver.integrations)

    @cached_property
    def horizon(self) -> Horizon:
        return Horizon(self.config.time_intervals, self.first_day)
