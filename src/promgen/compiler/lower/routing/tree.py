"""The tree of routes: system, then priority, then what differs for a service under maintenance or for a team.

Intervals are not inherited in Alertmanager, so each end of the tree names its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from promgen.base import conventions as names
from promgen.base.conventions import SEVERITIES, Priority
from promgen.base.durations import HOUR, MINUTE
from promgen.compiler.ir.alertmanager import Route
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog, Service, Team
from promgen.model.routing import Handling, Maintenance, Routing
from promgen.model.slo import Slo
from promgen.promql import LabelMatcher, any_of

Told = dict[str, tuple[str, ...]]
"""The receivers of Alertmanager by name: the Receivers each of them is made of."""

UNROUTED = "unrouted"
NO_SYSTEM = "-"
_ROOT = Route(
    receiver=UNROUTED,
    group_by=("alertname", names.ENVIRONMENT_LABEL, names.SERVICE_LABEL),
    group_wait=MINUTE,
    group_interval=MINUTE * 5,
    repeat_interval=HOUR * 4,
)


def lower_tree(catalog: Catalog) -> tuple[Route, Told]:
    """The tree, and the receivers its routes name."""
    tree = _Tree(catalog)
    return tree.root(), tree.told


def hours_interval(team: str) -> str:
    """The name of a team's working hours."""
    return f"hours/{team}"


def maintenance_interval(name: str) -> str:
    """The name of a maintenance window."""
    return f"maintenance/{name}"


def any_value(label: str, values: Iterable[str]) -> LabelMatcher:
    """A matcher of one value, or of one of several."""
    several = sorted(set(values))
    if len(several) == 1:
        return LabelMatcher(label, "=", several[0])
    return LabelMatcher(label, "=~", any_of(several))


def services_without_system(catalog: Catalog) -> LabelMatcher:
    """The services of no system, by name: their series may carry a label `system` of their own."""
    return any_value(names.SERVICE_LABEL, (one.name for one in catalog.services if not one.system))


class _Priority(NamedTuple):
    """One priority of one system."""

    routing: Routing
    handling: Handling
    incidents: str
    """Who is told of everything in the same breath; empty where that has a route of its own."""

    @property
    def name(self) -> str:
        """Beginning of the names of its receivers. What is no name of a team or system begins with a sign."""
        return f"{self.routing.system or NO_SYSTEM}/{self.handling.priority}"

    def told(self, receivers: Iterable[str]) -> tuple[str, ...]:
        """Each once, and promgen's own last."""
        return _joined(receivers, self.incidents)


