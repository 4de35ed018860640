"""Scrape jobs and probes: where their environments are, which labels follow from these, and what the target can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics, Related
from promgen.base.durations import SECOND, Duration
from promgen.base.problems import Problem
from promgen.base.versions import dotted
from promgen.compiler.resolve.index import Entry, Index
from promgen.compiler.resolve.scope import UTF8_SINCE
from promgen.compiler.source.nodes import Path, find
from promgen.compiler.spec import scraping as wire
from promgen.compiler.spec.patterns import Pattern
from promgen.compiler.spec.read import nearest
from promgen.model import scraping as model
from promgen.model.catalog import Target
from promgen.promql import is_utf8_name

_FALLBACK_SINCE = (3, 0)
_NAMESPACE = "namespace"
_SPARE = SECOND
"""How much longer a scrape of the exporter may take than the probe itself, so that a failed probe is reported as one."""


def resolve_scrape_jobs(
    index: Index, target: Target, diagnostics: Diagnostics
) -> tuple[model.ScrapeJob, ...]:
    """All scrape jobs by name; what is wrong is reported."""
    _check_names(index, diagnostics)
    entries = sorted(index.scrape_jobs.values(), key=lambda entry: entry.name)
    return tuple(_scrape_job(entry, _Place(entry, index, target, diagnostics)) for entry in entries)


def resolve_probes(index: Index, target: Target, diagnostics: Diagnostics) -> tuple[model.Probe, ...]:
    """All probes by name; what is wrong is reported."""
    entries = sorted(index.probes.values(), key=lambda entry: entry.name)
    return tuple(_probe(entry, _Place(entry, index, target, diagnostics)) for entry in entries)


def _check_names(index: Index, diagnostics: Diagnostics) -> None:
    """Jobs and probes are scrape configurations of one server, and are told apart by name."""
    for name in index.scrape_jobs.keys() & index.probes.keys():
        first = Related(span=index.scrape_jobs[name].envelope.name_span, text="first defined here")
        span = index.probes[name].envelope.name_span
        message = f"Probe `{name}` is called like a ScrapeJob"
        diagnostics.error(problems.NAME_COLLISION, message, span, related=[first])


@dataclass(frozen=True, slots=True)
class _Place:
    """A document and the environments of its system."""

    entry: Entry[wire.ScrapeJobSpec] | Entry[wire.ProbeSpec]
    index: Index
    target: Target
    diagnostics: Diagnostics

    @property
    def environments(self) -> dict[str, dict[str, str]]:
        """What targets carry in each environment: the labels by which it selects, where they have to be equal."""
        known = self.index.environments
        entries = known.get(self.entry.envelope.system) or known.get("") or []
        return {
            entry.name: {
                label: value for label, value in entry.spec.selector.items() if isinstance(value, str)
            }
            for entry in entries
        }

    @property
    def interval(self) -> Duration:
        return self.entry.spec.interval or self.target.scrape_interval

    def report(self, problem: Problem, message: str, *path: str | int, allowed: str = "") -> None:
        found, _ = find(self.entry.envelope.spec, path)
        self.diagnostics.error(problem, message, found.span, allowed=allowed)

    def check(self) -> None:
        """Report what is wrong with a document of either kind."""
        self.check_system()
        self.check_labels(self.entry.spec.labels, ("labels",))
        timeout, spare = self.entry.spec.timeout, Duration(0)
        if isinstance(self.entry.spec, wire.ProbeSpec):
            spare = _SPARE
        if timeout is not None and timeout + spare > self.interval:
            message = f"the time-out of {timeout} is longer than the interval of {self.interval} allows"
            allowed = f"at most {Duration(max(0, self.interval.ms - spare.ms))}"
            self.report(problems.BAD_VALUE, message, "timeout", allowed=allowed)

    def check_system(self) -> None:
        envelope = self.entry.envelope
        systems = {service.system for service in self.index.services.values()} - {""}
        if envelope.system and envelope.system not in systems:
            message = f"no service belongs to the system `{envelope.system}` of this {envelope.kind}"
            allowed = nearest(envelope.system, systems)
            self.diagnostics.error(problems.UNKNOWN_REFERENCE, message, envelope.name_span, allowed=allowed)

    def check_labels(self, labels: Mapping[str, str], path: Path) -> None:
        """Report labels that are given by other means, or that the target cannot read."""
        given = {"job": "the key `job`"}
        if isinstance(self.entry.spec, wire.ProbeSpec):
            given["instance"] = "the address, which it is taken from"
        for label in labels:
            if label in given:
                message = f"label `{label}` is set by promgen"
                self.report(problems.BAD_VALUE, message, *path, label, allowed=given[label])
            elif is_utf8_name(label) and self.target.prometheus < UTF8_SINCE:
                self.lacks(f"label `{label}`", UTF8_SINCE, *path, label)

    def lacks(self, what: str, since: tuple[int, int], *path: str | int) -> None:
        """Report that the target is older than something needs."""
        message = f"{what} needs Prometheus {dotted(since)}; the target is {dotted(self.target.prometheus)}"
        self.report(problems.TARGET_LACKS, message, *path)

    def groups(self, specs: Iterable[wire.TargetsSpec | wire.ProbedSpec]) -> tuple[model.TargetGroup, ...]:
        return tuple(
            model.TargetGroup(addresses=tuple(spec.addresses), labels=self.group_labels(spec, number))
            for number, spec in enumerate(specs)
        )

    def group_labels(self, spec: wire.TargetsSpec | wire.ProbedSpec, number: int) -> dict[str, str]:
        """The labels of a group: of its environment, of the document and its own, which may not contradict."""
        path = ("targets", number)
        self.check_labels(spec.labels, (*path, "labels"))
        own = {**self.entry.spec.labels, **spec.labels}
        around = self.labels_around(spec.environment, path)
        for label in own.keys() & around.keys():
            if own[label] != around[label]:
                message = (
                    f"label `{label}` is `{own[label]}`, and `{spec.environment}` selects `{around[label]}`"
                )
                where = (*path, "labels") if label in spec.labels else ("labels",)
                self.report(problems.BAD_VALUE, message, *where, label, allowed="a label of another name")
        return {**around, **own}

    def labels_around(self, environment: str | None, path: Path) -> dict[str, str]:
        """Those of the environment that a group names; a missing or an unknown one is reported."""
        known = {} if self.entry.spec.shared else self.environments
        if environment is None and not known:
            return {}
        if environment is None:
            allowed = (
                f"one of {', '.join(sorted(known))}, or `shared: true` on the {self.entry.envelope.kind}"
            )
            self.report(problems.MISSING_KEY, "`environment` is missing", *path, allowed=allowed)
        elif self.entry.spec.shared:
            message = f"targets that are shared belong to no environment, and these to `{environment}`"
            self.report(problems.BAD_VALUE, message, *path, "environment", allowed="one of the two")
        elif environment not in known:
            message = f"there is no environment `{environment}`"
            allowed = nearest(environment, known)
            self.report(problems.UNKNOWN_REFERENCE, message, *path, "environment", allowed=allowed)
        return known.get(environment or "", {})


def _scrape_job(entry: Entry[wire.ScrapeJobSpec], place: _Place) -> model.ScrapeJob:
    spec = entry.spec
    place.check()
    if spec.fallback_protocol is not None and place.target.prometheus < _FALLBACK_SINCE:
        place.lacks("`fallbackProtocol`", _FALLBACK_SINCE, "fallbackProtocol")
    job = model.ScrapeJob(
        name=entry.name,
        system=entry.envelope.system,
        origin=entry.envelope.file,
        job=spec.job or entry.name,
        interval=place.interval,
        timeout=spec.timeout,
        is_shared=spec.shared,
        groups=place.groups(spec.targets),
        discovery=_discovery(spec.kubernetes, place) if spec.kubernetes is not None else None,
        path=spec.path,
        scheme=spec.scheme or ("http" if spec.tls is None else "https"),
        tls=_tls(spec.tls) if spec.tls is not None else None,
        login=_login(spec),
        honours_labels=spec.honour_labels,
        sample_limit=spec.sample_limit,
        label_limit=spec.label_limit,
        kept=_kept(spec),
        fallback_protocol=spec.fallback_protocol or "",
    )
    _check_dropped_labels(job, spec.drop_labels, place)
    return job


def _check_dropped_labels(job: model.ScrapeJob, patterns: Iterable[Pattern], place: _Place) -> None:
    labels = set(model.IDENTITY).union(*model.target_labels(job))
    for number, pattern in enumerate(patterns):
        if lost := [label for label in sorted(labels) if pattern.matches(label)]:
            message = (
                f"`{pattern.text}` removes {', '.join(lost)}, by which series and targets are told apart"
            )
            allowed = "labels that come with what is scraped"
            place.report(problems.BAD_VALUE, message, "dropLabels", number, allowed=allowed)


def _tls(spec: wire.TlsSpec) -> model.Tls:
    return model.Tls(
        ca=spec.ca or "",
        server_name=spec.server_name or "",
        certificate=spec.certificate or "",
        key=spec.key or "",
        is_verified=spec.verify,
    )


def _login(spec: wire.ScrapeJobSpec) -> model.Login | None:
    if spec.basic_auth is not None:
        return model.Login(username=spec.basic_auth.username, password_file=spec.basic_auth.password_file)
    return model.Login(token_file=spec.token_file) if spec.token_file is not None else None


def _kept(spec: wire.ScrapeJobSpec) -> model.Kept:
    return model.Kept(
        metrics=_texts(spec.keep_metrics),
        dropped_metrics=_texts(spec.drop_metrics),
        labels=_texts(spec.keep_labels),
        dropped_labels=_texts(spec.drop_labels),
    )


def _texts(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    return tuple(pattern.text for pattern in patterns)


def _discovery(spec: wire.DiscoverySpec, place: _Place) -> model.Discovery:
    return model.Discovery(
        role=spec.role,
        namespaces=tuple(_namespaces(spec, place)),
        name=spec.name or "",
        having=tuple(_choices(spec.labels)),
        lacking=tuple(_choices(spec.without)),
        jobs=model.Choice(label=spec.job_label, values=tuple(spec.jobs)) if spec.jobs else None,
        port=str(spec.port or ""),
        is_annotated=spec.annotated,
        labels=dict(place.entry.spec.labels),
    )


def _choices(labels: Mapping[str, str | list[str]]) -> Iterator[model.Choice]:
    for label, values in labels.items():
        yield model.Choice(label=label, values=(values,) if isinstance(values, str) else tuple(values))


def _namespaces(spec: wire.DiscoverySpec, place: _Place) -> Iterator[model.Namespace]:
    """Those that are named, else those of the environments, each with what else its environment selects by."""
    environments = {} if place.entry.spec.shared else place.environments
    labels = {found[_NAMESPACE]: found for found in environments.values() if _NAMESPACE in found}
    if environments:
        _check_namespaces(spec, labels, len(environments), place)
    for name in spec.namespaces or labels:
        rest = {label: value for label, value in labels.get(name, {}).items() if label != _NAMESPACE}
        yield model.Namespace(name=name, labels=rest)


def _check_namespaces(
    spec: wire.DiscoverySpec, labels: Mapping[str, object], environments: int, place: _Place
) -> None:
    """Report what cannot be told to belong to one of the environments by its namespace."""
    if spec.role == "node":
        message = "nodes belong to no namespace, and so to no environment"
        place.report(problems.MISSING_KEY, message, "kubernetes", "role", allowed="`shared: true`")
    elif len(labels) < environments:
        message = "not every environment selects by a `namespace` of its own, so targets cannot be told apart"
        allowed = "targets for each environment, or `shared: true`"
        place.report(problems.MISSING_KEY, message, "kubernetes", "role", allowed=allowed)
    for number, name in enumerate(spec.namespaces):
        if labels and name not in labels:
            message = f"no environment selects the namespace `{name}`"
            where = ("kubernetes", "namespaces", number)
            place.report(problems.UNKNOWN_REFERENCE, message, *where, allowed=nearest(name, labels))


def _probe(entry: Entry[wire.ProbeSpec], place: _Place) -> model.Probe:
    spec = entry.spec
    place.check()
    return model.Probe(
        name=entry.name,
        system=entry.envelope.system,
        origin=entry.envelope.file,
        job=spec.job or entry.name,
        interval=place.interval,
        timeout=spec.timeout,
        is_shared=spec.shared,
        exporter=spec.exporter,
        check=_check(spec),
        groups=place.groups(spec.targets),
    )


def _check(
    spec: wire.ProbeSpec,
) -> model.HttpCheck | model.TcpCheck | model.IcmpCheck | model.DnsCheck:
    if spec.http is not None:
        return model.HttpCheck(
            method=spec.http.method,
            status=tuple(spec.http.status),
            contains=spec.http.contains.text if spec.http.contains is not None else "",
            lacks=spec.http.lacks.text if spec.http.lacks is not None else "",
            needs_tls=spec.http.tls,
            follows_redirects=spec.http.follow_redirects,
        )
    if spec.tcp is not None:
        return model.TcpCheck(needs_tls=spec.tcp.tls)
    if spec.dns is not None:
        return model.DnsCheck(query=spec.dns.query, type=spec.dns.type, codes=tuple(spec.dns.codes))
    return model.IcmpCheck()
