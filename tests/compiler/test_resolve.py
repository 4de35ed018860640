"""Layers, templates, environments, units and severities: what a specification means."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from promgen.base.conventions import Severity
from promgen.compiler.pipeline import Compilation
from promgen.model.alert import Alert
from promgen.model.slo import Slo
from tests.compiler.projects import (
    compile_files,
    compile_service,
    output_of,
    problems_of,
    rule,
    rules_of,
    service,
    underlined,
)

RATIO = 'sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: {matches: "5.."}}}}}'
AVAILABILITY = f"""
slos:
  - name: availability
    objective: 99.9%
    window: 30d
    {RATIO}
"""
DEFAULTS = """
apiVersion: promgen/v1
kind: Defaults
metadata: {name: %s%s}
spec: {%s}
"""


def slos(compilation: Compilation) -> tuple[Slo, ...]:
    """The SLOs of a compilation that must have succeeded."""
    output_of(compilation)
    assert compilation.resolved is not None
    return compilation.resolved.catalog.slos


def alerts(compilation: Compilation) -> tuple[Alert, ...]:
    """The alerts of a compilation that must have succeeded."""
    output_of(compilation)
    assert compilation.resolved is not None
    return compilation.resolved.catalog.alerts


def test_the_most_specific_layer_wins_and_nested_values_merge(tmp_path: Path) -> None:
    """Own value over template over class over system over project."""
    files = {
        "d1.yaml": DEFAULTS
        % ("all", "", "slo: {window: 7d, objective: 90%, labels: {a: all, b: all, c: all, d: all}}"),
        "d2.yaml": DEFAULTS
        % ("shop", ", system: shop", "slo: {objective: 95%, labels: {b: system, c: system, d: system}}"),
        "d3.yaml": DEFAULTS
        % ("gold", ", system: shop", "class: gold, slo: {objective: 99%, labels: {c: class, d: class}}"),
        "t.yaml": """
            apiVersion: promgen/v1
            kind: Template
            metadata: {name: http}
            spec:
              parameters: {job: {type: string}, goal: {type: ratio, default: 99.5%}}
              slo:
                objective: ${goal}
                labels: {d: template}
                sli: {ratio: {total: {metric: requests_total, selector: {job: "${job}"}}, bad: {selector: {code: "500"}}}}
            """,
        "cart.yaml": service(
            """
            class: gold
            slos:
              - {name: own, uses: http, with: {job: cart}, objective: 99.9%}
              - {name: templated, uses: http, with: {job: cart}}
            """,
            more=", system: shop",
        ),
    }
    own, templated = slos(compile_files(tmp_path, files))
    assert (own.objective, templated.objective) == (Decimal("0.999"), Decimal("0.995"))
    assert str(own.period) == "7d"
    assert own.labels == {"a": "all", "b": "system", "c": "class", "d": "template"}
    assert 'job="cart"' in repr(own.sli)


def test_an_indicator_of_another_kind_replaces_the_default_one(tmp_path: Path) -> None:
    """Two kinds never mix."""
    files = {
        "d.yaml": DEFAULTS % ("all", "", f"slo: {{window: 30d, {RATIO}}}"),
        "cart.yaml": service("slos: [{name: up, objective: 99%, sli: {probe: {metric: up}}}]"),
    }
    assert "ProbeSli" in repr(slos(compile_files(tmp_path, files))[0].sli)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("{}", "template `http` needs the parameter `job` (string)"),
        ("{job: cart, jobs: 1}", "template `http` has no parameter `jobs`"),
        ("{job: [cart]}", "parameter `job` of template `http` is not a string"),
        ("{job: cart, goal: 5 s}", "parameter `goal` of template `http` is not a ratio"),
    ],
)
def test_template_parameters_are_typed(tmp_path: Path, arguments: str, problem: str) -> None:
    """A typing error is found where the template is used."""
    files = {
        "t.yaml": """
            apiVersion: promgen/v1
            kind: Template
            metadata: {name: http}
            spec:
              parameters: {job: {type: string}, goal: {type: ratio, default: 99%}}
              slo: {objective: "${goal}", window: 30d, sli: {probe: {selector: {job: "${job}"}}}}
            """,
        "cart.yaml": service(f"slos: [{{name: up, uses: http, with: {arguments}}}]"),
    }
    found = problems_of(compile_files(tmp_path, files))
    assert found == [f"template/parameter: {problem}"]


def test_a_parameter_is_data_and_never_text(tmp_path: Path) -> None:
    """What looks like PromQL in a parameter stays one label value; mixing text and a parameter is refused."""
    template = """
        apiVersion: promgen/v1
        kind: Template
        metadata: {name: probe}
        spec:
          parameters: {job: {type: string}}
          slo: {objective: 99%%, window: 30d, sli: {probe: {selector: {job: "%s"}}}}
        """
    cart = service("""slos: [{name: up, uses: probe, with: {job: 'x"} or vector(1) #'}}]""")
    compiled = compile_files(tmp_path, {"t.yaml": template % "${job}", "cart.yaml": cart})
    assert r'job="x\"} or vector(1) #"' in repr(slos(compiled)[0].sli).replace("\\\\", "\\")
    mixed = compile_files(tmp_path, {"t.yaml": template % "a-${job}", "cart.yaml": cart})
    assert problems_of(mixed) == ["template/parameter: `a-${job}` mixes text and a parameter"]


ENVIRONMENTS = """
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: shop}
spec: {selector: {env: live}}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: shop}
spec:
  selector: {env: stage}
  labels: {pool: small}
  highestSeverity: info
  overrides:
    - {slo: cart/availability, objective: 99%}
    - {alert: cart/CpuHigh, above: {critical: 99%}}
