"""Teams and routing; what a system leaves out is taken from the project, and then from promgen."""

from __future__ import annotations

from collections.abc import Iterable

from promgen.base.conventions import Priority
from promgen.base.durations import HOUR, MINUTE, SECOND, Duration
from promgen.compiler.resolve.index import Entry
from promgen.compiler.resolve.quiet import weekdays
from promgen.compiler.resolve.receivers import secret_of
from promgen.compiler.resolve.references import References
from promgen.compiler.spec import routing as spec
from promgen.compiler.spec.read import Envelope
from promgen.model import routing as model
from promgen.model.catalog import Team

GROUP_BY = ("alertname", "environment", "service", "slo")
_DEFAULTS = {
    # acknowledged within, and how long a group waits at first, then, and before it is told again
    Priority.P0: (MINUTE * 5, Duration(0), MINUTE, MINUTE * 30),
    Priority.P1: (MINUTE * 15, SECOND * 15, MINUTE, HOUR),
    Priority.P2: (HOUR, MINUTE, MINUTE * 5, HOUR * 4),
    Priority.P3: (None, MINUTE * 10, MINUTE * 30, HOUR * 24),
}


class Routings(References):
    """Resolves who is told: teams, and how each priority of a system is."""

    def teams(self) -> tuple[Team, ...]:
        """All teams, by name."""
        return tuple(self.team(self.index.teams[name]) for name in sorted(self.index.teams))

    def team(self, entry: Entry[spec.TeamSpec]) -> Team:
        wire = entry.spec
        for priority, written in wire.receivers.items():
            self.check_receivers(entry.envelope, written, ("receivers", priority))
        if wire.hours is not None:
            self.check_range(entry.envelope, ("hours", "to"), wire.hours.from_, wire.hours.to)
        return Team(
            name=entry.name,
            description=wire.description or "",
            contacts=dict(wire.contacts),
            receivers={Priority(word): tuple(row) for word, row in sorted(wire.receivers.items())},
            schedules=tuple(wire.schedules),
            hours=_hours(wire.hours) if wire.hours else None,
        )

    def smtp(self) -> model.Smtp | None:
        """How email is sent, from the project's Routing."""
        wires = [entry.spec.smtp for entry in self.index.routings.values() if entry.envelope.system == ""]
        wire = next((wire for wire in wires if wire is not None), None)
        if wire is None:
            return None
        return model.Smtp(
            smarthost=wire.smarthost,
            sender=wire.from_,
            username=wire.username or "",
            password=secret_of(wire.password) if wire.password else None,
        )

    def routings(self) -> tuple[model.Routing, ...]:
        """The project's first, then those of systems by name."""
        entries = sorted(self.index.routings.values(), key=lambda entry: entry.envelope.system)
        if not entries:
            return ()
        root = next((entry.spec for entry in entries if entry.envelope.system == ""), None)
        if root is None and not self.is_broken("Routing"):
            message = "no Routing is without a system, so alerts that no system claims reach nobody"
            self.error(entries[0].envelope, (), message, "one more Routing without `system`, with `unrouted`")
        return tuple(self.routing(entry, root or spec.RoutingSpec()) for entry in entries)

    def routing(self, entry: Entry[spec.RoutingSpec], root: spec.RoutingSpec) -> model.Routing:
        wire, system = entry.spec, entry.envelope.system
        self.check_routing(entry)
        incidents = wire.incidents or root.incidents
        is_told = bool(system) or (bool(wire.priorities) and self.has_service_without_system())
        handlings = [_handling(priority, wire, root) for priority in Priority] if is_told else []
        self.check_outside(entry.envelope, handlings)
        return model.Routing(
            name=entry.name,
            system=system,
            unrouted=tuple(wire.unrouted or ()),
            incidents=incidents or "",
            handlings=tuple(handlings),
            origin=entry.envelope.file,
        )

    def check_outside(self, at: Envelope, handlings: Iterable[model.Handling]) -> None:
        for handling in handlings:
            if handling.outside and not handling.working_hours:
                path = ("priorities", handling.priority.value, "outside")
                message = "`outside` has no effect where nothing waits for working hours"
                self.error(at, path, message, "`workingHours: true` as well")

    def has_service_without_system(self) -> bool:
        return any(not service.system for service in self.index.services.values())

    def check_routing(self, entry: Entry[spec.RoutingSpec]) -> None:
        wire = entry.spec
        self.check_receivers(entry.envelope, wire.unrouted or (), ("unrouted",))
        if entry.envelope.system == "" and not wire.unrouted:
            self.error(
                entry.envelope, (), "alerts that no system claims reach nobody", "`unrouted`, with receivers"
            )
        if entry.envelope.system and wire.smtp is not None:
            self.error(
                entry.envelope,
                ("smtp",),
                "`smtp` has no effect in the Routing of a system",
                "the project's Routing",
            )
        if wire.incidents:
            self.check_receivers(entry.envelope, [wire.incidents], (), ("incidents",))
            found = self.index.receivers.get(wire.incidents)
            if found is not None and found.spec.promgen is None:
                self.error(
                    entry.envelope,
                    ("incidents",),
                    f"receiver `{wire.incidents}` is not promgen's own",
                    "one of kind `promgen`",
                )
        for priority, handling in wire.priorities.items():
            for key in ("receivers", "outside"):
                self.check_receivers(
                    entry.envelope, getattr(handling, key) or (), ("priorities", priority, key)
                )


def _handling(priority: Priority, wire: spec.RoutingSpec, root: spec.RoutingSpec) -> model.Handling:
    """What a system says of a priority, over what the project says, over promgen's defaults."""
    own = wire.priorities.get(priority.value, spec.PrioritySpec())
    project = root.priorities.get(priority.value, spec.PrioritySpec())
    given = {name: value for one in (project, own) for name, value in one if value is not None}
    acknowledge, wait, interval, repeat = _DEFAULTS[priority]
    return model.Handling(
        priority=priority,
        receivers=tuple(given.get("receivers") or ()),
        outside=tuple(given.get("outside") or ()),
        working_hours=bool(given.get("working_hours")),
        acknowledge=given.get("acknowledge", acknowledge),
        respond=given.get("respond"),
        group_by=tuple(given.get("group_by") or wire.group_by or root.group_by or GROUP_BY),
        group_wait=given.get("group_wait", wait),
        group_interval=given.get("group_interval", interval),
        repeat=given.get("repeat", repeat),
    )


def _hours(wire: spec.Hours) -> model.Hours:
    return model.Hours(zone=wire.zone, days=weekdays(wire.days), start=wire.from_, end=wire.to)
