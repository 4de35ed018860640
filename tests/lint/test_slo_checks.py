"""What is wrong with declared SLOs, and with anything that a server does not have."""

from __future__ import annotations

import textwrap

import pytest

from promgen.base.durations import Duration
from promgen.lint.check import Check
from promgen.lint.checks import CHECKS
from promgen.lint.stock import scrape_interval, series_count
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory, Metric
from promgen.promql import LabelMatcher
from tests.compiler.projects import service
from tests.lint.examples import lint_specification, lint_text

JOBS = ("api", "web")
INVENTORY = Inventory(
    metrics={
        metric.name: metric
        for metric in (
            Metric(
                name="http_requests_total",
                type="counter",
                series=80,
                labels={"job": JOBS, "code": ("200", "404", "500"), "pod": None, "team": ("", "x")},
                spread={"code": (60, 16, 4)},
            ),
            Metric(
                name="http_request_duration_seconds_bucket",
                type="histogram",
                unit="seconds",
                series=20,
                labels={"job": JOBS, "le": ("+Inf", "0.25", "1.0", "10")},
            ),
            Metric(
                name="http_request_duration_seconds_count", type="counter", series=4, labels={"job": JOBS}
            ),
            Metric(name="queue_wait", type="gauge", unit="milliseconds", series=1),
            Metric(
                name="probe_success",
                type="gauge",
                series=2,
                labels={"instance": ("cart", "shop"), "job": ("blackbox",)},
            ),
            Metric(
                name="container_cpu_usage_seconds_total",
                type="counter",
                series=40_000,
                labels={"job": ("kubelet",), "namespace": ("a", "b")},
            ),
        )
    },
    scrape_intervals={
        "api": Duration(30_000),
        "web": Duration(60_000),
        "blackbox": Duration(60_000),
        "kubelet": Duration(30_000),
    },
)

ONLINE = [check for check in CHECKS if check.problem.slug.startswith(("inventory/", "slo/"))]


def check(slug: str) -> Check:
    return next(one for one in CHECKS if one.problem.slug == slug)


def is_specification(text: str) -> bool:
    return text.startswith("apiVersion")


def found(slug: str, text: str, inventory: Inventory | None = INVENTORY) -> list[str]:
    lint = lint_specification if is_specification(text) else lint_text
    return [one.message for one in lint(text, check(slug), inventory)]


def slos(body: str) -> str:
    """A service with one SLO of the given lines."""
    head = "slos:\n  - name: one\n    objective: 99.9%\n    window: 30d\n"
    return service(head + textwrap.indent(textwrap.dedent(body), "    "))


def rule(expr: str) -> str:
    return f"groups:\n  - name: g\n    rules:\n      - record: a:b:c\n        expr: {expr}\n"


@pytest.mark.parametrize("one", ONLINE, ids=lambda one: one.problem.slug)
def test_every_example_is_as_it_says(one: Check) -> None:
    assert len(found(one.problem.slug, one.bad)) == 1
    assert found(one.problem.slug, one.good) == []


@pytest.mark.parametrize(
    "one", [one for one in CHECKS if one.needs == "inventory"], ids=lambda one: one.problem.slug
)
def test_without_an_inventory_nothing_is_said_about_it(one: Check) -> None:
    assert found(one.problem.slug, one.bad, None) == []


@pytest.mark.parametrize(
    ("expr", "missing"),
    [
        ("http_request_total", "http_request_total"),
        ("absent(gone)", ""),
        ("http_requests_total or gone", ""),
        ("http_requests_total unless gone", ""),
        ("slo:error_ratio:rate5m", ""),
        ("ALERTS", ""),
        ("a:b:c offset 1m", ""),
        ("{job='gone'}", ""),
    ],
)
def test_a_metric_that_the_server_lacks(expr: str, missing: str) -> None:
    messages = found("inventory/metric-missing", rule(f'"{expr}"'))
    assert messages == ([f"the server has no metric `{missing}`"] if missing else [])