"""


def environments(tmp_path: Path) -> Compilation:
    """A service in two environments."""
    body = (
        AVAILABILITY
        + """
alerts:
  - name: CpuHigh
    expr: max by (instance) (cpu_ratio)
    above: {medium: 70%, critical: 85%}
    for: {medium: 10m, critical: 1m}
"""
    )
    return compile_files(
        tmp_path, {"system.yaml": ENVIRONMENTS, "cart.yaml": service(body, more=", system: shop")}
    )


def test_each_environment_has_its_own_selectors_values_and_folder(tmp_path: Path) -> None:
    """Only what is overridden differs, and the identity tells them apart."""
    compiled = environments(tmp_path)
    live, stage = slos(compiled)
    assert (live.environment, live.objective, stage.environment, stage.objective) == (
        "production",
        Decimal("0.999"),
        "staging",
        Decimal("0.99"),
    )
    total = rule(compiled, "slo:total_events:rate5m", environment="staging")
    assert 'env="stage"' in total.expr
    assert {file.path for file in output_of(compiled).rule_files} == {"production/cart", "staging/cart"}
    assert all("environment" in one.labels for one in rules_of(compiled))


def test_staging_pages_nobody(tmp_path: Path) -> None:
    """No alert of it is worse than allowed, and levels that became equal are one alert, the first that is reached."""
    compiled = environments(tmp_path)
    of_staging = [
        one for one in rules_of(compiled) if one.is_alert and one.labels["environment"] == "staging"
    ]
    burning = [one for one in of_staging if one.name in {"SloErrorBudgetBurn", "CpuHigh", "SloTotalAbsent"}]
    assert {one.labels["severity"] for one in burning} == {"info"}
    assert {one.labels["pool"] for one in of_staging} == {"small"}
    (cpu,) = (alert for alert in alerts(compiled) if alert.environment == "staging")
    assert [(level.severity, level.threshold, str(level.hold)) for level in cpu.levels] == [
        (Severity.INFO, Decimal("0.7"), "10m")
    ]


def test_a_system_has_words_of_its_own(tmp_path: Path) -> None:
    """Its severities are read by its own documents only, and printed in the site's words."""
    files = {
        "d.yaml": DEFAULTS % ("shop", ", system: shop", "severities: {sev1: critical}"),
        "cart.yaml": service("alerts: [{name: Down, expr: up == 0, severity: sev1}]", more=", system: shop"),
    }
    compiled = compile_files(tmp_path, files, "severities: {label: priority, values: {critical: page}}")
    assert rule(compiled, "Down").labels["priority"] == "page"
    files["other.yaml"] = service("alerts: [{name: Down, expr: up == 0, severity: sev1}]", name="other")
    assert problems_of(compile_files(tmp_path, files)) == ["alert/severity: severity `sev1` is unknown"]


