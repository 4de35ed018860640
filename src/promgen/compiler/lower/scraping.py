"""Scrape jobs and probes to the configuration of a Prometheus and of a blackbox exporter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, assert_never

from promgen.base.conventions import RULES_SUFFIX, TARGETS_FOLDER
from promgen.base.durations import SECOND
from promgen.compiler.ir.rules import RuleFile
from promgen.compiler.ir.scraping import (
    KubernetesSd,
    Module,
    PrometheusConfig,
    Relabel,
    ScrapeConfig,
    Scraping,
    TargetFile,
    Targets,
    TlsConfig,
)
from promgen.model.catalog import EVALUATION_INTERVAL, Catalog
from promgen.model.scraping import (
    IDENTITY,
    Choice,
    DnsCheck,
    HttpCheck,
    IcmpCheck,
    Kept,
    Login,
    Probe,
    Scraped,
    ScrapeJob,
    Server,
    TcpCheck,
    Tls,
    target_labels,
)

_NAMESPACE = "__meta_kubernetes_namespace"
_ADDRESS = "__address__"
_RULES_OF_PROMETHEUS = (None, "prometheus")
"""Dialects of targets whose Prometheus evaluates the rules itself."""


def lower_scraping(catalog: Catalog, server: Server, rule_files: Iterable[RuleFile]) -> Scraping | None:
    """The files of the server; None where the project says nothing about what is scraped."""
    scraped = catalog.scraped
    if not scraped:
        return None
    evaluated = rule_files if catalog.target.dialect in _RULES_OF_PROMETHEUS else ()
    return Scraping(
        PrometheusConfig(
            scrape_interval=catalog.target.scrape_interval,
            evaluation_interval=EVALUATION_INTERVAL,
            external_labels=dict(sorted(server.external_labels.items())),
            alertmanagers=server.alertmanagers,
            rule_files=tuple(sorted({_pattern(file.path) for file in evaluated})),
            scrapes=tuple(_job(one) if isinstance(one, ScrapeJob) else _probe(one) for one in scraped),
        ),
        tuple(_target_file(one) for one in scraped if one.groups),
        tuple(_module(probe) for probe in catalog.probes),
    )


def _pattern(path: str) -> str:
    """The rules of the folder of a rule file, as seen from the folder of the configuration; never the tests."""
    folder = re.sub(r"([\[\]\\*?])", r"\\\1", path.rpartition("/")[0])
    return f"../{folder}/*{RULES_SUFFIX}" if folder else f"../*{RULES_SUFFIX}"


def _target_path(one: Scraped) -> str:
    return f"{TARGETS_FOLDER}/{one.name}.json"


def _target_file(one: Scraped) -> TargetFile:
    """A `job` among the labels replaces the name of the configuration."""
    job = {} if one.job == one.name else {"job": one.job}
    groups = (Targets(group.addresses, {**job, **group.labels}) for group in one.groups)
    return TargetFile(_target_path(one), tuple(groups), one.origin)


def _job(job: ScrapeJob) -> ScrapeConfig:
    login = job.login or Login()
    return ScrapeConfig(
        job_name=job.name,
        interval=job.interval,
        timeout=job.timeout,
        path=job.path,
        scheme=job.scheme,
        honours_labels=job.honours_labels,
        sample_limit=job.sample_limit,
        label_limit=job.label_limit,
        fallback_protocol=job.fallback_protocol,
        tls=_tls(job.tls) if job.tls else None,
        token_file=login.token_file,
        username=login.username,
        password_file=login.password_file,
        target_file=_target_path(job) if job.groups else "",
        kubernetes=_kubernetes(job),
        relabel=tuple(_relabel(job)),
        metric_relabel=tuple(_metric_relabel(job.kept, _target_label_names(job))),
    )


def _tls(tls: Tls) -> TlsConfig:
    return TlsConfig(tls.ca, tls.server_name, tls.certificate, tls.key, tls.is_verified)


def _kubernetes(job: ScrapeJob) -> KubernetesSd | None:
    if (discovery := job.discovery) is None:
        return None
    having = (*discovery.having, *([discovery.jobs] if discovery.jobs else []))
    selectors = [_chosen(choice, "in") for choice in having]
    selectors += [_chosen(choice, "notin") for choice in discovery.lacking]
    namespaces = tuple(namespace.name for namespace in discovery.namespaces)
    fields = f"metadata.name={discovery.name}" if discovery.name else ""
    return KubernetesSd(discovery.role, namespaces, ",".join(selectors), fields)


def _chosen(choice: Choice, among: Literal["in", "notin"]) -> str:
    """A selector of labels in the notation of Kubernetes."""
    if len(choice.values) == 1:
        return f"{choice.label}{'=' if among == 'in' else '!='}{choice.values[0]}"
    return f"{choice.label} {among} ({','.join(choice.values)})"


def _relabel(job: ScrapeJob) -> Iterator[Relabel]:
    """Which of the discovered are scraped, where, and with which labels."""
    if (discovery := job.discovery) is None:
        return
    described = _described(job)
    if discovery.role == "pod":
        yield Relabel("drop", ("__meta_kubernetes_pod_phase",), "Failed|Succeeded")
    if discovery.port:
        yield _at_port(discovery.role, discovery.port)
    if discovery.is_annotated:
        yield from _annotated(f"{described}_annotation_prometheus_io")
    yield from _placed(job)
    if discovery.jobs:
        yield Relabel(source=(f"{described}_label_{_sanitised(discovery.jobs.label)}",), target="job")
    elif job.job != job.name:
        yield _set("job", job.job)
    yield from (_set(label, value) for label, value in sorted(discovery.labels.items()))


def _described(job: ScrapeJob) -> str:
    """What the labels begin with that tell about the objects; endpoints are described by their service."""
    role = job.discovery.role if job.discovery else "pod"
    return f"__meta_kubernetes_{'service' if role == 'endpoints' else role}"


def _at_port(role: str, port: str) -> Relabel:
    of_role = {"pod": "pod_container_port", "service": "service_port", "endpoints": "endpoint_port"}[role]
    detail = "number" if port.isdecimal() else "name"
    if port.isdecimal() and role != "pod":
        return Relabel("keep", (_ADDRESS,), rf".+:{port}")
    return Relabel("keep", (f"__meta_kubernetes_{of_role}_{detail}",), _exactly(port))


def _annotated(prefix: str) -> Iterator[Relabel]:
    """The annotations that exporters are published with by convention."""
    yield Relabel("keep", (f"{prefix}_scrape",), "true")
    yield Relabel(source=(f"{prefix}_scheme",), regex="(https?)", target="__scheme__")
    yield Relabel(source=(f"{prefix}_path",), regex="(.+)", target="__metrics_path__")
    yield Relabel(
        source=(_ADDRESS, f"{prefix}_port"),
        regex=r"(.+?)(?::\d+)?;(\d+)",
        target=_ADDRESS,
        replacement="$1:$2",
    )


def _placed(job: ScrapeJob) -> Iterator[Relabel]:
    """Where a target runs; what is shared speaks for other namespaces, whose label would be in its way."""
    assert job.discovery is not None
    if job.discovery.role == "node":
        yield Relabel(source=("__meta_kubernetes_node_name",), target="node")
    elif not job.is_shared:
        yield Relabel(source=(_NAMESPACE,), target="namespace")
        if job.discovery.role != "service":
            yield Relabel(source=("__meta_kubernetes_pod_name",), target="pod")
    for namespace in job.discovery.namespaces:
        for label, value in namespace.labels.items():
            yield Relabel(
                source=(_NAMESPACE,),
                regex=_exactly(namespace.name),
                target=label,
                replacement=_literal(value),
            )


def _set(label: str, value: str) -> Relabel:
    return Relabel(target=label, replacement=_literal(value))


def _literal(value: str) -> str:
    """A replacement that is this text."""
    return value.replace("$", "$$")


def _sanitised(label: str) -> str:
    """A label of Kubernetes as the discovery spells it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", label)


