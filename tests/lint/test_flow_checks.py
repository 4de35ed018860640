"""Checks that follow labels and values: what each objects to beyond its own example, and what it must let pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.durations import Duration
from promgen.lint.check import Check
from promgen.lint.checks import CHECKS
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory, Metric
from tests.lint.examples import lint_text
from tests.real import Install, test_rules

BY_SLUG: dict[str, Check] = {check.problem.slug: check for check in CHECKS}


def alert(expr: str, **fields: object) -> str:
    """A file with one alert; fields are those of the rule."""
    return rules({"alert": "Test", "expr": expr, "for": "5m", **fields})


def rules(*found: dict[str, object]) -> str:
    """A rule file; JSON is YAML."""
    return json.dumps({"groups": [{"name": "test", "rules": list(found)}]})


def messages(
    slug: str, text: str, *, target: Target | None = None, inventory: Inventory | None = None
) -> str:
    """What a check says, line by line."""
    return "\n".join(found.message for found in findings(slug, text, target=target, inventory=inventory))


def findings(
    slug: str, text: str, *, target: Target | None = None, inventory: Inventory | None = None
) -> list[Diagnostic]:
    return lint_text(text, BY_SLUG[slug], inventory, target or Target())


@pytest.mark.parametrize(
    ("slug", "expr", "said"),
    [
        ("promql/impossible", 'x{a="1",a="2"}', '`a="1"` and `a="2"` of `x` exclude each other'),
        ("promql/impossible", 'x{a="1",a!="1"} > 0', "exclude each other"),
        ("promql/impossible", 'x{a="500",a=~"4.."} > 0', "exclude each other"),
        ("promql/impossible", "count(x) by (job) == 0", "`== 0` can never hold for `count by (job) (x)`"),
        ("promql/impossible", "sum by (a) (sum by (b) (x)) > 0", "groups by a label that is gone"),
        ("promql/impossible", "sum(x) > on (a) sum by (a) (y)", "`> on (a)` matches nothing"),
        ("promql/impossible", 'x{s="hit"} / (x{s="hit"} + x{s="miss"}) > 1', "`s` is `hit` on the left"),
        ("promql/vector-matching", "sum(x) / sum by (a) (y) > 1", "only the right one has `a`"),
        ("promql/vector-matching", "x unless sum by (a) (y) > 1", ""),
        ("promql/vector-matching", 'x{b="1"} > sum by (a) (y)', "only the left one has `b`"),
        (
            "promql/vector-matching",
            "sum by (a, b) (x) > on (a) sum by (a, b) (y)",
            "several series per match",
        ),
        ("promql/vector-matching", "x * on (a) group_left (c) sum by (a) (y) > 1", "`group_left (c)` takes"),
        (
            "promql/vector-matching",
            'rate(x{c=~"5.."}[5m]) / rate(x[5m]) > 0.1',
            "every series of `x` by itself",
        ),
        ("promql/vector-matching", '100 * (rate(x{c!="a",b="2"}[5m]) / rate(x{b="2"}[5m])) > 1', "by itself"),
        ("promql/fragile", "sum by (a) (x) * 2 > 1 and topk by (a) (2, y)", ""),
        ("promql/fragile", "bottomk(2, x) < 1", "`bottomk` may choose"),
        ("promql/regexp", 'x{a=~""} > 1', '`a=~""` is no pattern'),
        ("promql/regexp", 'x{a=~"b||c"} > 1', "empty alternative"),
        ("promql/regexp", 'x{a=~".*"} > 1', "selects every series"),
        ("promql/regexp", 'x{a!~".*"} > 1', "selects nothing"),
        ("promql/regexp", 'x{a=~"^b.+"} > 1', "the anchors"),
        ("promql/regexp", 'x{a=~"b.|^c$"} > 1', "the anchors"),
        ("promql/regexp", 'x{a=~"b.|[^|^c]"} > 1', ""),
        ("promql/rate-of-gauge", "rate(up[5m]) > 1", "a gauge"),
        ("promql/rate-of-gauge", 'increase(x{quantile="0.9"}[5m]) > 1', "a gauge"),
        ("promql/rate-of-gauge", "rate(process_start_time_seconds[5m]) > 0", "a gauge"),
        ("promql/raw-counter", "x_bucket > 1", "is a counter"),
        ("promql/raw-counter", "sum by (device) (node_network_receive_errs_total) > 1", "is a counter"),
        ("promql/ratio-of-averages", "avg(rate(x_sum[5m]) / rate(x_count[5m])) > 1", "weight of many"),
        ("promql/ratio-of-averages", 'sum(x{quantile="0.9"}) > 1', "neither averaged nor summed"),
        ("promql/histogram-quantile", "histogram_quantile(99, rate(x[5m])) > 1", "not between 0 and 1"),
        ("promql/histogram-quantile", "histogram_quantile(-0.1, rate(x[5m])) > 1", "not between 0 and 1"),
        ("promql/histogram-quantile", "histogram_quantile(0.9, x_bucket) > 1", "since each process started"),
        ("promql/subset", 'sum(rate(x{j="1"}[5m])) / sum(rate(x{j="1",k="2"}[5m])) > 1', ""),
        ("promql/subset", 'sum(x{job="a"}) / sum(x{job="b"}) > 1', 'leaves out by `job="b"`'),
        ("promql/high-cardinality-grouping", "sum by (trace_id) (x) > 1", "`by (trace_id)`"),
        ("alerts/comparison", "sum by (job) (x)", "fires whenever"),
        ("alerts/comparison", "x == bool 1", "fires whenever"),
        ("alerts/comparison", "x > 1 or y", "fires whenever"),
    ],
)
def test_an_alert_and_what_is_said_about_it(slug: str, expr: str, said: str) -> None:
    found = messages(slug, alert(expr))
    assert said in found
    assert bool(said) == bool(found)


@pytest.mark.parametrize(
    ("slug", "expr"),
    [
        ("promql/impossible", 'x{a="500",a=~"5..",a!="501"} > 0'),
        ("promql/impossible", "(count(x) or vector(0)) == 0"),
        ("promql/impossible", 'x{a="1"} / ignoring (a) x{a="2"} > 1'),
        ("promql/impossible", 'x{a="1"} or x{a="2"}'),
        ("promql/impossible", "sum by (a) (x) > on (a) y"),
        ("promql/vector-matching", "sum by (a) (x) / on (a) group_left () sum by (a) (y) > 1"),
        ("promql/vector-matching", "sum by (a, b) (x) / ignoring (b) group_left () sum by (a) (y) > 1"),
        ("promql/vector-matching", "sum by (a) (x) / sum by (a) (y) > 1"),
        ("promql/vector-matching", "sum by (a) (x) / (sum by (a) (y) or vector(1)) > 1"),
        ("promql/vector-matching", "x * on (pod) group_left (node) max by (pod, node) (kube_pod_info) > 1"),
        ("promql/vector-matching", 'sum by (a, b) (x{b="1"}) / on (a) sum by (a) (y) > 1'),
        ("promql/vector-matching", "sum by (environment, host) (x) > on (host) y"),
        ("promql/vector-matching", "sum by (a, b) (x) and on (a) sum by (a) (y) > 1"),
        ("promql/vector-matching", 'sum(rate(x{c=~"5.."}[5m])) / sum(rate(x[5m])) > 0.1'),
        ("promql/vector-matching", 'rate(x{c="500"}[5m]) / ignoring (c) rate(x{c="all"}[5m]) > 0.1'),
        ("promql/vector-matching", 'rate(x{c="500"}[5m]) / rate(x{c="500"}[1h]) > 2'),
        ("promql/vector-matching", 'rate(x{c="500"}[5m]) / rate(x[5m] offset 1d) > 2'),
        ("promql/vector-matching", 'max_over_time(x{c="500"}[5m]) / min_over_time(x[5m]) > 2'),
        ("promql/vector-matching", '(rate(x{c="500"}[5m]) + 1) / rate(x[5m]) > 2'),
        (
            "promql/vector-matching",
            'label_replace(rate(x{c="500"}[5m]), "c", "all", "", "") / rate(x[5m]) > 0.1',
        ),
        ("promql/nan", "sum(rate(a_total[5m]) / (rate(b_total[5m]) > 0)) > 1"),
        ("promql/nan", "avg(disk_used_bytes / disk_size_bytes) > 1"),
        ("promql/nan", "max(rate(a_total[5m]) / rate(b_total[5m])) > 1"),
        ("promql/nan", "sum(rate(a_total[5m])) / sum(rate(b_total[5m])) > 1"),
        ("promql/fragile", "sum(topk(3, x)) > 1"),
        ("promql/fragile", "topk by (pod) (1, x) > 1"),
        ("promql/fragile", "x * on (pod) group_left (node) topk(5, y) > 1"),
        ("promql/regexp", 'x{a=~"b|c",b=~"(d|)",c=~"e.+",d=~"f\\\\$",e=~"g\\\\.h.*"} > 1'),
        ("promql/rate-of-gauge", "rate(http_request_duration_seconds[5m]) > 1"),
        ("promql/raw-counter", "django_migrations_unapplied_total > 0"),
        ("promql/raw-counter", "x_errors_total - x_errors_total offset 5m > 0"),
        ("promql/raw-counter", "changes(x_errors_total[5m]) > 0"),
        ("promql/rate-of-sum", "rate(x_total[5m]) > 1"),
        ("promql/rate-of-sum", "rate(max by (job) (x_total)[5m:]) > 1"),
        ("promql/ratio-of-averages", "avg(disk_used_bytes / disk_size_bytes) > 1"),
        ("promql/ratio-of-averages", "max(histogram_quantile(0.9, rate(x_bucket[5m]))) > 1"),
        ("promql/histogram-quantile", "histogram_quantile(0.9, sum(rate(x[5m]))) > 1"),
        ("promql/histogram-quantile", "histogram_quantile(0.9, sum without (pod) (rate(x_bucket[5m]))) > 1"),
        ("promql/histogram-quantile", "histogram_quantile(0.9, x_bucket - x_bucket offset 1h) > 1"),
        ("promql/short-range", "rate(x_total[1m]) > 1"),
        ("promql/short-range", "rate(job:x:sum[5s]) > 1"),
        ("promql/subset", 'sum(x{code=~"5.."}) / sum(x) > 1'),
        ("promql/subset", 'sum(x{state="hit"}) / sum(x{state="miss"}) > 1'),
        ("promql/subset", 'sum(x{code="500",job="a"}) / sum(x{code=~"[45]..",job=~"a|b"}) > 1'),
        ("promql/subset", 'sum(x) / sum(x{job="a"}) > 1'),
        ("promql/high-cardinality-grouping", "sum without (trace_id) (x) > 1"),
        ("alerts/comparison", "vector(1)"),
        ("alerts/comparison", 'ALERTS{alertname="Other"}'),
        ("alerts/comparison", 'count by (version) (build_info{version!="1"})'),
        ("alerts/comparison", "absent(x)"),
        ("alerts/comparison", "x unless y"),
    ],
)
def test_an_alert_that_is_let_pass(slug: str, expr: str) -> None:
    assert messages(slug, alert(expr)) == ""


RECORDED = {
    "record": "job:errors:ratio",
    "expr": "sum by (job) (rate(e_total[5m])) / sum by (job) (rate(r_total[5m]))",
}
COUNTED = {"record": "job:errors:sum", "expr": "sum by (job) (e_total)"}


@pytest.mark.parametrize(
    ("slug", "expr", "said"),
    [
        ("promql/impossible", 'job:errors:ratio{instance="1"} > 1', "`job:errors:ratio` is recorded without"),
        ("promql/impossible", "max by (pod) (job:errors:ratio) > 1", "gone after `job:errors:ratio`"),
        ("promql/impossible", 'job:errors:ratio{team="core"} > 1', ""),
        ("promql/impossible", 'job:errors:ratio{cluster="eu"} > 1', ""),
        ("promql/rate-of-gauge", "rate(job:errors:ratio[1h]) > 1", "which is a gauge"),
        ("promql/rate-of-gauge", "rate(job:errors:sum[1h]) > 1", ""),
        ("promql/rate-of-sum", "rate(job:errors:sum[1h]) > 1", "one series' restart"),
        ("promql/rate-of-sum", "rate(job:errors:ratio[1h]) > 1", ""),
        ("promql/ratio-of-averages", "avg_over_time(job:errors:ratio[1d]) > 1", "the weight of many"),
        (
            "promql/ratio-of-averages",
            "sum_over_time(job:errors:ratio[1d]) / count_over_time(job:errors:ratio[1d]) > 1",
            "the weight of many",
        ),
        ("promql/ratio-of-averages", "avg_over_time(job:errors:sum[1d]) > 1", ""),
    ],
)
def test_what_is_recorded_is_known_by_its_rule(slug: str, expr: str, said: str) -> None:
    found = messages(slug, rules(RECORDED, COUNTED, {"alert": "Test", "expr": expr}))
    assert said in found
    assert bool(said) == bool(found)


def test_declared_external_labels_are_all_there_are() -> None:
    text = rules(RECORDED, {"alert": "Test", "expr": 'job:errors:ratio{team="core",cluster="eu"} > 1'})
    target = Target(external_labels=("cluster",))
    assert messages("promql/impossible", text, target=target) == (
        '`team="core"` selects nothing: `job:errors:ratio` is recorded without `team`'
    )


def test_labels_of_the_rule_and_of_its_group_are_on_the_recorded_series() -> None:
    text = json.dumps(
        {
            "groups": [
                {
                    "name": "test",
                    "labels": {"pod": "a"},
                    "rules": [
                        {**RECORDED, "labels": {"instance": "b"}},
                        {"alert": "Test", "expr": 'job:errors:ratio{pod="a",instance="b"} > 1'},
                    ],
                }
            ]
        }
    )
    target = Target(prometheus=(3, 5))
    assert messages("promql/impossible", text, target=target) == ""


def test_recordings_that_read_themselves_or_are_many_are_no_trouble() -> None:
    chain = [{"record": "a0", "expr": "sum by (job) (a0 or a999)"}]
    chain += [{"record": f"a{number}", "expr": f"a{number - 1}"} for number in range(1, 1000)]
    assert messages("promql/impossible", rules(*chain)) == ""


@pytest.mark.parametrize(
    ("labels", "annotations", "said"),
    [
        ({"v": "{{ $value }}"}, {}, "`v`: the value of the alert is part of its identity here"),
        ({"v": "{{ if gt $value 9.0 }}high{{ else }}low{{ end }}"}, {}, ""),
        ({}, {"v": "{{ .Value | humanize }}"}, ""),
        ({}, {"v": "{{ $labels.alertname }}"}, "`$labels.alertname` is empty"),
        ({}, {"v": "{{ .Labels.instance }}"}, "`$labels.instance` is empty"),
        ({}, {"v": '{{ index $labels "instance" }}'}, "`$labels.instance` is empty"),
        ({}, {"v": "{{ $labels.job }} {{/* $labels.instance */}} $labels.instance"}, ""),
        ({}, {"v": '{{ range query "up" }}{{ .Labels.instance }}{{ end }}'}, ""),
        (
            {},
            {"v": '{{ range query "up{" }}{{ .Labels.instance }}{{ end }}'},
            "the query `up{` cannot be read",
        ),
        ({}, {"v": '{{ "up{" | query | first | value }}'}, "the query `up{` cannot be read"),
        ({}, {"v": '{{ printf "up{job=%q}" $labels.job | query | first | value }}'}, ""),
        ({}, {"v": "{{ $value | humanise }}"}, "function `humanise` is unknown"),
        ({}, {"v": "{ $value }}"}, "`}}` was never opened"),
    ],
)
def test_templates(labels: dict[str, str], annotations: dict[str, str], said: str) -> None:
    found = messages("alerts/template", alert('absent(up{job="a"})', labels=labels, annotations=annotations))
    assert said in found
    assert bool(said) == bool(found)


def test_a_template_that_prometheus_refuses_is_an_error() -> None:
    broken, odd = "{{ $value | humanise }}", "{ $value }}"
    text = alert("x > 1", annotations={"broken": broken, "odd": odd})
    assert [found.level for found in findings("alerts/template", text)] == [Level.ERROR, Level.WARNING]


def test_braces_that_close_nothing_are_text_to_prometheus() -> None:
    texts = {"odd": "{{ $value }} of 80 }}", "broken": "80 }} is {{ $value | humanise }}"}
    found = findings("alerts/template", alert("x > 1", annotations=texts))
    assert [one.level for one in found] == [Level.WARNING, Level.ERROR]


def test_every_alternative_is_written_without_anchors() -> None:
    (found,) = findings("promql/regexp", alert('x{mountpoint=~"^/$|^/srv.+$"} > 1'))
    assert found.allowed == '`mountpoint=~"/|/srv.+"`'


def test_a_contradiction_is_said_once() -> None:
    assert len(findings("promql/impossible", alert('x{a="1",a="2"} > 0'))) == 1


def test_a_dropped_label_is_said_once_and_not_by_two_checks() -> None:
    text = alert("sum(x) > 1", annotations={"a": "{{ $labels.pod }}", "b": "{{ $labels.pod }}"})
    assert messages("promql/dropped-label", text) == "`a` reads `pod`, which `sum(x)` drops"
    assert messages("alerts/template", text) == ""


def test_ranges_are_counted_from_the_end_of_the_offset_and_of_subqueries() -> None:
    target = Target(retention=Duration.parse("15d"))
    for expr, slug in (
        ("increase(x_total[10d] offset 6d) > 1", "promql/range"),
        ("max_over_time(rate(x_total[8d])[8d:1h]) > 1", "promql/range"),
        ("rate(x_total[5m] offset 15d) > 1", "promql/offset"),
    ):
        said = [one for one in ("promql/range", "promql/offset") if messages(one, alert(expr), target=target)]
        assert said == [slug], expr
    assert messages("promql/range", alert("increase(x_total[15d]) > 1"), target=target) == ""
    assert messages("promql/range", alert("increase(x_total[99d]) > 1")) == ""


def test_a_rate_over_fewer_than_two_scrapes_is_an_error() -> None:
    levels = {
        window: [
            found.level for found in findings("promql/short-range", alert(f"rate(x_total[{window}]) > 1"))
        ]
        for window in ("29s", "30s", "59s", "60s")
    }
    assert levels == {"29s": [Level.ERROR], "30s": [Level.WARNING], "59s": [Level.WARNING], "60s": []}


def test_an_inventory_decides_where_a_name_would_guess() -> None:
    known = {
        "jobs_failed_total": Metric(name="jobs_failed_total", type="gauge", series=3),
        "jobs": Metric(name="jobs", type="counter", series=3, labels={"queue": None, "uid": ("1", "2")}),
    }
    inventory = Inventory(metrics=known)
    assert messages("promql/raw-counter", alert("jobs_failed_total > 1"))
    assert not messages("promql/raw-counter", alert("jobs_failed_total > 1"), inventory=inventory)
    assert messages("promql/raw-counter", alert("jobs > 1"), inventory=inventory)
    assert messages("promql/rate-of-gauge", alert("rate(jobs_failed_total[5m]) > 1"), inventory=inventory)
    grouping = "promql/high-cardinality-grouping"
    assert messages(grouping, alert("sum by (queue) (jobs) > 1"), inventory=inventory)
    assert not messages(grouping, alert("sum by (uid) (jobs) > 1"), inventory=inventory)


def test_labels_that_collide() -> None:
    fixed = alert('sum by (team) (x{team="core"}) > 1', labels={"team": "other"})
    templated = alert("sum by (team) (x) > 1", labels={"team": "t-{{ $labels.team }}"})
    assert messages("labels/conflict", fixed) == ""
    assert messages("labels/conflict", templated) == ""
    external = alert("x > 1", labels={"cluster": "eu"})
    target = Target(external_labels=("cluster",))
    assert "external label" in messages("labels/conflict", external, target=target)


def test_durations_that_say_nothing() -> None:
    text = alert("x > 1", **{"for": "0s", "keep_firing_for": "0m"})
    assert len(findings("alerts/zero-for", text)) == 2
    assert messages("alerts/zero-for", alert("x > 1", keep_firing_for="1m")) == ""


def test_ratios_across_jobs_need_a_for() -> None:
    expr = 'sum(rate(a_total{job="a"}[5m])) / sum(rate(b_total{job="b"}[5m])) > 1'
    assert "compares two jobs" in messages("promql/fragile", rules({"alert": "Test", "expr": expr}))
    assert messages("promql/fragile", alert(expr)) == ""


def test_prometheus_fills_templates_with_the_labels_of_the_expression_only(
    install: Install, tmp_path: Path
) -> None:
    """What `alerts/template` takes for empty is empty, and a lone `}}` is text."""
    rule = {
        "alert": "Test",
        "expr": "sum by (job) (x) > 0",
        "labels": {"severity": "page"},
        "annotations": {
            "text": "[{{ $labels.job }}|{{ $labels.instance }}|{{ $labels.severity }}|{{ $labels.alertname }}] }}"
        },
    }
    (tmp_path / "rules.yaml").write_text(rules(rule), encoding="utf-8")
    fired = {"exp_labels": {"job": "a", "severity": "page"}, "exp_annotations": {"text": "[a|||] }}"}}
    case = {
        "interval": "1m",
        "input_series": [{"series": 'x{job="a",instance="1"}', "values": "1 1 1"}],
        "alert_rule_test": [{"eval_time": "1m", "alertname": "Test", "exp_alerts": [fired]}],
    }
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "tests.yaml").write_text(json.dumps(tests), encoding="utf-8")
    test_rules(install, tmp_path / "tests.yaml")


def test_colliding_labels_make_the_evaluation_fail(install: Install, tmp_path: Path) -> None:
    """What `labels/conflict` warns of."""
    rule = {"alert": "Test", "expr": "sum by (instance) (x) > 0", "labels": {"instance": "all"}}
    assert messages("labels/conflict", rules(rule))
    (tmp_path / "rules.yaml").write_text(rules(rule), encoding="utf-8")
    case = {
        "interval": "1m",
        "input_series": [{"series": f'x{{instance="{one}"}}', "values": "1 1 1"} for one in "ab"],
        "alert_rule_test": [{"eval_time": "1m", "alertname": "Test", "exp_alerts": []}],
    }
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "tests.yaml").write_text(json.dumps(tests), encoding="utf-8")
    with pytest.raises(AssertionError, match="same labelset"):
        test_rules(install, tmp_path / "tests.yaml")


@pytest.mark.parametrize(
    ("selector", "is_empty"),
    [
        ('x:y{n="1",instance="a"}', False),
        ('x:y{n="2",instance="a"}', True),
        ('x:y{n=~"1|2",instance="a"}', False),
        ('x:y{n=~"2|3",instance="a"}', True),
        ('x:y{instance="a"}', False),
        ('x:y{n="9",instance="a"}', False),  # whoever records that is not among these
    ],
)
def test_a_selector_reads_the_rules_whose_labels_it_asks_for(selector: str, is_empty: bool) -> None:
    text = rules(
        {"record": "x:y", "expr": "sum by (instance) (z)", "labels": {"n": "1"}},
        *({"record": "x:y", "expr": "sum by (job) (z)", "labels": {"n": str(n)}} for n in range(2, 5)),
        {"alert": "Test", "expr": f"{selector} > 1"},
    )
    assert bool(findings("promql/impossible", text)) is is_empty


def test_recordings_of_recordings_are_followed_however_long_the_chain_and_deep_each_of_them() -> None:
    def nested(inner: str) -> str:
        return "abs(1 + " * 60 + inner + ")" * 60

    text = rules(
        *({"record": f"a:{n}", "expr": nested(f"a:{n + 1}")} for n in range(100)),
        {"record": "a:100", "expr": "sum(x)"},
        {"alert": "Deep", "expr": 'a:0{instance="a"} > 1'},
    )
    assert [found.subject for found in findings("promql/impossible", text)] == ["test/Deep"]
    for check in CHECKS:
        if check.needs == "rules":
            lint_text(text, check)


def test_rules_that_read_each_other_in_a_circle_claim_nothing() -> None:
    text = rules(
        {"record": "a:b", "expr": "a:c"},
        {"record": "a:c", "expr": "a:b or a:c"},
        {"alert": "Round", "expr": "a:b / a:c > 1", "annotations": {"summary": "{{ $labels.instance }}"}},
    )
    for slug in ("promql/dropped-label", "promql/vector-matching", "promql/impossible"):
        assert messages(slug, text) == ""