@pytest.mark.parametrize(
    ("fields", "problem", "token"),
    [
        (
            "expr: a_seconds, above: {high: 500 MB}",
            "spec/bad-unit: `500 MB` cannot be compared with seconds",
            "500 MB",
        ),
        ("expr: a_seconds, above: {high: 500}", "spec/bad-unit: `500` has no unit", "500"),
        (
            "expr: 'rate(a_seconds_sum[5m])', above: {high: 5 s}",
            "spec/bad-unit: `5 s` has a unit, but",
            "5 s",
        ),
        ("expr: a, unit: parsnips, above: {high: 5}", "spec/bad-unit: `parsnips` is not a unit", "parsnips"),
        ("expr: a, above: {high: 5, medium: 6}", "spec/bad-value: `medium` is reached no earlier", "6"),
        ("expr: a, above: {hihg: 5}", "alert/severity: severity `hihg` is unknown", "hihg"),
        ("expr: a, severity: high", "alert/no-condition: alert `A` has no condition", "a"),
        ("expr: a > 1", "spec/missing-key: alert `A` has no severity", "A"),
        (
            "expr: 'sum by (service) (a) > 1', severity: high",
            "alert/overwritten-label",
            "'sum by (service) (a) > 1'",
        ),
        (
            "expr: a > 1, severity: high, labels: {owner: x}",
            "spec/bad-value: label `owner` is set by promgen",
            "x",
        ),
        (
            "expr: a > 1, severity: high, annotations: {s: '{{ $valeu }}'}",
            "alert/annotation-template",
            "'{{ $valeu }}'",
        ),
        (
            "expr: 'a{job=\"x\"} > 1', selector: {job: y}, severity: high",
            "promql/conflicting-matcher",
            "'a{job=\"x\"} > 1'",
        ),
        ("expr: a > 1, severity: high, absence: {}", "spec/missing-key: what must exist for alert `A`", "{}"),
    ],
)
def test_alerts_that_cannot_be_meant_are_refused(
    tmp_path: Path, fields: str, problem: str, token: str
) -> None:
    """Each with the token that is to blame under the carets."""
    compiled = compile_service(tmp_path, f"alerts: [{{name: A, {fields}}}]")
    found = problems_of(compiled)
    assert any(one.startswith(problem) for one in found), found
    assert token in underlined(compiled)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("window: 30m", "slo/window-range"),
        ("window: 2y", "slo/window-range"),
        ("window: 30d, groupBy: [slo]", "slo/group-label"),
        ("window: 30d, alerting: {policy: nosuch}", "reference/unknown: there is no BurnRatePolicy `nosuch`"),
        ("window: 30d, objective: 90%", "slo/unreachable-tier: tier `fast` can never fire"),
        (
            "window: 30d, alerting: {unreachable: {drop: there is no such tier}}",
            "slo/unreachable-tier: no tier is unreachable",
        ),
        ("window: {calendar: month, utcOffset: '+01:07'}", "slo/calendar-offset"),
        ("window: 30d, labels: {slo: x}", "spec/bad-value: label `slo` is set by promgen"),
    ],
)
def test_slos_that_cannot_be_meant_are_refused(tmp_path: Path, fields: str, problem: str) -> None:
    """Nothing is compiled into something else silently."""
    objective = "" if "objective" in fields else "objective: 99.9%, "
    compiled = compile_service(tmp_path, f"slos: [{{name: a, {objective}{fields}, {RATIO}}}]")
    assert any(one.startswith(problem) for one in problems_of(compiled)), problems_of(compiled)
    assert compiled.output is None


def test_an_unreachable_tier_is_dropped_when_the_specification_says_why(tmp_path: Path) -> None:
    """The others remain."""
    alerting = "alerting: {unreachable: {drop: quality is judged slowly}}"
    body = f"slos: [{{name: a, objective: 90%, window: 30d, {alerting}, {RATIO}}}]"
    assert [tier.name for tier in slos(compile_service(tmp_path, body))[0].tiers] == [
        "medium",
        "slow",
        "creeping",
    ]


def test_a_changed_meaning_asks_for_the_history(tmp_path: Path) -> None:
    """White space is no change; another selector is one, answered with keep or reset."""
    before = output_of(compile_service(tmp_path, AVAILABILITY)).lock
    assert problems_of(compile_service(tmp_path, AVAILABILITY + "\n", previous=before)) == []
    changed = AVAILABILITY.replace("5..", "[45]..")
    assert problems_of(compile_service(tmp_path, changed, previous=before)) == [
        "slo/history: the SLI of `cart/availability` measures something else than in the last build"
    ]
    kept = compile_service(tmp_path, changed + "    history: keep\n", previous=before)
    reset = compile_service(tmp_path, changed + "    history: reset\n", previous=before)
    assert "revision" not in rule(kept, "slo:total_events:rate5m").labels
    assert len(rule(reset, "slo:total_events:rate5m").labels["revision"]) == 8
    taken_back = compile_service(tmp_path, changed, previous=output_of(reset).lock)
    assert problems_of(taken_back) == [
        "slo/history: `history: reset` of `cart/availability` was taken back, so its older events would count again"
    ]


