"""Who is told of an alert, at a moment: what `promgen route` says about labels and about the alerts of a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from promgen.compiler.ir.alertmanager import InhibitRule
from promgen.proof.routes.alerts import Alert
from promgen.proof.routes.match import Node
from promgen.proof.routes.moments import is_in
from promgen.proof.routes.prove_inhibition import inhibitors
from promgen.proof.routes.prove_routes import first_of_each
from promgen.proof.routes.proving import Proving


class Notification(NamedTuple):
    """A route that an alert reaches; at the moment asked for it notifies unless it is outside of hours or muted."""

    node: Node
    tells: tuple[str, ...]
    """The kinds of integrations of the receiver, such as `slack`."""
    is_pager: bool
    outside: tuple[str, ...] = ()
    """The intervals in which it is active, where none of them holds."""
    muted_by: tuple[str, ...] = ()
    """The intervals that mute it."""

    @property
    def notifies(self) -> bool:
        return not self.outside and not self.muted_by


class Inhibitor(NamedTuple):
    """A rule by which an alert is muted, and the names of the alerts that do so while they fire."""

    rule: InhibitRule
    names: tuple[str, ...]


class Answer(NamedTuple):
    """Who is told of alerts with certain labels."""

    labels: Mapping[str, str]
    notifications: tuple[Notification, ...]
    inhibitors: tuple[Inhibitor, ...]


def answer_labels(proving: Proving, labels: Mapping[str, str], at: datetime) -> Answer:
    """About an alert with exactly these labels."""
    reached = proving.dispatch.reached(labels)
    return Answer(labels, tuple(_notifications(proving, reached, at)), _inhibitors(proving, labels))


def answer_alert(proving: Proving, alert: Alert, at: datetime) -> Iterator[Answer]:
    """About the alerts of a rule: once for each set of routes that they may reach."""
    for outcome in first_of_each(proving):
        if outcome.alert is alert:
            found = {name: value for name, value in proving.space.example(outcome.box).items() if value}
            labels = {**found, **{name: value for name, value in alert.labels.items() if value}}
            notifications = tuple(_notifications(proving, outcome.reached, at))
            yield Answer(labels, notifications, _inhibitors(proving, labels))


def _notifications(proving: Proving, reached: tuple[Node, ...], at: datetime) -> Iterator[Notification]:
    holding = {interval.name for interval in proving.config.time_intervals if is_in(interval, at)}
    for node in reached:
        receiver = proving.receivers.get(node.receiver)
        kinds = [one.kind.removesuffix("_configs") for one in receiver.integrations] if receiver else []
        yield Notification(
            node=node,
            tells=tuple(kinds),
            is_pager=bool(proving.pagers(node)),
            outside=() if holding.intersection(node.active) else node.active,
            muted_by=tuple(name for name in node.muted if name in holding),
        )


def _inhibitors(proving: Proving, labels: Mapping[str, str]) -> tuple[Inhibitor, ...]:
    names: dict[InhibitRule, dict[str, None]] = {}
    for alert, rule in inhibitors(proving, labels):
        if not alert.is_made_up and dict(alert.labels) != dict(labels):
            names.setdefault(rule, {})[alert.name] = None
    return tuple(Inhibitor(rule, tuple(sorted(found))) for rule, found in names.items())