def test_the_metric_that_is_spelled_most_alike_is_offered() -> None:
    (one,) = lint_text(rule("http_requests_totl"), check("inventory/metric-missing"), INVENTORY)
    assert one.allowed == "did you mean `http_requests_total`?"


@pytest.mark.parametrize(
    ("matcher", "is_missing"),
    [
        ("status='500'", True),
        ("status!='500'", False),
        ("status=''", False),
        ("status=~'.*'", False),
        ("status=~'.+'", True),
        ("code='999'", False),
        ("cluster='eu'", False),  # put on by the ruler
    ],
)
def test_a_label_that_a_metric_lacks(matcher: str, is_missing: bool) -> None:
    text = rule(f'"http_requests_total{{{matcher}}}"')
    target = Target(external_labels=("cluster",))
    diagnostics = lint_text(text, check("inventory/label-missing"), INVENTORY, target)
    assert bool(diagnostics) == is_missing


@pytest.mark.parametrize(
    ("matcher", "is_missing"),
    [
        ("job='apis'", True),
        ("job=~'apis|webs'", True),
        ("job=~'apis|web'", False),
        ("code=~'5..'", False),
        ("code=~'3..'", True),
        ("code=~'(3+)+'", False),  # not read without a server
        ("pod='x'", False),  # too many to record
        ("job!='api'", False),
        ("gone='x'", False),  # another check's business
    ],
)
def test_a_value_that_no_series_has(matcher: str, is_missing: bool) -> None:
    text = rule(f'"http_requests_total{{{matcher}}}"')
    assert bool(found("inventory/label-value-missing", text)) == is_missing


@pytest.mark.parametrize(("below", "is_missing"), [("250 ms", False), ("300 ms", True), ("1 s", False)])
def test_a_latency_slo_has_a_border_of_the_histogram(below: str, is_missing: bool) -> None:
    text = slos(f"sli: {{latency: {{histogram: http_request_duration_seconds, below: {below}}}}}\n")
    (spec,) = lint_specification(text, check("inventory/bucket-missing"), INVENTORY) or (None,)
    assert (spec is not None) == is_missing
    if spec is not None:
        assert spec.allowed == "one of 0.25, 1.0, 10, +Inf"
        assert spec.subject == "cart/one"


def test_the_text_of_a_border_counts() -> None:
    assert found("inventory/bucket-missing", rule("http_request_duration_seconds_bucket{le='1'}")) != []


def test_a_declared_unit_is_compared_by_what_it_is_worth() -> None:
    def declared(unit: str) -> str:
        return service(
            f"alerts:\n  - name: Slow\n    expr: queue_wait\n    unit: {unit}\n    above: {{high: 2 s}}\n"
        )

    assert found("inventory/unit", declared("ms")) == []
    assert found("inventory/unit", declared("milliseconds")) == []
    assert found("inventory/unit", declared("s")) == [
        "`queue_wait` is measured in milliseconds, and declared in s"
    ]


def test_the_unit_of_a_histogram_and_of_a_gauge_in_an_slo() -> None:
    latency = slos("sli: {latency: {histogram: http_request_duration_seconds, unit: ms, below: 250 ms}}\n")
    assert found("inventory/unit", latency) == [
        "`http_request_duration_seconds_bucket` is measured in seconds, and declared in ms"
    ]
    gauge = slos("sli: {gauge: {expr: queue_wait, unit: s, below: 2 s}}\n")
    assert found("inventory/unit", gauge) == ["`queue_wait` is measured in milliseconds, and declared in s"]