def test_a_warning_can_be_suppressed_until_a_day(tmp_path: Path) -> None:
    """Afterwards it is back, and a suppression of nothing is reported."""
    suppression = "{problem: slo/retention, subject: %s, until: %s, reason: long enough}"
    project = f"target: {{retention: 10d}}\nsuppressions:\n  - {suppression}\n"
    warning = "slo/retention: the period of `cart/availability` (30d) is not shorter than the retention (10d)"
    silent = compile_service(tmp_path, AVAILABILITY, project % ("cart/availability", "2026-01-15"))
    assert problems_of(silent) == []
    expired = compile_service(tmp_path, AVAILABILITY, project % ("'*'", "2026-01-14"))
    assert problems_of(expired) == [
        "suppression/expired: the suppression of slo/retention for `*` ended on 2026-01-14",
        warning,
    ]
    unused = compile_service(tmp_path, AVAILABILITY, project % ("cart/other", "2026-02-01"))
    assert problems_of(unused) == [
        "suppression/unused: nothing of `cart/other` is found by slo/retention any more",
        warning,
    ]
    assert output_of(expired).rule_files


def test_composites_that_cannot_work_are_refused(tmp_path: Path) -> None:
    """Unknown parts, circles and parts without the group labels."""
    composite = (
        "slos: [{name: %s, objective: 99%%, window: 30d, groupBy: [%s],"
        " sli: {composite: {anyBad: [{slo: %s, above: 1%%}]}}}]"
    )
    files = {
        "a.yaml": service(composite % ("x", "", "b/y"), name="a"),
        "b.yaml": service(composite % ("y", "", "a/x"), name="b"),
        "c.yaml": service(composite % ("z", "region", "a/x"), name="c"),
        "d.yaml": service(composite % ("w", "", "nosuch"), name="d"),
    }
    found = problems_of(compile_files(tmp_path, files))
    assert "slo/composite-cycle: composite `a/x` contains itself" in found
    assert "slo/group-label: part `a/x` is not grouped by region" in found
    assert "reference/unknown: there is no SLO `nosuch`" in found


def test_exclusions_reach_the_slos_they_name(tmp_path: Path) -> None:
    """By service or SLO; a label the SLO is not grouped by is an error."""
    exclusion = """
        apiVersion: promgen/v1
        kind: Exclusion
        metadata: {name: move}
        spec:
          from: 2026-01-01T22:00:00+01:00
          to: 2026-01-02T00:30:00Z
          reason: the database moved
          owner: people
          slos: [cart]
          labels: {%s}
        """
    compiled = compile_files(tmp_path, {"cart.yaml": service(AVAILABILITY), "x.yaml": exclusion % ""})
    assert [one.name for one in slos(compiled)[0].exclusions] == ["move"]
    assert "1767314100" in rule(compiled, "slo:bad_events:period").expr
    wrong = compile_files(tmp_path, {"cart.yaml": service(AVAILABILITY), "x.yaml": exclusion % "region: eu"})
    assert problems_of(wrong) == [
        "slo/group-label: exclusion `move` names region, which `cart/availability` is not grouped by"
    ]


def test_prometheus_3_is_needed_for_what_2_42_lacks(tmp_path: Path) -> None:
    """An error at build time, never a field silently dropped."""
    body = """
        slos:
          - name: latency
            objective: 99.9%
            window: 30d
            sli: {latency: {histogram: a_seconds, below: 250 ms, type: native, selector: {http.route: /}}}
        """
    found = problems_of(compile_service(tmp_path, body))
    assert found == ["target/unsupported: a native histogram needs Prometheus 3.0; the target is 2.42"]
    compiled = compile_service(tmp_path, body, "target: {prometheus: '3.5'}")
    assert 'rate({"a_seconds","http.route"="/"}' in rule(compiled, "slo:total_events:rate5m").expr or (
        '"http.route"="/"' in rule(compiled, "slo:total_events:rate5m").expr
    )


