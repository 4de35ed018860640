"""The tree of routes: system, then priority, then what differs for a service under maintenance or for a team.

Intervals are not inherited in Alertmanager, so each end of the tree names its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from promgen.base import conventions as names
from promgen.base.conventions import PRIORITY_OF, SEVERITIES, Priority
from promgen.base.durations import HOUR, MINUTE
from promgen.compiler.ir.alertmanager import Route
from promgen.model.catalog import Catalog, Service, Team
from promgen.model.routing import Handling, Maintenance, Routing
from promgen.promql import LabelMatcher, any_of

Told = dict[str, tuple[str, ...]]
"""The receivers of Alertmanager by name: the Receivers each of them is made of."""

UNROUTED = "unrouted"
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


@dataclass
class _Tree:
    catalog: Catalog
    told: Told = field(default_factory=dict)

    def root(self) -> Route:
        project = self.catalog.routings[0]
        systems = [routing for routing in self.catalog.routings if routing.handlings]
        self.told[UNROUTED] = _joined(project.unrouted, project.incidents)
        return _ROOT._replace(routes=tuple(map(self.system, systems)), origin=project.origin)

    def system(self, routing: Routing) -> Route:
        name = ""
        if routing.unrouted and routing.system:
            name = f"{routing.prefix}/{UNROUTED}"
            self.told[name] = _joined(routing.unrouted, routing.incidents)
        return Route(
            receiver=name,
            matchers=(LabelMatcher(names.SYSTEM_LABEL, "=", routing.system),),
            routes=tuple(
                self.priority(routing, handling)
                for handling in routing.handlings
                if self.severities(handling.priority)
            ),
            origin=routing.origin,
        )

    def priority(self, routing: Routing, handling: Handling) -> Route:
        inside = (*self.maintained(routing, handling), *self.of_teams(routing, handling))
        name = f"{routing.prefix}/{handling.priority}"
        receivers = _joined(handling.receivers, routing.incidents)
        return Route(
            receiver=self.receiver(name, receivers),
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
        words: dict[str, Priority] = {}
        for severity in SEVERITIES:
            words.setdefault(self.catalog.target.severity_value(severity), PRIORITY_OF[severity])
        return [word for word, its in words.items() if its is priority]

    def receiver(self, name: str, receivers: tuple[str, ...]) -> str:
        """The name under which these are told; empty, which inherits, where there are none."""
        if not receivers:
            return ""
        self.told[name] = receivers
        return name

    def of_teams(self, routing: Routing, handling: Handling) -> Iterator[Route]:
        """Teams that are told in another way than the priority as a whole."""
        owners = {service.owner for service in self.services if service.system == routing.system}
        for owner in sorted(owners):
            if (team := self.teams.get(owner)) and (
                handling.working_hours or team.receivers.get(handling.priority)
            ):
                matchers = (LabelMatcher(names.OWNER_LABEL, "=", owner),)
                yield from self.ends(routing, handling, team, matchers, ())

    def maintained(self, routing: Routing, handling: Handling) -> Iterator[Route]:
        """Services whose alerts wait while they are worked on."""
        for service in self.services:
            if service.system == routing.system and (team := self.teams.get(service.owner)):
                for environments, windows in self.windows(service, handling.priority):
                    matchers: tuple[LabelMatcher, ...] = (
                        LabelMatcher(names.SERVICE_LABEL, "=", service.name),
                    )
                    if environments:
                        matchers = (*matchers, any_value(names.ENVIRONMENT_LABEL, environments))
                    yield from self.ends(routing, handling, team, matchers, windows)

    def windows(self, service: Service, priority: Priority) -> Iterator[tuple[list[str], tuple[str, ...]]]:
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
        for windows, inside in found.items():
            yield [] if inside == environments else inside, windows

    def environments_of(self, service: Service, priority: Priority) -> list[str]:
        """Where the service has alerts of a priority."""
        return sorted(
            {
                thing.environment
                for thing in self.catalog.things
                if thing.service == service.name and priority in map(PRIORITY_OF.get, thing.severities)
            }
        )

    def ends(
        self,
        routing: Routing,
        handling: Handling,
        team: Team,
        matchers: tuple[LabelMatcher, ...],
        muted: tuple[str, ...],
    ) -> Iterator[Route]:
        """The routes at the end for one owner: one, or one in working hours and one outside of them."""
        own = team.receivers.get(handling.priority, ())
        prefix = f"{routing.prefix}/{handling.priority}"
        receiver = self.receiver(
            f"{prefix}/{team.name}" if own else prefix,
            _joined((*handling.receivers, *own), routing.incidents),
        )
        end = Route(receiver=receiver, matchers=matchers, muted=muted, origin=routing.origin)
        if not handling.working_hours:
            yield end
            return
        hours = (hours_interval(team.name),)
        yield end._replace(active=hours, is_continued=handling.outside is not None)
        if handling.outside is not None:
            outside = self.receiver(f"{prefix}/outside", _joined(handling.outside, routing.incidents))
            yield end._replace(receiver=outside, muted=(*muted, *hours))

    @cached_property
    def services(self) -> tuple[Service, ...]:
        return tuple(service for service in self.catalog.services if service.owner)

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
