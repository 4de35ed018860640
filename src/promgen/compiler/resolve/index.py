"""Every document by kind and name, each name defined once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from promgen.base import problems
from promgen.base.conventions import SEVERITY_WORDS, Severity
from promgen.base.diagnostics import Diagnostics, Related
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, find
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import Envelope, nearest, validate
from promgen.compiler.spec.routing import MaintenanceSpec, ReceiverSpec, RoutingSpec, SilenceSpec, TeamSpec
from promgen.compiler.spec.scraping import ProbeSpec, ScrapeJobSpec
from promgen.compiler.spec.wire import Wire

WireType = TypeVar("WireType", bound=Wire)

_OF_THE_OBJECT = {
    "service": ("slos", "alerts"),
    "slo": ("name", "uses", "with"),
    "alert": ("name", "uses", "with"),
}
"""Keys that only an object itself can have; in a layer below it they would be ignored."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[WireType]):
    """A validated document and where it was written."""

    envelope: Envelope
    spec: WireType

    @property
    def name(self) -> str:
        return self.envelope.name


@dataclass(frozen=True, slots=True)
class Item:
    """An SLO or an alert as written, within a service or on its own; `node` still lacks defaults and templates."""

    service: str
    name: str
    node: Mapping
    file: str
    name_span: Span
    service_span: Span
    """Where a document of its own names its service."""


@dataclass(slots=True)
class Index:
    """What the documents define; broken ones are remembered by name, so that references to them are not blamed too."""

    services: dict[str, Envelope] = field(default_factory=dict)
    slos: dict[tuple[str, str], Item] = field(default_factory=dict)
    alerts: dict[tuple[str, str], Item] = field(default_factory=dict)
    templates: dict[str, Entry[v1.TemplateSpec]] = field(default_factory=dict)
    policies: dict[str, Entry[v1.PolicySpec]] = field(default_factory=dict)
    environments: dict[str, list[Entry[v1.EnvironmentSpec]]] = field(default_factory=dict)
    defaults: list[Entry[v1.DefaultsSpec]] = field(default_factory=list)
    exclusions: dict[str, Entry[v1.ExclusionSpec]] = field(default_factory=dict)
    teams: dict[str, Entry[TeamSpec]] = field(default_factory=dict)
    receivers: dict[str, Entry[ReceiverSpec]] = field(default_factory=dict)
    routings: dict[str, Entry[RoutingSpec]] = field(default_factory=dict)
    silences: dict[str, Entry[SilenceSpec]] = field(default_factory=dict)
    maintenances: dict[str, Entry[MaintenanceSpec]] = field(default_factory=dict)
    scrape_jobs: dict[str, Entry[ScrapeJobSpec]] = field(default_factory=dict)
    probes: dict[str, Entry[ProbeSpec]] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)
    """Kind and name; of an SLO or alert, service and name."""

    def severity_words(self, system: str, diagnostics: Diagnostics) -> dict[str, Severity]:
        """What a system may write for severities: promgen's words and its own."""
        words = dict(SEVERITY_WORDS)
        for entry in self.defaults:
            if entry.envelope.system in {"", system}:
                for word, meaning in entry.spec.severities.items():
                    if meaning in SEVERITY_WORDS:
                        words[word] = SEVERITY_WORDS[meaning]
                    else:
                        span = find(entry.envelope.spec, ("severities", word))[0].span
                        diagnostics.error(
                            problems.SEVERITY,
                            f"severity `{meaning}` is unknown",
                            span,
                            allowed=nearest(meaning, SEVERITY_WORDS),
                        )
        return words