def test_a_shared_service_is_compiled_where_it_says_and_without_the_selector(tmp_path: Path) -> None:
    """A cluster has one set of alerts and no namespace of the environments."""
    body = "shared: true\nenvironments: [production]\nalerts: [{name: Down, expr: up == 0, severity: high}]"
    files = {
        "system.yaml": ENVIRONMENTS.split("  overrides", maxsplit=1)[0],
        "cart.yaml": service(body, more=", system: shop"),
    }
    compiled = compile_files(tmp_path, files)
    assert [(one.labels["environment"], one.expr) for one in rules_of(compiled)] == [
        ("production", "up == 0")
    ]
    files["cart.yaml"] = files["cart.yaml"].replace("production", "producton")
    assert "reference/unknown: there is no environment `producton`" in problems_of(
        compile_files(tmp_path, files)
    )


def test_an_alert_can_read_what_promgen_records(tmp_path: Path) -> None:
    """Recorded series are told apart by the environment's name, measured ones by its selector."""
    expr = 'slo:error_budget_remaining:ratio{slo="availability"} < 0.1 and on () up'
    body = f"alerts: [{{name: BudgetLow, expr: '{expr}', severity: medium}}]"
    files = {
        "system.yaml": ENVIRONMENTS.split("  overrides", maxsplit=1)[0],
        "cart.yaml": service(body, more=", system: shop"),
    }
    low = rule(compile_files(tmp_path, files), "BudgetLow", environment="staging")
    assert 'slo:error_budget_remaining:ratio{environment="staging",slo="availability"}' in low.expr
    assert 'up{env="stage"}' in low.expr


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ('a_seconds{job=~"x-.*/y"}', None),
        ('histogram_quantile(0.9, sum by (le) (rate(a_seconds_bucket{path="/a*b"}[5m])))', None),
        ("max by (x) (avg_over_time(a_seconds[5m])) and on (x) b", None),
        ("rate(a_seconds_sum[5m])", "spec/bad-unit"),
        ("a_seconds / b_seconds", "spec/bad-unit"),
        ("count(a_seconds)", "spec/bad-unit"),
    ],
)
def test_a_unit_is_taken_from_the_metric_only_where_the_value_has_it(
    tmp_path: Path, expr: str, problem: str | None
) -> None:
    """By the shape of the expression, whatever its label values look like."""
    body = f"alerts:\n  - name: Slow\n    expr: {expr!r}\n    above: {{high: 500 ms}}\n"
    found = [one.partition(":")[0] for one in problems_of(compile_service(tmp_path, body))]
    assert found == ([problem] if problem else [])


def test_a_grouped_part_counts_once_in_a_composite_by_ratio(tmp_path: Path) -> None:
    """The mean of its groups, or the weight would grow with their number."""
    body = (
        AVAILABILITY.replace("window: 30d", "window: 30d\n    groupBy: [region]")
        + """
  - name: whole
    objective: 99%
    window: 30d
    sli: {composite: {weighted: [{slo: availability, weight: 2}], by: ratio}}
"""
    )
    bad = rule(compile_service(tmp_path, body), "slo:bad_events:rate5m", slo="whole")
    assert bad.expr.startswith("sum(2 * avg by (slo, service) (slo:error_ratio:rate5m{")


def test_a_runbook_is_a_file_of_the_project_or_a_url(tmp_path: Path) -> None:
    """By name it becomes the URL of its file, where the project says how."""
    body = "alerts: [{name: Down, expr: up == 0, severity: high, runbook: %s}]"
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "down.md").write_text("# Down\n", encoding="utf-8")
    project = "runbookUrl: https://git.example/runbooks/"
    by_name = rule(compile_service(tmp_path, body % "down", project), "Down")
    assert by_name.annotations["runbook_url"] == "https://git.example/runbooks/down.md"
    by_url = rule(compile_service(tmp_path, body % "https://wiki.example/down", project), "Down")
    assert by_url.annotations["runbook_url"] == "https://wiki.example/down"
    missing = compile_service(tmp_path, body % "dwon", project)
    assert problems_of(missing) == ["reference/unknown: there is no runbook `dwon`"]


def test_a_system_without_services_is_a_misspelt_one(tmp_path: Path) -> None:
    """Its defaults and environments would apply to nothing."""
    files = {
        "d.yaml": DEFAULTS % ("a", ", system: shpo", ""),
        "cart.yaml": service(AVAILABILITY, more=", system: shop"),
    }
    assert problems_of(compile_files(tmp_path, files)) == [
        "reference/unknown: no service belongs to the system `shpo` of this Defaults"
    ]