def _target_label_names(job: ScrapeJob) -> set[str]:
    placed = {"namespace", "pod", "node"} if job.discovery else set()
    return placed.union(*target_labels(job))


def _metric_relabel(kept: Kept, target_label_names: set[str]) -> Iterator[Relabel]:
    """What of a scrape is stored."""
    if kept.metrics:
        yield Relabel("keep", ("__name__",), _any(kept.metrics))
    if kept.dropped_metrics:
        yield Relabel("drop", ("__name__",), _any(kept.dropped_metrics))
    if kept.labels:
        always = (_exactly(name) for name in sorted(target_label_names.union(IDENTITY)))
        yield Relabel("labelkeep", regex=_any((*kept.labels, *always)))
    if kept.dropped_labels:
        yield Relabel("labeldrop", regex=_any(kept.dropped_labels))


def _any(patterns: Iterable[str]) -> str:
    """One regular expression that matches what any of them matches; flags must not reach beyond their own."""
    return "|".join(f"(?:{pattern})" if "(?" in pattern else pattern for pattern in patterns)


def _exactly(text: str) -> str:
    """A regular expression (RE2) that matches this text only."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _probe(probe: Probe) -> ScrapeConfig:
    """The exporter is asked about each target, which its series are named after."""
    return ScrapeConfig(
        job_name=probe.name,
        interval=probe.interval,
        timeout=probe.timeout + SECOND if probe.timeout is not None else None,
        path="/probe",
        params={"module": probe.name},
        target_file=_target_path(probe),
        relabel=(
            Relabel(source=(_ADDRESS,), target="__param_target"),
            Relabel(source=("__param_target",), target="instance"),
            _set(_ADDRESS, probe.exporter),
        ),
    )


def _module(probe: Probe) -> Module:
    match probe.check:
        case HttpCheck() as check:
            return Module(probe.name, "http", probe.timeout, _http(check))
        case TcpCheck(needs_tls=needs_tls):
            return Module(probe.name, "tcp", probe.timeout, {"tls": True} if needs_tls else {})
        case IcmpCheck():
            return Module(probe.name, "icmp", probe.timeout, {})
        case DnsCheck(query=query, type=kind, codes=codes):
            settings = {"query_name": query, "query_type": kind, "valid_rcodes": codes}
            return Module(probe.name, "dns", probe.timeout, settings)
        case _ as unknown:
            assert_never(unknown)


def _http(check: HttpCheck) -> dict[str, Any]:
    """The settings that differ from the exporter's own."""
    settings: dict[str, Any] = {}
    if check.method != "GET":
        settings["method"] = check.method
    if check.status:
        settings["valid_status_codes"] = check.status
    if check.contains:
        settings["fail_if_body_not_matches_regexp"] = (check.contains,)
    if check.lacks:
        settings["fail_if_body_matches_regexp"] = (check.lacks,)
    if check.needs_tls:
        settings["fail_if_not_ssl"] = True
    if not check.follows_redirects:
        settings["follow_redirects"] = False
    return settings
