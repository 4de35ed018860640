"""`promgen test --mutate`: what it hunts, kills and leaves, on the real promtool."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.cli.terminal import Done, promgen
from tests.compiler.projects import service, write_project
from tests.real import Install

SHOP = """
alerts:
  - name: QueueLong
    expr: sum by (job) (queue_length)
    above: {high: 10, critical: 40}
    for: 5m
    tests: [{name: empty, when: [{value: 0, for: 10m}], expect: silent}]
  - name: Failed
    expr: sum by (job) (increase(failures_total[5m])) > 0
    severity: low
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two alerts; a mean in the place of the second's sum is above zero as well."""
    return write_project(tmp_path, {"shop.yaml": service(SHOP, name="shop")})


def hunt(project: Path, install: Install, *arguments: str) -> Done:
    return promgen(project, "test", "--promtool", str(install.promtool), "--mutate", *arguments)


def test_every_mutant_is_killed_or_known_to_change_nothing(project: Path, install: Install) -> None:
    done = hunt(project, install, "--format", "json")
    assert done.code == 0
    mutants = done.data["mutants"]
    assert Counter(mutant["status"] for mutant in mutants) == {"killed": len(mutants) - 1, "equivalent": 1}
    assert {mutant["operator"] for mutant in mutants} >= {"threshold", "for", "severity", "sum or avg"}


def test_who_survives_is_shown_at_its_place_in_the_specification(project: Path, install: Install) -> None:
    written = (project / "slo-specs/shop.yaml").read_text()
    done = hunt(project, install, "QueueLong", "--run", ": empty$")
    assert done.code == 1
    line = next(number for number, text in enumerate(written.split("\n"), 1) if "QueueLong" in text)
    assert (
        f"survived: shop/QueueLong: threshold of QueueLong\n  --> slo-specs/shop.yaml:{line}:13\n" in done.out
    )
    assert "   = before: " in done.out
    assert "   = after: " in done.out


def test_an_equivalent_mutant_is_listed_with_the_reason(project: Path, install: Install) -> None:
    out = hunt(project, install, "Failed").out
    assert "equivalent: " in out
    assert "  shop/Failed: Failed: sum by (job) (increase(failures_total[5m])) -> avg by (job)" in out


def test_a_sample_is_the_same_every_time(project: Path, install: Install) -> None:
    first, second = (hunt(project, install, "--sample", "5", "--format", "json").data for _ in range(2))
    assert first == second
    assert len(first["mutants"]) == 5


@pytest.mark.parametrize("arguments", [["--sample", "5"], ["--mutate", "--junit", "report.xml"]])
def test_options_that_contradict_each_other_are_refused(project: Path, arguments: list[str]) -> None:
    assert promgen(project, "test", *arguments).code == 2
