"""Receivers, routing, silences and maintenance: names looked up, and what a system leaves out taken from the project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from promgen.base import conventions as names
from promgen.base import problems
from promgen.base.conventions import Priority
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.durations import HOUR, MINUTE, Duration
from promgen.compiler.ir.alertmanager import WEEKDAYS
from promgen.compiler.resolve.index import Entry, Index
from promgen.compiler.resolve.scope import matchers_of
from promgen.compiler.source.nodes import Path, find
from promgen.compiler.spec import routing as spec
from promgen.compiler.spec.read import Envelope, nearest
from promgen.compiler.spec.wire import Wire
from promgen.model import routing as model
from promgen.model.catalog import Team
from promgen.promql import LabelMatcher, matches

GROUP_BY = ("alertname", "environment", "service", "slo")
_SECOND = Duration(1000)
_DEFAULTS = {
    # acknowledged within, and how long a group waits at first, then, and before it is told again
    Priority.P0: (MINUTE * 5, Duration(0), MINUTE, MINUTE * 30),
    Priority.P1: (MINUTE * 15, _SECOND * 15, MINUTE, HOUR),
    Priority.P2: (HOUR, MINUTE, MINUTE * 5, HOUR * 4),
    Priority.P3: (None, MINUTE * 10, MINUTE * 30, HOUR * 24),
}


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves what the index holds about routing; references that lead nowhere are reported."""

    index: Index
    diagnostics: Diagnostics

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

    def receivers(self) -> tuple[model.Receiver, ...]:
        """All receivers, by name; one that is wrong is left out."""
        found = (self.receiver(self.index.receivers[name]) for name in sorted(self.index.receivers))
        return tuple(receiver for receiver in found if receiver is not None)

    def receiver(self, entry: Entry[spec.ReceiverSpec]) -> model.Receiver | None:
        wire = entry.spec
        kinds = [kind for kind in KINDS if getattr(wire, kind) is not None]
        if len(kinds) != 1:
            message = f"receiver `{entry.name}` is of {len(kinds)} kinds"
            allowed = "exactly one of " + ", ".join(KINDS)
            self.diagnostics.error(problems.MISSING_KEY, message, entry.envelope.name_span, allowed=allowed)
            return None
        return model.Receiver(
            name=entry.name,
            system=entry.envelope.system,
            channel=_channel(getattr(wire, kinds[0])),
            description=wire.description or "",
            send_resolved=wire.email is None if wire.send_resolved is None else wire.send_resolved,
            origin=entry.envelope.file,
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
            password=_secret(wire.password) if wire.password else None,
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

    def is_broken(self, kind: str) -> bool:
        """Whether a document of a kind was left out, so that what it says is not known."""
        return any(kind == broken for broken, _ in self.index.broken)

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

    def silences(self) -> tuple[model.Silence, ...]:
        """All silences, by name."""
        return tuple(self.silence(self.index.silences[name]) for name in sorted(self.index.silences))

    def silence(self, entry: Entry[spec.SilenceSpec]) -> model.Silence:
        wire = entry.spec
        if wire.to <= wire.from_:
            self.error(entry.envelope, ("to",), "the silence ends before it begins", "a `to` after `from`")
        self.check_team(entry.envelope, wire.owner)
        self.check_matchers(entry.envelope, matchers_of(wire.matchers))
        return model.Silence(
            name=entry.name,
            start=wire.from_,
            end=wire.to,
            reason=wire.reason,
            owner=wire.owner,
            matchers=matchers_of(wire.matchers),
            origin=entry.envelope.file,
        )

    def check_matchers(self, at: Envelope, matchers: Sequence[LabelMatcher]) -> None:
        """Alertmanager refuses a silence of everything, and expressions that it cannot read."""
        try:
            if all(matches([matcher], {}) for matcher in matchers):
                message = "every matcher is satisfied by a label that is missing: all alerts would be silent"
                self.error(at, ("matchers",), message, "one that wants a value")
        except ValueError as error:
            self.error(at, ("matchers",), str(error), "a regular expression")
        for label, known in self.known_labels().items():
            for matcher in matchers:
                if (matcher.name, matcher.op) == (label, "=") and matcher.value not in known:
                    self.warn_of_value(at, matcher, known)

    def known_labels(self) -> dict[str, Collection[str]]:
        """Labels whose values the specifications know."""
        environments = {entry.name for entries in self.index.environments.values() for entry in entries}
        systems = {envelope.system for envelope in self.index.services.values()}
        return {
            names.SERVICE_LABEL: self.index.services,
            names.OWNER_LABEL: self.index.teams,
            names.SYSTEM_LABEL: systems,
            names.ENVIRONMENT_LABEL: environments,
        }

    def warn_of_value(self, at: Envelope, matcher: LabelMatcher, known: Collection[str]) -> None:
        self.diagnostics.add(
            Diagnostic(
                problem=problems.SILENCE_VALUE,
                message=f"nothing of the project has `{matcher.name}` `{matcher.value}`",
                span=find(at.spec, ("matchers", matcher.name))[0].span,
                allowed=nearest(matcher.value, known),
                level=Level.WARNING,
                subject=at.name,
            )
        )

    def maintenances(self) -> tuple[model.Maintenance, ...]:
        """All maintenance windows, by name."""
        return tuple(
            self.maintenance(self.index.maintenances[name]) for name in sorted(self.index.maintenances)
        )

    def maintenance(self, entry: Entry[spec.MaintenanceSpec]) -> model.Maintenance:
        wire = entry.spec
        self.check_range(entry.envelope, ("to",), wire.from_, wire.to)
        self.check_team(entry.envelope, wire.owner)
        self.check_days(entry)
        self.check_night(entry)
        environments = {known.name for entries in self.index.environments.values() for known in entries}
        self.check_known(entry.envelope, wire.environments, ("environments",), environments, "environment")
        services = [reference.rpartition("/")[2] for reference in wire.services]
        self.check_known(entry.envelope, services, ("services",), self.index.services, "service")
        return model.Maintenance(
            name=entry.name,
            services=tuple(services),
            days=_weekdays(wire.days),
            days_of_month=tuple(wire.days_of_month),
            start=wire.from_,
            end=wire.to,
            zone=wire.zone,
            reason=wire.reason,
            owner=wire.owner,
            environments=tuple(wire.environments),
            priorities=tuple(map(Priority, wire.priorities)),
            origin=entry.envelope.file,
        )

    def check_night(self, entry: Entry[spec.MaintenanceSpec]) -> None:
        if entry.spec.days_of_month and entry.spec.to < entry.spec.from_:
            message = "a night that begins on a day of the month ends on another one"
            self.error(entry.envelope, ("to",), message, "two windows, one up to 24:00")

    def check_days(self, entry: Entry[spec.MaintenanceSpec]) -> None:
        for place, day in enumerate(entry.spec.days_of_month):
            if not (1 <= day <= 31 or -31 <= day <= -1):
                self.error(
                    entry.envelope,
                    ("daysOfMonth", place),
                    f"`{day}` is no day of a month",
                    "1 to 31, or -31 to -1 from its end",
                )

    def check_range(self, at: Envelope, path: Path, start: int, end: int) -> None:
        if end == start:
            self.error(at, path, "it ends when it begins", "another time; `to` before `from` is a night")

    def check_team(self, at: Envelope, owner: str) -> None:
        known = {*self.index.teams, *(name for kind, name in self.index.broken if kind == "Team")}
        self.check_known(at, [owner], (), known, "team", ("owner",))

    def check_receivers(self, at: Envelope, written: Sequence[str], path: Path, whole: Path = ()) -> None:
        known = {*self.index.receivers, *(name for kind, name in self.index.broken if kind == "Receiver")}
        self.check_known(at, written, path, known, "receiver", whole)

    def check_known(
        self,
        at: Envelope,
        written: Sequence[str],
        path: Path,
        known: Collection[str],
        what: str,
        whole: Path = (),
    ) -> None:
        """Report names that are not known; `whole` is the path where the name is no item of a list."""
        for place, name in enumerate(written):
            if name not in known:
                span = find(at.spec, whole or (*path, place))[0].span
                message = f"there is no {what} `{name}`"
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, message, span, allowed=nearest(name, known)
                )

    def error(self, at: Envelope, path: Path, message: str, allowed: str) -> None:
        span = find(at.spec, path)[0].span if path else at.name_span
        self.diagnostics.error(problems.BAD_VALUE, message, span, allowed=allowed)