@pytest.mark.parametrize(
    ("expr", "allowed"),
    [
        ("rate(http_requests_total{job='web'}[2m])", "a range of at least 4m"),
        ("rate(http_requests_total{job='web'}[4m])", ""),
        ("rate(http_requests_total[2m])", ""),  # enough for one of the two jobs
        ("rate(http_requests_total[1m])", "a range of at least 2m"),
        ("max_over_time(http_requests_total[1m])", ""),
        ("rate(queue_wait[1m])", ""),  # of no job
    ],
)
def test_a_range_holds_four_scrapes_of_its_job(expr: str, allowed: str) -> None:
    diagnostics = lint_text(rule(expr), check("inventory/scrape-interval"), INVENTORY)
    assert [one.allowed for one in diagnostics] == ([allowed] if allowed else [])


def test_a_costly_rule_is_named_with_its_samples_per_second() -> None:
    text = rule("sum(rate(container_cpu_usage_seconds_total[1d]))")
    # 40,000 series with a sample every 30 s for a day, once a minute
    assert found("inventory/cost", text) == ["`a:b:c` reads about 1,920,000 samples per second"]
    rare = text.replace("name: g", "name: g\n    interval: 1h")
    assert found("inventory/cost", rare) == []


def test_series_are_estimated_by_how_they_spread() -> None:
    metric = INVENTORY.metrics["http_requests_total"]
    job, code = LabelMatcher("job", "=", "api"), LabelMatcher("code", "=", "500")
    assert series_count(metric, []) == 80
    assert series_count(metric, [job]) == 40
    assert series_count(metric, [code]) == 4
    assert series_count(metric, [job, code]) == 2
    assert series_count(metric, [LabelMatcher("gone", "=", "x")]) == 0
    assert series_count(metric, [LabelMatcher("pod", "=", "x")]) == 2  # one of more values than are recorded
    assert series_count(metric, [LabelMatcher("pod", "=~", "x.*")]) == 80
    assert (
        series_count(metric, [LabelMatcher("code", "=~", "(5+)+0+b")]) == 80
    )  # it might take for ever to follow


def test_the_interval_of_a_job_that_is_not_known_is_not_known() -> None:
    metric = INVENTORY.metrics["http_requests_total"]
    assert scrape_interval(INVENTORY, metric, [LabelMatcher("job", "=", "gone")]) is None
    assert scrape_interval(INVENTORY, metric, [LabelMatcher("job", "!=", "gone")]) == Duration(30_000)


RATIO = "description: Something.\nsli:\n  ratio:\n    total: {total}\n    {side}\n"


@pytest.mark.parametrize(
    ("total", "side", "is_outside"),
    [
        ("{metric: a, selector: {r: x}}", "bad: {metric: a, selector: {c: y}}", True),
        ("{metric: a, selector: {r: x}}", "bad: {selector: {c: y}}", False),
        ("{metric: a}", "good: {metric: a, selector: {c: y}}", False),
        (
            "{metric: a, selector: {c: {matches: '2..|5..'}}}",
            "good: {metric: a, selector: {c: '200'}}",
            False,
        ),
        ("{metric: a, selector: {c: {matches: '2..'}}}", "bad: {metric: a, selector: {c: '500'}}", True),
        (
            "{metric: a, selector: {c: {isNot: '404'}}}",
            "bad: {metric: a, selector: {c: ['500', '503']}}",
            False,
        ),
        (
            "{metric: a, selector: {c: {isNot: '404'}}}",
            "bad: {metric: a, selector: {c: {matches: '4.*'}}}",
            False,
        ),
        ("{metric: b_total, selector: {r: x}}", "bad: {metric: a_total}", False),
    ],
)
def test_a_side_is_within_the_total(total: str, side: str, is_outside: bool) -> None:
    text = slos(RATIO.format(total=total, side=side))
    diagnostics = lint_specification(text, check("slo/bad-not-subset"))
    assert bool(diagnostics) == is_outside
    for one in diagnostics:
        assert one.span is not None
        assert text.split("\n")[one.span.line - 1].lstrip().startswith(("bad:", "good:"))