class Indexer:
    """Builds the index; what is wrong with a document is reported and leaves the document out."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.index = Index()
        self.places: dict[tuple[str, ...], Span] = {}

    def build(self, envelopes: Iterable[Envelope]) -> Index:
        for envelope in envelopes:
            self.add(envelope)
        return self.index

    def add(self, envelope: Envelope) -> None:
        if envelope.kind in {"SLO", "Alert"}:
            self.add_standalone(envelope)
            return
        scope = envelope.system if envelope.kind in {"Environment", "Defaults"} else ""
        if not self.is_first(envelope.name_span, envelope.kind, scope, envelope.name):
            return
        if envelope.kind == "Service":
            self.index.services[envelope.name] = envelope
            self.add_items(envelope)
        elif envelope.kind == "Defaults":
            self.add_defaults(envelope)
        elif envelope.kind == "Environment":
            if (spec := self.validated(envelope, v1.EnvironmentSpec)) is not None:
                self.index.environments.setdefault(envelope.system, []).append(Entry(envelope, spec))
        elif envelope.kind == "Template":
            self.check_layers(envelope)
            self.keep(self.index.templates, envelope, v1.TemplateSpec)
        elif envelope.kind == "Routing":
            of = f"of system {envelope.system}" if envelope.system else "of the project"
            if self.is_first(envelope.name_span, "Routing", of):
                self.keep(self.index.routings, envelope, RoutingSpec)
        else:
            self.add_by_name(envelope)

    def add_by_name(self, envelope: Envelope) -> None:
        """A document of a kind that is nothing but looked up."""
        index = self.index
        match envelope.kind:
            case "BurnRatePolicy":
                self.keep(index.policies, envelope, v1.PolicySpec)
            case "Exclusion":
                self.keep(index.exclusions, envelope, v1.ExclusionSpec)
            case "Team":
                self.keep(index.teams, envelope, TeamSpec)
            case "Receiver":
                self.keep(index.receivers, envelope, ReceiverSpec)
            case "Silence":
                self.keep(index.silences, envelope, SilenceSpec)
            case "Maintenance":
                self.keep(index.maintenances, envelope, MaintenanceSpec)
            case "ScrapeJob":
                self.keep(index.scrape_jobs, envelope, ScrapeJobSpec)
            case "Probe":
                self.keep(index.probes, envelope, ProbeSpec)

    def keep(self, entries: dict[str, Entry[WireType]], envelope: Envelope, wire: type[WireType]) -> None:
        if (spec := self.validated(envelope, wire)) is not None:
            entries[envelope.name] = Entry(envelope, spec)

    def validated(self, envelope: Envelope, wire: type[WireType]) -> WireType | None:
        spec = validate(envelope.spec, wire, self.diagnostics, owner=envelope.name_span, what="spec")
        if spec is None:
            self.index.broken.add((envelope.kind, envelope.name))
        return spec

    def check_layers(self, envelope: Envelope) -> None:
        """Report keys of Defaults and Templates that have no effect there."""
        for part, keys in _OF_THE_OBJECT.items():
            layer = envelope.spec.get(part)
            for key in keys:
                if isinstance(layer, Mapping) and key in layer.keys:
                    message = f"`{key}` has no effect in {envelope.kind} `{envelope.name}`"
                    allowed = f"`{key}` on each {'SLO' if part == 'slo' else part} itself"
                    self.diagnostics.error(problems.UNKNOWN_KEY, message, layer.keys[key], allowed=allowed)

    def add_defaults(self, envelope: Envelope) -> None:
        self.check_layers(envelope)
        if (spec := self.validated(envelope, v1.DefaultsSpec)) is not None:
            self.index.defaults.append(Entry(envelope, spec))

    def add_items(self, envelope: Envelope) -> None:
        for key, items in (("slos", self.index.slos), ("alerts", self.index.alerts)):
            node = envelope.spec.get(key)
            for item in (
                getattr(node, "items", ()) if node is not None and not isinstance(node, Mapping) else ()
            ):
                if isinstance(item, Mapping):
                    self.add_item(items, key, envelope.name, item, item)
                else:
                    self.diagnostics.error(
                        problems.WRONG_TYPE, f"an entry of `{key}` is not a mapping", item.span
                    )

    def add_standalone(self, envelope: Envelope) -> None:
        key, items = ("slos", self.index.slos) if envelope.kind == "SLO" else ("alerts", self.index.alerts)
        service = envelope.spec.text("service")
        if service is None:
            message = "`service` is missing: every SLO and alert belongs to one"
            self.diagnostics.error(problems.MISSING_KEY, message, envelope.name_span)
            return
        self.add_item(items, key, service.rpartition("/")[2], envelope.spec.without("service"), envelope.spec)

    def add_item(
        self, items: dict[tuple[str, str], Item], key: str, service: str, node: Mapping, owner: Mapping
    ) -> None:
        name = node.text("name")
        if name is None:
            start = owner.span._replace(end_line=owner.span.line, end_column=owner.span.column + 1)
            self.diagnostics.error(problems.MISSING_KEY, "`name` is missing", start)
            return
        span = find(node, ("name",))[0].span
        if self.is_first(span, key, service, name):
            service_span = find(owner, ("service",))[0].span
            items[service, name] = Item(service, name, node, node.span.file, span, service_span)

    def is_first(self, span: Span, *name: str) -> bool:
        """Whether nothing of this name was defined before; otherwise the collision is reported."""
        if (first := self.places.setdefault(name, span)) is span:
            return True
        spoken = {"slos": "SLO", "alerts": "alert"}.get(name[0], name[0])
        related = [Related(span=first, text="first defined here")]
        self.diagnostics.error(
            problems.NAME_COLLISION, f"{spoken} `{name[-1]}` is defined twice", span, related=related
        )
        return False
