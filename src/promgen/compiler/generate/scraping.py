"""`prometheus.yml`, files of targets, and `blackbox.yml`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from promgen.base.conventions import BLACKBOX_FILE, PROMETHEUS_FILE
from promgen.compiler.generate.yamltext import print_yaml
from promgen.compiler.ir.scraping import (
    KubernetesSd,
    Module,
    PrometheusConfig,
    Relabel,
    ScrapeConfig,
    Scraping,
    TargetFile,
    TlsConfig,
)

_SOURCE = "the scrape jobs and probes of the project"


def print_scraping(scraping: Scraping) -> dict[str, bytes]:
    """Every file by its path below the folder of the configuration."""
    files = {PROMETHEUS_FILE: print_prometheus(scraping.prometheus)}
    files |= {file.path: print_targets(file) for file in scraping.target_files}
    if scraping.modules:
        files[BLACKBOX_FILE] = print_blackbox(scraping.modules)
    return files


def print_prometheus(config: PrometheusConfig) -> bytes:
    """The server's configuration; the same data give the same bytes."""
    alertmanagers = [{"static_configs": [{"targets": config.alertmanagers}]}]
    data = {
        "global": _filled(
            scrape_interval=str(config.scrape_interval),
            evaluation_interval=str(config.evaluation_interval),
            external_labels=config.external_labels,
        ),
        "rule_files": config.rule_files,
        "alerting": {"alertmanagers": alertmanagers} if config.alertmanagers else {},
        "scrape_configs": [_scrape(scrape) for scrape in config.scrapes],
    }
    return print_yaml(_filled(**data), _SOURCE)


def print_targets(file: TargetFile) -> bytes:
    """A file of file service discovery, as JSON."""
    groups = [{"targets": group.addresses, "labels": dict(group.labels)} for group in file.groups]
    return (json.dumps(groups, indent=2, ensure_ascii=False) + "\n").encode()


def print_blackbox(modules: Iterable[Module]) -> bytes:
    """The configuration of the blackbox exporter."""
    return print_yaml({"modules": {module.name: _module(module) for module in modules}}, _SOURCE)


def _scrape(scrape: ScrapeConfig) -> dict[str, Any]:
    return _filled(
        job_name=scrape.job_name,
        scrape_interval=str(scrape.interval),
        scrape_timeout=str(scrape.timeout or ""),
        metrics_path=scrape.path,
        scheme=scrape.scheme,
        params={name: [value] for name, value in scrape.params.items()},
        honor_labels=scrape.honours_labels,
        sample_limit=scrape.sample_limit,
        label_limit=scrape.label_limit,
        fallback_scrape_protocol=scrape.fallback_protocol,
        tls_config=_tls(scrape.tls) if scrape.tls else {},
        authorization=_filled(credentials_file=scrape.token_file),
        basic_auth=_filled(username=scrape.username, password_file=scrape.password_file),
        file_sd_configs=[{"files": [scrape.target_file]}] if scrape.target_file else [],
        kubernetes_sd_configs=[_kubernetes(scrape.kubernetes)] if scrape.kubernetes else [],
        relabel_configs=[_relabel(step) for step in scrape.relabel],
        metric_relabel_configs=[_relabel(step) for step in scrape.metric_relabel],
    )


def _tls(tls: TlsConfig) -> dict[str, Any]:
    return _filled(
        ca_file=tls.ca_file,
        server_name=tls.server_name,
        cert_file=tls.cert_file,
        key_file=tls.key_file,
        insecure_skip_verify=not tls.is_verified,
    )


def _kubernetes(found: KubernetesSd) -> dict[str, Any]:
    selector = _filled(label=found.labels, field=found.fields)
    return _filled(
        role=found.role,
        namespaces=_filled(names=found.namespaces),
        selectors=[{"role": found.role, **selector}] if selector else [],
    )


def _relabel(step: Relabel) -> dict[str, Any]:
    return _filled(
        action=step.action if step.action != "replace" else "",
        source_labels=step.source,
        regex=step.regex,
        target_label=step.target,
        replacement=step.replacement,
    )


def _module(module: Module) -> dict[str, Any]:
    settings = {module.prober: module.settings} if module.settings else {}
    return _filled(prober=module.prober, timeout=str(module.timeout or ""), **settings)


def _filled(**data: Any) -> dict[str, Any]:
    """What has a value; the servers' own defaults hold for the rest."""
    return {key: value for key, value in data.items() if value}
