"""A Prometheus server's configuration, its target files, and the modules of a blackbox exporter, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from promgen.base.durations import Duration


class Relabel(NamedTuple):
    """One step of relabelling; an empty regex matches everything, an empty replacement is what its first group matched."""

    action: Literal["replace", "keep", "drop", "labelkeep", "labeldrop"] = "replace"
    source: tuple[str, ...] = ()
    """Labels whose values, joined by semicolons, are matched."""
    regex: str = ""
    target: str = ""
    replacement: str = ""


class KubernetesSd(NamedTuple):
    """A discovery by the API of Kubernetes; the selectors are in its own notation, empty where everything is chosen."""

    role: str
    namespaces: tuple[str, ...] = ()
    labels: str = ""
    fields: str = ""


class TlsConfig(NamedTuple):
    """How TLS is spoken; what is empty is left out."""

    ca_file: str = ""
    server_name: str = ""
    cert_file: str = ""
    key_file: str = ""
    is_verified: bool = True


class ScrapeConfig(NamedTuple):
    """One scrape job; targets are those of a file or of a discovery. What is empty or None is left out."""

    job_name: str
    interval: Duration
    timeout: Duration | None = None
    path: str = "/metrics"
    scheme: str = "http"
    params: Mapping[str, str] = {}
    honours_labels: bool = False
    sample_limit: int = 0
    label_limit: int = 0
    fallback_protocol: str = ""
    tls: TlsConfig | None = None
    token_file: str = ""
    username: str = ""
    password_file: str = ""
    target_file: str = ""
    """As Prometheus finds it from its configuration."""
    kubernetes: KubernetesSd | None = None
    relabel: tuple[Relabel, ...] = ()
    """Of targets."""
    metric_relabel: tuple[Relabel, ...] = ()
    """Of samples."""


class Targets(NamedTuple):
    """Addresses that have all of their labels in common."""

    addresses: tuple[str, ...]
    labels: Mapping[str, str]


class TargetFile(NamedTuple):
    """A file of file service discovery; `path` is below the configuration's folder."""

    path: str
    groups: tuple[Targets, ...]
    source: str
    """The specification it comes from."""


class Module(NamedTuple):
    """A module of the blackbox exporter; `settings` are those of its prober, in the exporter's words."""

    name: str
    prober: Literal["http", "tcp", "icmp", "dns"]
    timeout: Duration | None
    settings: Mapping[str, Any]


class PrometheusConfig(NamedTuple):
    """The server's configuration; `rule_files` are patterns as it finds them from there."""

    scrape_interval: Duration
    evaluation_interval: Duration
    external_labels: Mapping[str, str]
    alertmanagers: tuple[str, ...]
    rule_files: tuple[str, ...]
    scrapes: tuple[ScrapeConfig, ...]


class Scraping(NamedTuple):
    """All files of the server: its configuration, its targets, and the modules, where there are any."""

    prometheus: PrometheusConfig
    target_files: tuple[TargetFile, ...]
    modules: tuple[Module, ...]
