"""All documents to one catalogue: every service in each of its environments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.spans import Span
from promgen.compiler.resolve.alerts import resolve_alert
from promgen.compiler.resolve.common import layered, service_layered
from promgen.compiler.resolve.index import Entry, Index, Indexer, Item, WireType
from promgen.compiler.resolve.quiet import QuietTimes
from promgen.compiler.resolve.receivers import resolve_receivers
from promgen.compiler.resolve.routing import Routings
from promgen.compiler.resolve.scope import ProjectFiles, Scope, matchers_of
from promgen.compiler.resolve.scraping import resolve_probes, resolve_scrape_jobs
from promgen.compiler.resolve.slos import resolve_slo
from promgen.compiler.source.nodes import Mapping, Scalar, find
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import Envelope, nearest, validate_leniently
from promgen.model.alert import Alert
from promgen.model.catalog import Catalog, Service, Target
from promgen.model.slo import Slo

ObjectKey = tuple[str, str, str, str]
"""Kind (`slo` or `alert`), environment, service and name."""


@dataclass(slots=True)
class Resolved:
    """The catalogue, and for each of its objects the tree of values it was made from, each with its place."""

    catalog: Catalog
    nodes: dict[ObjectKey, Mapping] = field(default_factory=dict)
    documents: tuple[Envelope, ...] = ()
    broken: set[tuple[str, str]] = field(default_factory=set)
    """Service and name of SLOs and alerts that were left out because something is wrong with them."""

    def document(self, kind: str, name: str) -> Envelope:
        """The document of a kind, such as `Team`, with a name that the catalogue has."""
        return next(found for found in self.documents if (found.kind, found.name) == (kind, name))

    def span(self, kind: str, owner: Slo | Alert, *path: str | int) -> Span:
        """Where a value of an SLO or alert is written, whatever layer it came from."""
        return find(self.nodes[kind, owner.environment, owner.service, owner.name], path)[0].span


@dataclass(slots=True)
class _Found:
    services: list[Service] = field(default_factory=list)
    slos: list[Slo] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    nodes: dict[ObjectKey, Mapping] = field(default_factory=dict)


def resolve(
    envelopes: Iterable[Envelope], target: Target, files: ProjectFiles, diagnostics: Diagnostics
) -> Resolved:
    """Resolve everything that can be; the rest is reported and left out."""
    documents = tuple(envelopes)
    index = Indexer(diagnostics).build(documents)
    resolved = _Resolver(index, target, files, diagnostics).run()
    resolved.documents = documents
    resolved.broken = index.broken
    return resolved


class _Resolver:
    def __init__(self, index: Index, target: Target, files: ProjectFiles, diagnostics: Diagnostics) -> None:
        self.index = index
        self.target = target
        self.files = files
        self.diagnostics = diagnostics
        self.found = _Found()

    def run(self) -> Resolved:
        slos = _by_service(self.index.slos.values())
        alerts = _by_service(self.index.alerts.values())
        self.check_owners_of_items((*self.index.slos.values(), *self.index.alerts.values()))
        for name in sorted(self.index.services):
            self.resolve_service(self.index.services[name], slos.get(name, []), alerts.get(name, []))
        self.check_systems()
        self.check_exclusions()
        self.check_overrides()
        found, routing = self.found, Routings(self.index, self.diagnostics)
        quiet = QuietTimes(self.index, self.diagnostics)
        catalog = Catalog(
            target=self.target,
            teams=routing.teams(),
            services=tuple(found.services),
            slos=tuple(sorted(found.slos, key=lambda slo: (slo.environment, slo.service, slo.name))),
            alerts=tuple(
                sorted(found.alerts, key=lambda alert: (alert.environment, alert.service, alert.name))
            ),
            receivers=resolve_receivers(routing),
            routings=routing.routings(),
            smtp=routing.smtp(),
            silences=quiet.silences(),
            maintenances=quiet.maintenances(),
            scrape_jobs=resolve_scrape_jobs(self.index, self.target, self.diagnostics),
            probes=resolve_probes(self.index, self.target, self.diagnostics),
        )
        return Resolved(catalog, found.nodes)

    def resolve_service(self, envelope: Envelope, slos: list[Item], alerts: list[Item]) -> None:
        node = service_layered(envelope.spec, envelope.system, self.index)
        found, _ = validate_leniently(
            node, v1.ServiceSpec, self.diagnostics, owner=envelope.name_span, what="spec"
        )
        spec = found or v1.ServiceSpec()
        service = self.service(envelope, spec, node)
        self.found.services.append(service)
        service_class = node.text("class")
        for environment in self.environments_of(envelope, spec, node):
            scope = self.scope(service, spec, environment)
            for item in slos:
                self.slo(item, service_class, scope)
            for item in alerts:
                self.alert(item, service_class, scope)

    def environments_of(
        self, envelope: Envelope, spec: v1.ServiceSpec, node: Mapping
    ) -> list[Entry[v1.EnvironmentSpec]] | list[None]:
        """A system's own environments, else the project's, else the one without a name; of these what a service names."""
        own = self.index.environments.get(envelope.system) or self.index.environments.get("") or []
        known = [entry.name for entry in own]
        for place, name in enumerate(spec.environments):
            if name not in known:
                span = find(node, ("environments", place))[0].span
                allowed = nearest(name, known)
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, f"there is no environment `{name}`", span, allowed=allowed
                )
        if not own:
            return [None]
        return [entry for entry in own if not spec.environments or entry.name in spec.environments]

    def scope(
        self, service: Service, spec: v1.ServiceSpec, environment: Entry[v1.EnvironmentSpec] | None
    ) -> Scope:
        around = matchers_of(environment.spec.selector) if environment and not spec.shared else ()
        scope = Scope(
            index=self.index,
            target=self.target,
            service=service,
            environment=environment,
            matchers=(*matchers_of(spec.selector), *around),
            severity_words=self.index.severity_words(service.system, self.diagnostics),
            files=self.files,
            diagnostics=self.diagnostics,
        )
        if environment is not None and (word := environment.spec.highest_severity) is not None:
            scope.severity(word, environment.envelope.spec, ("highestSeverity",))
        return scope

    def service(self, envelope: Envelope, spec: v1.ServiceSpec, node: Mapping) -> Service:
        owner = spec.owner or ""
        span = find(node, ("owner",))[0].span if spec.owner else envelope.name_span
        if spec.owner is None and "owner" not in node.entries:
            message = f"service `{envelope.name}` has no owner"
            self.diagnostics.error(problems.MISSING_KEY, message, span, allowed="the name of a Team")
        elif owner and owner not in self.index.teams and ("Team", owner) not in self.index.broken:
            allowed = nearest(owner, self.index.teams)
            self.diagnostics.error(
                problems.UNKNOWN_REFERENCE, f"there is no team `{owner}`", span, allowed=allowed
            )
        for place, reference in enumerate(spec.depends_on):
            if reference.rpartition("/")[2] not in self.index.services:
                span = find(node, ("dependsOn", place))[0].span
                allowed = nearest(reference, self.index.services)
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, f"there is no service `{reference}`", span, allowed=allowed
                )
        return Service(
            name=envelope.name,
            system=envelope.system,
            owner=owner,
            description=spec.description or "",
            criticality=spec.criticality,
            depends_on=tuple(reference.rpartition("/")[2] for reference in spec.depends_on),
            links=dict(spec.links),
            labels=dict(spec.labels),
            origin=envelope.file,
        )

    def slo(self, item: Item, service_class: str | None, scope: Scope) -> None:
        node = self.merged(item, "slo", service_class, scope)
        if node is None:
            return
        spec, is_whole = self.validated(node, v1.SloSpec, item)
        if spec is None or spec.disabled:
            return
        if not is_whole:
            self.judge_rest(lambda partial: resolve_slo(spec, node, item, partial), scope)
        elif (slo := resolve_slo(spec, node, item, scope)) is None:
            self.index.broken.add((item.service, item.name))
        else:
            self.found.slos.append(slo)
            self.found.nodes["slo", slo.environment, slo.service, slo.name] = node

    def alert(self, item: Item, service_class: str | None, scope: Scope) -> None:
        node = self.merged(item, "alert", service_class, scope)
        if node is None:
            return
        spec, is_whole = self.validated(node, v1.AlertSpec, item)
        if spec is None or spec.disabled:
            return
        if not is_whole:
            self.judge_rest(lambda partial: resolve_alert(spec, node, item, partial), scope)
        elif (alert := resolve_alert(spec, node, item, scope)) is not None:
            self.found.alerts.append(alert)
            self.found.nodes["alert", alert.environment, alert.service, alert.name] = node

    def validated(self, node: Mapping, wire: type[WireType], item: Item) -> tuple[WireType | None, bool]:
        """The item as a `wire` object, without what is wrong with it, and whether it is whole."""
        spec, is_whole = validate_leniently(
            node, wire, self.diagnostics, owner=item.name_span, what=item.name
        )
        if not is_whole:
            self.index.broken.add((item.service, item.name))
        return spec, is_whole

    def judge_rest(self, resolve_item: Callable[[Scope], object], scope: Scope) -> None:
        """Resolve what is left of a broken item for what else is wrong with it; what it lacks was reported before."""
        partial = Diagnostics()
        resolve_item(replace(scope, diagnostics=partial))
        for found in partial.sorted():
            if found.problem not in {problems.MISSING_KEY, problems.BAD_VALUE}:
                self.diagnostics.add(found)

    def merged(self, item: Item, part: str, service_class: str | None, scope: Scope) -> Mapping | None:
        node = layered(item, part, scope.service.system, service_class, self.index, self.diagnostics)
        if node is None or scope.environment is None:
            return node
        return _override(scope.environment, part, item, node)

    def check_owners_of_items(self, items: Iterable[Item]) -> None:
        for item in items:
            if item.service not in self.index.services:
                allowed = nearest(item.service, self.index.services)
                message = f"there is no service `{item.service}`"
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, message, item.service_span, allowed=allowed
                )

    def check_systems(self) -> None:
        """Documents that apply to a system have one with a service in it to apply to."""
        systems = {envelope.system for envelope in self.index.services.values()}
        scoped = [entry.envelope for entries in self.index.environments.values() for entry in entries]
        scoped += [entry.envelope for entry in self.index.defaults]
        for envelope in scoped:
            if envelope.system and envelope.system not in systems:
                allowed = nearest(envelope.system, systems - {""})
                message = f"no service belongs to the system `{envelope.system}` of this {envelope.kind}"
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, message, envelope.name_span, allowed=allowed
                )

    def check_exclusions(self) -> None:
        known = {*self.index.services, *(f"{service}/{name}" for service, name in self.index.slos)}
        for entry in self.index.exclusions.values():
            spec, node = entry.spec, entry.envelope.spec
            if spec.to <= spec.from_:
                span = find(node, ("to",))[0].span
                self.diagnostics.error(
                    problems.EXCLUSION,
                    "the exclusion ends before it begins",
                    span,
                    allowed="a `to` after `from`",
                )
            for place, reference in enumerate(spec.slos):
                if reference not in known:
                    span = find(node, ("slos", place))[0].span
                    message = f"there is no SLO or service `{reference}`"
                    self.diagnostics.error(
                        problems.UNKNOWN_REFERENCE, message, span, allowed=nearest(reference, known)
                    )
            if spec.owner not in self.index.teams:
                span = find(node, ("owner",))[0].span
                allowed = nearest(spec.owner, self.index.teams)
                self.diagnostics.error(
                    problems.UNKNOWN_REFERENCE, f"there is no team `{spec.owner}`", span, allowed=allowed
                )

    def check_overrides(self) -> None:
        for entries in self.index.environments.values():
            for entry in entries:
                for place, override in enumerate(entry.spec.overrides):
                    self.check_override(entry, place, override)

    def check_override(
        self, entry: Entry[v1.EnvironmentSpec], place: int, override: v1.EnvironmentOverride
    ) -> None:
        kind, reference = ("slo", override.slo) if override.slo else ("alert", override.alert)
        items = self.index.slos if kind == "slo" else self.index.alerts
        known = [f"{service}/{name}" for service, name in items]
        if (override.slo is None) == (override.alert is None) or reference is None:
            span = find(entry.envelope.spec, ("overrides", place))[0].span
            self.diagnostics.error(
                problems.BAD_VALUE, "an override is of one SLO or one alert", span, allowed="`slo` or `alert`"
            )
        elif reference not in known:
            span = find(entry.envelope.spec, ("overrides", place, kind))[0].span
            allowed = nearest(reference, known)
            self.diagnostics.error(
                problems.UNKNOWN_REFERENCE, f"there is no {kind} `{reference}`", span, allowed=allowed
            )


def _by_service(items: Iterable[Item]) -> dict[str, list[Item]]:
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(item.service, []).append(item)
    return grouped


def _override(environment: Entry[v1.EnvironmentSpec], part: str, item: Item, node: Mapping) -> Mapping:
    """The node with what the environment overrides."""
    overrides = environment.envelope.spec.get("overrides")
    for override in getattr(overrides, "items", ()) if not isinstance(overrides, Scalar | Mapping) else ():
        if isinstance(override, Mapping) and override.text(part) == f"{item.service}/{item.name}":
            node = override.without("slo", "alert").over(node)
    return node