KINDS = ("slack", "teams", "pagerduty", "opsgenie", "email", "webhook", "promgen")
"""Keys of a Receiver of which it has exactly one."""


def _channel(
    wire: Wire,
) -> model.Slack | model.Teams | model.PagerDuty | model.Opsgenie | model.Email | model.Webhook:
    match wire:
        case spec.SlackSpec():
            return model.Slack(channel=wire.channel, webhook=_secret(wire.webhook))
        case spec.TeamsSpec():
            return model.Teams(webhook=_secret(wire.webhook))
        case spec.PagerDutySpec():
            return model.PagerDuty(routing_key=_secret(wire.routing_key), url=wire.url or "")
        case spec.OpsgenieSpec():
            return model.Opsgenie(api_key=_secret(wire.api_key), url=wire.url or "")
        case spec.EmailSpec():
            return model.Email(to=tuple(wire.to))
        case spec.PromgenSpec():
            return model.Webhook(
                url=wire.url, token=_optional(wire.token), timeout=wire.timeout, is_promgen=True
            )
        case spec.WebhookSpec():
            return model.Webhook(
                url=wire.url or "",
                secret_url=_optional(wire.secret_url),
                token=_optional(wire.token),
                timeout=wire.timeout,
                max_alerts=wire.max_alerts,
                pages=wire.pages,
            )
    raise TypeError(wire)


def _optional(wire: spec.SecretSpec | None) -> model.Secret | None:
    return None if wire is None else _secret(wire)


def _secret(wire: spec.SecretSpec) -> model.Secret:
    key = wire.kubernetes
    return model.Secret(
        file=wire.file or "",
        kubernetes_name=key.name if key else "",
        kubernetes_key=key.key if key else "",
    )


def _hours(wire: spec.Hours) -> model.Hours:
    return model.Hours(zone=wire.zone, days=_weekdays(wire.days), start=wire.from_, end=wire.to)


def _weekdays(words: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({WEEKDAYS.index(word) for word in words}))


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
