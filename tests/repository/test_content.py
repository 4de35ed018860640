"""The four systems: their specifications compile to what is committed, and Prometheus accepts it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from promgen.compiler.output.drift import CommitMode, compare
from promgen.compiler.output.lock import read_lock
from promgen.compiler.pipeline import Compilation, compile_project
from tests.compiler.projects import output_of, problems_of, rules_of
from tests.real import Install, check_rules

REPOSITORY = Path(__file__).parents[2]
SYSTEMS = {"quantivista", "ai-prism", "anfl", "workflow-engine"}


@pytest.fixture(scope="module")
def compiled() -> Compilation:
    """The repository, compiled."""
    return compile_project(REPOSITORY, read_lock(REPOSITORY), datetime.date.today())


def test_the_committed_outputs_are_what_the_specifications_give(compiled: Compilation) -> None:
    """No drift, and no warning."""
    output = output_of(compiled)
    assert problems_of(compiled) == []
    locked = read_lock(REPOSITORY)
    drift = compare(REPOSITORY, output.tree, locked=locked, expected=output.lock, commit=CommitMode.ALL)
    assert drift.is_clean, drift.differences


def test_all_four_systems_are_there_in_both_environments(compiled: Compilation) -> None:
    """At least 15 SLOs and 45 alerts, each in production; what staging leaves out it says by name."""
    output_of(compiled)
    assert compiled.resolved is not None
    catalog = compiled.resolved.catalog
    for environment in ("production", "staging"):
        slos = {slo.key for slo in catalog.slos if slo.environment == environment}
        alerts = {alert.key for alert in catalog.alerts if alert.environment == environment}
        assert len(slos) >= 15
        assert len(alerts) >= 45
        assert {slo.system for slo in catalog.slos if slo.environment == environment} == SYSTEMS
    assert {slo.environment for slo in catalog.slos} == {"production", "staging"}


def test_staging_pages_nobody(compiled: Compilation) -> None:
    """Whatever routes by severity sees information only."""
    severities = {
        one.labels["severity"]
        for one in rules_of(compiled)
        if one.is_alert and one.labels["environment"] == "staging"
    }
    assert severities == {"info"}


def test_every_alert_says_who_answers_and_what_it_is_about(compiled: Compilation) -> None:
    """Labels and texts are filled in."""
    for one in rules_of(compiled):
        if one.is_alert:
            assert {"severity", "owner", "system", "service", "environment"} <= one.labels.keys(), one.name
            assert {"summary", "description"} <= one.annotations.keys(), one.name


def test_prometheus_accepts_every_committed_rule_file(install: Install) -> None:
    """With every check that promtool has."""
    files = sorted((REPOSITORY / "rules").rglob("*.rules.yaml"))
    assert len(files) > 20
    check_rules(install, *files)
