"""Which alerts make others quiet: a worse one of the same service, a dependency that is down, a faster tier of an SLO.

A label that both alerts lack agrees in Alertmanager, so `equal` names only labels that both sides always have, and alerts
that lack one have rules of their own that say so. Critical alerts are never made quiet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from promgen.base import conventions as names
from promgen.base.conventions import SEVERITIES, Severity
from promgen.compiler.ir.alertmanager import InhibitRule
from promgen.compiler.lower.routing.tree import any_value, services_without_system
from promgen.model.catalog import Catalog, Target
from promgen.model.slo import Slo
from promgen.promql import LabelMatcher

Matchers = tuple[LabelMatcher, ...]

_HAS_SERVICE = LabelMatcher(names.SERVICE_LABEL, "!=", "")
_HAS_NO_ENVIRONMENT = LabelMatcher(names.ENVIRONMENT_LABEL, "=", "")


def lower_inhibition(catalog: Catalog) -> Iterator[InhibitRule]:
    """The rules of the systems that have a routing, in a stable order."""
    inhibition = _Inhibition(
        catalog, frozenset(routing.system for routing in catalog.routings if routing.handlings)
    )
    yield from inhibition.worse_severities()
    yield from inhibition.dependencies()
    yield from inhibition.faster_tiers()


@dataclass(frozen=True)
class _Inhibition:
    catalog: Catalog
    systems: frozenset[str]

    def worse_severities(self) -> Iterator[InhibitRule]:
        """A severity makes the lower ones of the same service quiet."""
        for chosen, equal in self.kinds_of_systems():
            for place, word in enumerate(self.words[:-1]):
                if below := [other for other in self.words[place + 1 :] if other != self.critical]:
                    yield InhibitRule(
                        (*chosen, self.severity(word)),
                        (*chosen, self.severity(*below)),
                        (*equal, names.SERVICE_LABEL),
                        "a worse alert of the same service",
                    )

    def kinds_of_systems(self) -> Iterator[tuple[Matchers, tuple[str, ...]]]:
        """Matchers of the systems that have environments and of those that have none, and what is then equal."""
        for systems, more, equal in (
            (self.systems & self.with_environments, (_HAS_SERVICE,), (names.ENVIRONMENT_LABEL,)),
            (self.systems - self.with_environments, (_HAS_SERVICE, _HAS_NO_ENVIRONMENT), ()),
        ):
            if named := systems - {""}:
                yield (any_value(names.SYSTEM_LABEL, named), *more), equal
            if "" in systems:
                yield (services_without_system(self.catalog), *more), equal

    def dependencies(self) -> Iterator[InhibitRule]:
        """A critical alert of what a service needs, directly or not, makes its burn alerts quiet but the critical ones."""
        below = [word for word in self.words if word != self.critical]
        for service in self.catalog.services:
            if service.name in self.burning and (needed := self.needed_by(service.name)):
                has_environments = service.system in self.with_environments
                more = () if has_environments else (_HAS_NO_ENVIRONMENT,)
                source = (any_value(names.SERVICE_LABEL, needed), self.severity(self.critical))
                target = (
                    LabelMatcher("alertname", "=", names.BURN_ALERT),
                    LabelMatcher(names.SERVICE_LABEL, "=", service.name),
                    self.severity(*below),
                )
                equal = (names.ENVIRONMENT_LABEL,) if has_environments else ()
                reason = f"what {service.name} depends on is down"
                yield InhibitRule((*source, *more), (*target, *more), equal, reason)

    def needed_by(self, service: str) -> list[str]:
        """All dependencies with critical alerts, which carry an environment as the service's own do or carry none."""
        found: dict[str, None] = {}
        waiting = [service]
        while waiting:
            for name in self.depends_on.get(waiting.pop(), ()):
                if name not in found:
                    found[name] = None
                    waiting.append(name)
        has_environments = self.system_of[service] in self.with_environments
        return [
            name
            for name in found
            if name in self.failing and (self.system_of[name] in self.with_environments) == has_environments
        ]

    def faster_tiers(self) -> Iterator[InhibitRule]:
        """A tier makes the slower ones of the same SLO and severity quiet, group by group; lower ones are quiet already."""
        pairs: dict[tuple[str, str, Matchers, tuple[str, ...]], dict[str, None]] = {}
        for slo in self.catalog.slos:
            for faster, slower in combinations(slo.tiers, 2):
                word = self.target.severity_value(faster.severity)
                is_same = word == self.target.severity_value(slower.severity)
                if slo.system in self.systems and is_same and word != self.critical:
                    key = (faster.name, word, self.shape(slo), self.equal(slo))
                    pairs.setdefault(key, {}).setdefault(slower.name)
        burn = LabelMatcher("alertname", "=", names.BURN_ALERT)
        for (faster_name, word, shape, equal), slower_names in pairs.items():
            yield InhibitRule(
                (burn, LabelMatcher(names.TIER_LABEL, "=", faster_name), *shape, self.severity(word)),
                (burn, any_value(names.TIER_LABEL, slower_names), *shape, self.severity(word)),
                equal,
                f"the faster tier {faster_name} of the same SLO",
            )

    def shape(self, slo: Slo) -> Matchers:
        """Matchers that choose the SLOs with the same labels; by name where another orders the same tiers otherwise."""
        present = self.equal(slo)
        matchers = tuple(
            LabelMatcher(label, "!=" if label in present else "=", "") for label in sorted(self.varying)
        )
        if slo.key in self.contradicted:
            return (
                LabelMatcher(names.SERVICE_LABEL, "=", slo.service),
                LabelMatcher(names.SLO_LABEL, "=", slo.name),
                *matchers,
            )
        return matchers

    def equal(self, slo: Slo) -> tuple[str, ...]:
        """Labels that all alerts of the SLO carry: those that tell its groups apart, and what others are told apart by."""
        static = {label for label, value in slo.labels.items() if value}
        return tuple(sorted(_identity(slo) | (static & self.varying)))

    @cached_property
    def varying(self) -> frozenset[str]:
        """Labels that some SLOs are told apart by and others are not."""
        labels = [_identity(slo) for slo in self.catalog.slos if slo.system in self.systems]
        return frozenset().union(*labels) - labels[0].intersection(*labels[1:]) if labels else frozenset()

    @cached_property
    def contradicted(self) -> frozenset[str]:
        """SLOs with two tiers that another SLO has in the other order."""
        orders = {(a.name, b.name) for slo in self.catalog.slos for a, b in combinations(slo.tiers, 2)}
        turned = {pair for pair in orders if pair[::-1] in orders}
        return frozenset(
            slo.key
            for slo in self.catalog.slos
            if any((a.name, b.name) in turned for a, b in combinations(slo.tiers, 2))
        )

    @cached_property
    def target(self) -> Target:
        return self.catalog.target

    @cached_property
    def words(self) -> list[str]:
        """What the severity label says, worst first."""
        return list(dict.fromkeys(map(self.target.severity_value, SEVERITIES)))

    @cached_property
    def critical(self) -> str:
        return self.target.severity_value(Severity.CRITICAL)

    def severity(self, *words: str) -> LabelMatcher:
        return any_value(self.target.severity_label, words)

    @cached_property
    def system_of(self) -> dict[str, str]:
        return {service.name: service.system for service in self.catalog.services}

    @cached_property
    def failing(self) -> frozenset[str]:
        """Services that have critical alerts."""
        return frozenset(
            thing.service
            for thing in self.catalog.things
            if thing.system in self.systems and Severity.CRITICAL in thing.severities
        )

    @cached_property
    def burning(self) -> frozenset[str]:
        """Services with burn alerts that are less than critical."""
        return frozenset(
            slo.service
            for slo in self.catalog.slos
            if slo.system in self.systems
            and any(tier.severity is not Severity.CRITICAL for tier in slo.tiers)
        )

    @cached_property
    def depends_on(self) -> dict[str, tuple[str, ...]]:
        return {service.name: service.depends_on for service in self.catalog.services}

    @cached_property
    def with_environments(self) -> frozenset[str]:
        """Systems whose alerts carry an environment."""
        return frozenset(thing.system for thing in self.catalog.things if thing.environment)


def _identity(slo: Slo) -> frozenset[str]:
    environment = (names.ENVIRONMENT_LABEL,) if slo.environment else ()
    return frozenset({names.SERVICE_LABEL, names.SLO_LABEL, *environment, *slo.group_by})