def test_a_histograms_buckets_and_count_are_one_metric() -> None:
    text = slos(
        """
        sli:
          promql:
            total: rate(h_seconds_count{r="x"}[$window])
            good: rate(h_seconds_bucket{le="1"}[$window])
        """
    )
    assert found("slo/bad-not-subset", text) == [
        '`good` of `cart/one` is not restricted to the total\'s r="x"'
    ]
    assert found("slo/good-exceeds-total", text) == []


def test_joined_expressions_are_left_alone() -> None:
    text = slos(
        """
        sli:
          promql:
            total: rate(a{r="x"}[$window])
            bad: rate(a[$window]) * on (pod) group_left () pods
        """
    )
    assert found("slo/bad-not-subset", text) == []


@pytest.mark.parametrize(
    ("alerting", "is_silent"),
    [
        ("{policy: none}", True),
        ("{disabled: true}", True),
        ("{}", False),
    ],
)
def test_an_slo_that_tells_nobody_says_why(alerting: str, is_silent: bool) -> None:
    text = slos(f"alerting: {alerting}\nsli: {{ratio: {{total: {{metric: a}}, bad: {{metric: b}}}}}}\n")
    assert bool(found("slo/no-alerts", text)) == is_silent
    assert found("slo/no-alerts", text.replace("alerting:", "description: Why.\n      alerting:")) == []


def test_a_part_of_a_composite_with_alerts_needs_none() -> None:
    text = service(
        """
        slos:
          - name: part
            objective: 99.9%
            window: 30d
            alerting: {policy: none}
            sli: {ratio: {total: {metric: a}, bad: {metric: b}}}
          - name: whole
            objective: 99.9%
            window: 30d
            sli: {composite: {weighted: [{slo: part, weight: 1}]}}
        """
    )
    assert found("slo/no-alerts", text) == []
    assert (
        found(
            "slo/no-alerts",
            text.replace("sli: {composite", "alerting: {policy: none}\n      sli: {composite"),
        )
        != []
    )


def test_only_what_pages_needs_a_runbook() -> None:
    text = service("alerts:\n  - {name: Long, expr: queue_length > 1, severity: low}\n")
    assert found("slo/missing-runbook", text) == []
    assert found("slo/missing-runbook", text.replace("low", "high")) == [
        "`cart/Long` pages and has no runbook"
    ]


def test_one_failed_scrape_of_few_pages() -> None:
    text = slos("sli: {probe: {selector: {instance: cart}}}\n")
    # a scrape a minute: 60 per hour, and 14.4 times 0.1 % of an hour is one failure in 69
    assert found("slo/one-failure-pages", text) == [
        "one failed scrape of `cart/one` pages: there are 60 per hour, and its fastest tier bears one failure in 69"
    ]
    both = slos("sli: {probe: {}}\n")
    assert found("slo/one-failure-pages", both) == []  # 120 per hour
    events = slos("sli: {ratio: {total: {metric: http_requests_total}, bad: {selector: {code: '500'}}}}\n")
    assert found("slo/one-failure-pages", events) == []  # how many there are is not in an inventory


def test_a_budget_of_less_than_one_scrape() -> None:
    text = slos("sli: {probe: {selector: {instance: cart}}}\n").replace("99.9%", "99.999%")
    assert found("slo/budget-below-one-event", text) == [
        "the budget of `cart/one` is 0.43 failed scrapes in 30d"
    ]


def test_groups_are_counted_in_what_the_selector_meets() -> None:
    def grouped(by: str, selector: str = "{}") -> str:
        sli = f"ratio: {{total: {{metric: http_requests_total, selector: {selector}}}, bad: {{selector: {{code: '500'}}}}}}"
        return slos(f"groupBy: [{by}]\nsli: {{{sli}}}\n")

    assert found("slo/high-cardinality-group", grouped("pod")) == ["`cart/one` has at least 51 groups by pod"]
    assert found("slo/high-cardinality-group", grouped("job")) == []
    assert (
        found("slo/high-cardinality-group", grouped("pod", "{job: api}")) == []
    )  # 40 series have no 51 groups