@dataclass
class _Tree:
    catalog: Catalog
    told: Told = field(default_factory=dict)

    def root(self) -> Route:
        project = self.catalog.routings[0]
        systems = [routing for routing in self.catalog.routings if routing.handlings]
        self.receiver(UNROUTED, _joined(project.unrouted, project.incidents))
        return _ROOT._replace(routes=tuple(map(self.system, systems)), origin=project.origin)

    def system(self, routing: Routing) -> Route:
        name = ""
        if routing.unrouted and routing.system:
            name = self.receiver(f"{routing.system}/{UNROUTED}", _joined(routing.unrouted, routing.incidents))
        return Route(
            receiver=name,
            matchers=(self.of_system(routing.system),),
            routes=tuple(
                self.priority(self.priority_of(routing, handling))
                for handling in routing.handlings
                if self.severities(handling.priority)
            ),
            origin=routing.origin,
        )

    def of_system(self, system: str) -> LabelMatcher:
        if system:
            return LabelMatcher(names.SYSTEM_LABEL, "=", system)
        return services_without_system(self.catalog)

    def priority_of(self, routing: Routing, handling: Handling) -> _Priority:
        """A route that is muted when an alert ends never says so: where something waits, promgen is told beside it."""
        is_maintained = any(
            self.windows(service, handling.priority) for service in self.services_of(routing.system)
        )
        waits = handling.working_hours or is_maintained
        return _Priority(routing, handling, "" if waits else routing.incidents)

    def priority(self, priority: _Priority) -> Route:
        routing, handling = priority.routing, priority.handling
        inside = (*self.maintained(priority), *self.of_teams(priority))
        receiver = self.receiver(priority.name, priority.told(handling.receivers))
        if routing.incidents and not priority.incidents:
            everything = self.receiver(f"{priority.name}/+incidents", (routing.incidents,))
            first = Route(receiver=everything, is_continued=True, origin=routing.origin)
            inside = (first, *inside, Route(receiver=receiver, origin=routing.origin))
        return Route(
            receiver=receiver,
            matchers=(any_value(self.catalog.target.severity_label, self.severities(handling.priority)),),
            routes=inside,
            group_by=handling.group_by,
            group_wait=handling.group_wait,
            group_interval=handling.group_interval,
            repeat_interval=handling.repeat,
            origin=routing.origin,
        )

    def severities(self, priority: Priority) -> list[str]:
        """What the severity label says of a priority; a word that a site prints for several is of the worst."""
        target = self.catalog.target
        words = (target.severity_value(one) for one in SEVERITIES if target.priority(one) is priority)
        return list(dict.fromkeys(words))

    def receiver(self, name: str, receivers: tuple[str, ...]) -> str:
        """The name under which these are told; empty, which inherits, where there are none."""
        if not receivers:
            return ""
        assert self.told.setdefault(name, receivers) == receivers, name
        return name

    def of_teams(self, priority: _Priority) -> Iterator[Route]:
        """Teams that are told in another way than the priority as a whole."""
        handling = priority.handling
        owners = {
            service.owner
            for service in self.services_of(priority.routing.system)
            if self.environments_of(service, handling.priority)
        }
        for team in (self.teams[owner] for owner in sorted(owners)):
            if handling.working_hours or team.receivers.get(handling.priority):
                yield from self.ends(priority, team, (LabelMatcher(names.OWNER_LABEL, "=", team.name),), ())

    def maintained(self, priority: _Priority) -> Iterator[Route]:
        """Services whose alerts wait while they are worked on."""
        for service in self.services_of(priority.routing.system):
            for environments, windows in self.windows(service, priority.handling.priority):
                matchers: tuple[LabelMatcher, ...] = (LabelMatcher(names.SERVICE_LABEL, "=", service.name),)
                if environments:
                    matchers = (*matchers, any_value(names.ENVIRONMENT_LABEL, environments))
                yield from self.ends(priority, self.teams[service.owner], matchers, windows)

    def windows(self, service: Service, priority: Priority) -> list[tuple[list[str], tuple[str, ...]]]:
        """Sets of windows of a service, and the environments that have them; none is all."""
        found: dict[tuple[str, ...], list[str]] = {}
        environments = self.environments_of(service, priority)
        for environment in environments:
            windows = tuple(
                maintenance_interval(window.name)
                for window in self.catalog.maintenances
                if _applies(window, service.name, environment, priority)
            )
            if windows:
                found.setdefault(windows, []).append(environment)
        return [([] if inside == environments else inside, windows) for windows, inside in found.items()]

    def environments_of(self, service: Service, priority: Priority) -> list[str]:
        """Where the service has alerts of a priority."""
        return sorted(
            {
                thing.environment
                for thing in self.things.get(service.name, ())
                if priority in map(self.catalog.target.priority, thing.severities)
            }
        )

    def ends(
        self, priority: _Priority, team: Team, matchers: tuple[LabelMatcher, ...], muted: tuple[str, ...]
    ) -> Iterator[Route]:
        """The routes at the end for one owner: one, or one in working hours and one outside of them."""
        handling = priority.handling
        own = team.receivers.get(handling.priority, ())
        name = f"{priority.name}/{team.name}" if own else priority.name
        receiver = self.receiver(name, priority.told((*handling.receivers, *own)))
        end = Route(receiver=receiver, matchers=matchers, muted=muted, origin=priority.routing.origin)
        if not handling.working_hours:
            yield end
            return
        hours = (hours_interval(team.name),)
        yield end._replace(active=hours, is_continued=bool(handling.outside))
        if handling.outside:
            outside = self.receiver(f"{priority.name}/+outside", priority.told(handling.outside))
            yield end._replace(receiver=outside, muted=(*muted, *hours))

    def services_of(self, system: str) -> Iterator[Service]:
        """Those that somebody owns."""
        return (one for one in self.catalog.services if one.system == system and one.owner in self.teams)

    @cached_property
    def things(self) -> dict[str, list[Slo | Alert]]:
        """SLOs and alerts by service."""
        found: dict[str, list[Slo | Alert]] = {}
        for thing in self.catalog.things:
            found.setdefault(thing.service, []).append(thing)
        return found

    @cached_property
    def teams(self) -> dict[str, Team]:
        return {team.name: team for team in self.catalog.teams}


def _applies(window: Maintenance, service: str, environment: str, priority: Priority) -> bool:
    return (
        service in window.services
        and priority in window.priorities
        and (not window.environments or environment in window.environments)
    )


def _joined(receivers: Iterable[str], incidents: str) -> tuple[str, ...]:
    """Each once, and promgen's own last."""
    return tuple(name for name in dict.fromkeys((*receivers, incidents)) if name)
