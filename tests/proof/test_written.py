"""Cases that users write in specifications: what they mean, and which mistakes are found where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from promgen.base.durations import HOUR, MINUTE
from promgen.compiler.pipeline import Compilation
from promgen.model.codec import dump_catalog, load_catalog
from promgen.model.proof import Stretch, UserCase
from tests.compiler.projects import (
    compile_files,
    compile_service,
    output_of,
    problems_of,
    service,
    underlined,
)

SLO = """
slos:
  - name: availability
    objective: 99.9%
    window: 30d
    sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    tests:
      - TEST
"""
ALERT = """
alerts:
  - name: CartSlow
    expr: max(cart_seconds)
    above: {medium: 1 s, critical: 5 s}
    tests:
      - TEST
"""
CONDITION = """
alerts:
  - name: CartDown
    expr: up{job="cart"} == 0
    severity: high
    tests:
      - TEST
"""
ENVIRONMENTS = """
apiVersion: promgen/v1
kind: Environment
metadata: {name: production}
spec: {}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging}
spec: {highestSeverity: info}
"""


def cases(compilation: Compilation) -> list[UserCase]:
    """All cases of a compilation that must have succeeded."""
    output_of(compilation)
    assert compilation.resolved is not None
    catalog = compilation.resolved.catalog
    return [case for owner in (*catalog.slos, *catalog.alerts) for case in owner.tests]


def test_stretches_of_an_slo(tmp_path: Path) -> None:
    test = (
        "{name: a bad hour, when: [{errors: 0%, for: 1h}, {errors: 20%, traffic: 90/m, for: 15m},"
        " {traffic: 0, for: 5m}, {missing: true, for: 10m}], expect: {fires: [fast], silent: [slow, absence]}}"
    )
    assert cases(compile_service(tmp_path, SLO.replace("TEST", test))) == [
        UserCase(
            place=0,
            name="a bad hour",
            stretches=(
                Stretch(length=HOUR, level=Decimal(0)),
                Stretch(length=MINUTE * 15, level=Decimal("0.2"), traffic=Decimal("1.5")),
                Stretch(length=MINUTE * 5, level=Decimal(0), traffic=Decimal(0)),
                Stretch(length=MINUTE * 10),
            ),
            end=MINUTE * 90,
            fires=("fast",),
            silent=("slow", "absence"),
        )
    ]


def test_stretches_of_an_alert_are_in_its_unit(tmp_path: Path) -> None:
    test = "{when: [{value: 900 ms, for: 10m}, {value: 6 s, for: 1m}], expect: {severity: critical}}"
    (case,) = cases(compile_service(tmp_path, ALERT.replace("TEST", test)))
    assert [stretch.level for stretch in case.stretches] == [Decimal("0.9"), Decimal(6)]
    assert (case.name, case.fires, case.silent) == ("test 1 of the specification", ("critical",), None)


def test_series_sample_by_sample(tmp_path: Path) -> None:
    test = "{when: {series: {'up{job=\"cart\"}': '1x3 0x10 _x2 stale 1e3-2.5x4 NaN'}, after: 5m}, expect: silent}"
    (case,) = cases(compile_service(tmp_path, CONDITION.replace("TEST", test)))
    assert case.series == {'up{job="cart"}': "1x3 0x10 _x2 stale 1e3-2.5x4 NaN"}
    assert (case.end, case.fires, case.silent) == (MINUTE * 5, (), None)


def test_a_case_may_be_of_one_environment_and_severities_are_lowered(tmp_path: Path) -> None:
    expected = "when: [{value: 6 s, for: 1m}], expect: {severity: critical}}"
    body = ALERT.replace("TEST", f"{{{expected}\n      - {{environments: [staging], {expected}")
    compilation = compile_files(tmp_path, {"cart.yaml": service(body), "environments.yaml": ENVIRONMENTS})
    assert [(case.place, case.fires) for case in cases(compilation)] == [
        (0, ("critical",)),
        (0, ("info",)),
        (1, ("info",)),
    ]


def test_the_catalogue_keeps_them(tmp_path: Path) -> None:
    test = (
        "{when: [{errors: 20%, traffic: 90/m, for: 15m}, {missing: true, for: 10m}], expect: {fires: [fast]}}"
        "\n      - {when: {series: {up: 1x5}, after: 5m}, expect: silent}"
    )
    compilation = compile_service(tmp_path, SLO.replace("TEST", test))
    assert len(cases(compilation)) == 2
    assert compilation.resolved is not None
    assert load_catalog(dump_catalog(compilation.resolved.catalog)) == compilation.resolved.catalog


def test_a_template_may_bring_cases(tmp_path: Path) -> None:
    template = """
    apiVersion: promgen/v1
    kind: Template
    metadata: {name: down}
    spec:
      parameters: {job: {type: string}}
      alert:
        expr: up == 0
        selector: {job: "${job}"}
        severity: high
        tests:
          - when: {series: {up: 1x5}, after: 5m}
            expect: silent
    """
    body = "alerts:\n  - {name: CartDown, uses: down, with: {job: cart}}\n"
    (case,) = cases(compile_files(tmp_path, {"cart.yaml": service(body), "down.yaml": template}))
    assert case.series == {"up": "1x5"}


@pytest.mark.parametrize(
    ("body", "test", "problem", "place"),
    [
        (SLO, "{when: [{for: 1h}], expect: {fires: [fats]}}", "`fats` is no alert of this SLO", "fats"),
        (SLO, "{when: [{for: 1h}], expect: {fires: [fast], silent: [fast]}}", "fires and is silent", "fast"),
        (SLO, "{when: [{for: 1h}], expect: {}}", "expects nothing", "{}"),
        (SLO, "{when: [{for: 1h}], expect: quiet}", "`quiet` is not allowed here", "quiet"),
        (SLO, "{when: [{errors: 120%, for: 1h}], expect: silent}", "an error ratio of 120%", "120%"),
        (SLO, "{when: [{traffic: 5, for: 1h}], expect: silent}", "`5` is not a rate", "5"),
        (SLO, "{when: [{traffic: 5 MB, for: 1h}], expect: silent}", "`5 MB` is not a rate", "5 MB"),
        (SLO, "{when: [{errors: 1%, missing: true, for: 1h}], expect: silent}", "beside `missing`", "1%"),
        (SLO, "{when: [{for: 90s}], expect: silent}", "a length of 1m30s", "90s"),
        (SLO, "{when: [{for: 8d}], expect: silent}", "a test of 8d", "[{for: 8d}]"),
        (SLO, "{when: [], expect: silent}", "at least 1 item", "[]"),
        (SLO, "{when: [{for: 1h, error: 1%}], expect: silent}", "unknown key `error`", "error"),
        (SLO, "{when: {series: {'up{': 1x5}, after: 5m}, expect: silent}", "`up{` is not a series", "'up{'"),
        (SLO, "{when: {series: {'up[5m]': 1x5}, after: 5m}, expect: silent}", "is not a series", "'up[5m]'"),
        (SLO, "{when: {series: {up: 1x5 2y}, after: 5m}, expect: silent}", "`2y` is no sample", "1x5 2y"),
        (SLO, "{environments: [prod], when: [{for: 1h}], expect: silent}", "no environment `prod`", "prod"),
        (ALERT, "{when: [{value: 3, for: 1h}], expect: silent}", "`3` has no unit", "3"),
        (ALERT, "{when: [{for: 1h}], expect: silent}", "a stretch without a value", "{for: 1h}"),
        (ALERT, "{when: [{value: 1 s, for: 1h}], expect: {severity: low}}", "never has the severity", "low"),
        (
            ALERT,
            "{when: [{value: 1 s, for: 1h}], expect: {severity: bad}}",
            "severity `bad` is unknown",
            "bad",
        ),
        (ALERT, "{when: [{value: 1 s, for: 1h}], expect: absence}", "no alert for missing data", "absence"),
        (CONDITION, "{when: [{value: 1, for: 1h}], expect: silent}", "a condition has no value", "1"),
        (
            CONDITION,
            "{name: x, when: {series: {up: 1x5}, after: 1m}, expect: silent}\n"
            "      - {name: x, when: {series: {up: 1x5}, after: 1m}, expect: silent}",
            "two tests are called `x`",
            "x",
        ),
    ],
)
def test_a_mistake_is_found_at_its_place(
    tmp_path: Path, body: str, test: str, problem: str, place: str
) -> None:
    compilation = compile_service(tmp_path, body.replace("TEST", test))
    (found,) = problems_of(compilation)
    assert problem in found
    assert underlined(compilation) == [place]
