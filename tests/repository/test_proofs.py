"""The four systems are proved: every SLO and alert by the cases that were made for it, and a broken generator fails them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promgen.base.decimals import format_decimal
from promgen.compiler.lower import alerts
from promgen.compiler.lower.slo import alerts as burn_alerts
from promgen.compiler.lower.slo import frame
from promgen.compiler.pipeline import compile_project
from promgen.model.slo import Tier
from promgen.promql import format_labels
from promgen.proof.project import Outcome, find_proofs, prove
from promgen.proof.promtool import find_promtool
from tests.compiler.projects import output_of
from tests.real import Install

REPOSITORY = Path(__file__).parents[2]


def proved(install: Install, *services: str) -> list[Outcome]:
    """How the proof of the four systems, or of some services of theirs, ends with what the compiler gives now."""
    compilation = compile_project(REPOSITORY, None, datetime.date.today())
    output = output_of(compilation)
    assert compilation.resolved is not None
    assert compilation.project is not None
    inputs = compilation.project.settings.inputs
    proofs = [
        proof
        for proof in find_proofs(compilation.resolved, output.proofs, output.rule_files, inputs)
        if not services or proof.subject.key.partition("/")[0] in services
    ]
    return list(prove(proofs, find_promtool(str(install.promtool))))


@pytest.mark.real
def test_every_slo_and_alert_of_the_four_systems_is_proved(install: Install) -> None:
    """Whatever does not pass needs a newer promtool; and nothing is left with no case that passes."""
    outcomes = proved(install)
    for outcome in outcomes:
        waits = outcome.status == "unproved" and outcome.proof.reason.startswith("needs the promtool of")
        assert outcome.status == "passed" or waits, outcome
    catalog = json.loads((REPOSITORY / "rules/catalog.json").read_text(encoding="utf-8"))
    wanted = {
        (one["environment"], f"{one['service']}/{one['name']}")
        for one in (*catalog["slos"], *catalog["alerts"])
    }
    passed = {
        (one.proof.subject.environment, one.proof.subject.key) for one in outcomes if one.status == "passed"
    }
    assert passed == wanted


# --- generators that are broken on purpose; no case was written for any of them


def swapped_windows(patch: pytest.MonkeyPatch) -> None:
    """The two fastest tiers have each other's long window."""
    burning = burn_alerts._burning

    def swapped(of: frame.Frame, tier: Tier) -> str:
        fast, medium = (of.slo.tiers * 2)[:2]
        other = {fast: medium, medium: fast}.get(tier, tier)
        return burning(of, replace(tier, long=other.long))

    patch.setattr(burn_alerts, "_burning", swapped)


def dropped_group_label(patch: pytest.MonkeyPatch) -> None:
    """Groups are summed up and joined without one of their labels."""
    patch.setattr(frame, "format_labels", lambda labels: format_labels(tuple(labels)[1:]))


def dropped_override_label(patch: pytest.MonkeyPatch) -> None:
    """Another threshold is joined without the label that it is for, so it holds for every series."""
    patch.setattr(
        alerts, "format_labels", lambda labels: "" if isinstance(labels, dict) else format_labels(labels)
    )


def halved_burn_rates(patch: pytest.MonkeyPatch) -> None:
    """Every tier fires at half its burn rate."""
    patch.setattr(burn_alerts, "format_decimal", lambda value: format_decimal(value / 2))


def halved_thresholds(patch: pytest.MonkeyPatch) -> None:
    """Every alert fires at half its threshold."""
    patch.setattr(alerts, "format_decimal", lambda value: format_decimal(value / 2))


@pytest.mark.real
@pytest.mark.parametrize(
    ("broken", "service"),
    [
        (swapped_windows, "anfl-inference"),
        (dropped_group_label, "anfl-inference"),
        (halved_burn_rates, "anfl-inference"),
        (halved_thresholds, "workflow-tasks"),
        (dropped_override_label, "workflow-tasks"),
    ],
)
def test_a_broken_generator_fails_cases_that_were_not_written_for_it(
    monkeypatch: pytest.MonkeyPatch,
    installs: tuple[Install, ...],
    broken: Callable[[pytest.MonkeyPatch], None],
    service: str,
) -> None:
    broken(monkeypatch)
    assert any(outcome.status == "failed" for outcome in proved(installs[-1], service))
