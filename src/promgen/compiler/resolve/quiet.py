"""Silences, which are for once, and maintenance, which comes again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from promgen.base import conventions as names
from promgen.base import problems
from promgen.base.conventions import Priority
from promgen.base.diagnostics import Diagnostic, Level
from promgen.compiler.ir.alertmanager import WEEKDAYS
from promgen.compiler.resolve.index import Entry
from promgen.compiler.resolve.references import References
from promgen.compiler.resolve.scope import matchers_of
from promgen.compiler.source.nodes import find
from promgen.compiler.spec import routing as spec
from promgen.compiler.spec.read import Envelope, nearest
from promgen.model import routing as model
from promgen.promql import LabelMatcher, matches


class QuietTimes(References):
    """Resolves what makes alerts quiet."""

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
            days=weekdays(wire.days),
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


def weekdays(words: Iterable[str]) -> tuple[int, ...]:
    """Days of the week as Alertmanager counts them."""
    return tuple(sorted({WEEKDAYS.index(word) for word in words}))
