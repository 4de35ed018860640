"""What is wrong with rules together: those that collide, miss each other or come at the wrong time."""

from __future__ import annotations

import textwrap

import pytest

from promgen.lint.check import Check
from promgen.lint.checks import CHECKS
from promgen.lint.matching import accepts, are_disjoint, implied
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory, Metric
from promgen.promql import LabelMatcher
from tests.lint.examples import lint_text


def check(slug: str) -> Check:
    return next(one for one in CHECKS if one.problem.slug == slug)


def rules(*lines: str, head: str = "") -> str:
    """A group of rules, each given as the inside of a flow mapping."""
    body = "\n".join(f"      - {{{line}}}" for line in lines)
    return f"groups:\n  - name: g\n{textwrap.indent(head, '    ')}\n    rules:\n{body}\n"


def found(slug: str, text: str, target: Target | None = None) -> list[str]:
    return [one.message for one in lint_text(text, check(slug), target=target)]


@pytest.mark.parametrize(
    ("first", "second", "is_duplicate"),
    [
        ("sum by (job) (rate(a[5m]))", "sum by (job) (rate(a[5m]))", True),
        ("sum by (job) (rate(a[5m]))", "sum  by(job)(rate( a[5m]))", True),
        ("sum by (job) (rate(a[5m]))", "sum by (job) (rate(a[1h]))", True),
        ("sum by (job) (rate(a{code=~'2..'}[5m]))", "sum by (job) (rate(a{code=~'5..'}[5m]))", False),
        ("sum by (job) (rate(a{code='200'}[5m]))", "sum by (job) (rate(a{code!~'2..'}[5m]))", False),
        ("sum by (job) (rate(a{code=~'2..'}[5m]))", "sum by (job) (rate(a{code=~'2.*'}[5m]))", True),
        ("sum by (job) (rate(a[5m]))", "sum by (job) (rate(b[5m]))", False),
        ("sum by (job) (rate(a[5m]))", "sum by (pod) (rate(a[5m]))", False),
        ("a * 2", "a * 3", False),
    ],
)
def test_two_recordings_of_one_name_collide_where_their_series_are_the_same(
    first: str, second: str, is_duplicate: bool
) -> None:
    text = rules(f'record: "x:y:z", expr: "{first}"', f'record: "x:y:z", expr: "{second}"')
    assert bool(found("rule/duplicate", text)) == is_duplicate
    assert found("rule/duplicate", text.replace("x:y:z", "x:y:w", 1)) == []
    apart = rules(f'record: "x:y:z", expr: "{first}"', f'record: "x:y:z", expr: "{second}", labels: {{a: b}}')
    assert found("rule/duplicate", apart) == []


def test_a_duplicate_points_at_the_first_and_is_found_once_each() -> None:
    one = 'record: "x:y:z", expr: "sum(a)"'
    diagnostics = lint_text(rules(one, one, one), check("rule/duplicate"))
    assert [(d.span and d.span.line, d.related[0].span.line) for d in diagnostics] == [(6, 5), (7, 5)]
    assert {d.subject for d in diagnostics} == {"g/x:y:z"}


def test_an_alert_twice_is_a_duplicate_whatever_it_waits() -> None:
    text = rules('alert: A, expr: "up == 0"', 'alert: A, expr: "up==0", for: 5m')
    assert found("rule/duplicate", text) == ["`A` is there twice with the same labels and expression"]
    assert found("alerts/ambiguous", text) == []


@pytest.mark.parametrize(
    ("first", "second", "is_ambiguous"),
    [
        ("max(a) > 3", "max(a) > 5", True),
        ("max(a) > 3", "max(a) < 1", False),
        ("sum by (job) (a) > 3", "sum by (job) (b) > 3", True),
        ("sum by (job) (a{job='x'}) > 3", "sum by (job) (b{job='y'}) > 3", False),
        ("sum by (job) (a) > 3", "sum by (pod) (b) > 3", False),
        ("max(a) == 0", "time() - max(a) > 3 and max(a) > 0", False),
    ],
)
def test_alerts_of_one_name_are_ambiguous_where_what_fires_can_be_the_same(
    first: str, second: str, is_ambiguous: bool
) -> None:
    text = rules(f'alert: A, expr: "{first}"', f'alert: A, expr: "{second}"')
    assert bool(found("alerts/ambiguous", text)) == is_ambiguous


@pytest.mark.parametrize(
    ("first", "second", "wider"),
    [("a > 3", "a > 5", "> 3"), ("a > 5", "a > 3", "> 3"), ("a < 3", "a < 5", "< 5"), ("a > 3", "b > 5", "")],
)
def test_of_two_severities_the_wider_fires_with_the_narrower(first: str, second: str, wider: str) -> None:
    text = rules(
        f'alert: A, expr: "{first}", labels: {{s: x}}', f'alert: A, expr: "{second}", labels: {{s: y}}'
    )
    messages = found("rule/near-duplicate", text)
    assert [f"with {wider} fires as well" in message for message in messages] == ([True] if wider else [])


def test_a_recording_that_a_pattern_may_read_is_used() -> None:
    text = rules('record: "a:b:c", expr: "up"', "alert: A, expr: \"{__name__=~'a:.*'} > 1\"")
    assert found("rule/unused-recording", text) == []
    assert found("rule/unused-recording", text.replace("'a:.*'", "'b:.*'")) == ["no rule reads `a:b:c`"]


@pytest.mark.parametrize(
    ("name", "is_dangling"),
    [
        ("job:requests:rate1h", True),
        ("job:request:rate5m", True),
        ("job:all_requests:rate5m", True),
        ("requests:rate5m", False),
        ("job:requests:max", False),  # recorded elsewhere, as far as anybody knows
        ("node:cpu:sum", False),
        ("job:requests:rate5m", False),
    ],
)
def test_a_name_dangles_where_it_looks_like_a_recorded_one(name: str, is_dangling: bool) -> None:
    text = rules('record: "job:requests:rate5m", expr: "sum by (job) (a)"', f'alert: A, expr: "{name} > 1"')
    assert bool(found("rule/dangling", text)) == is_dangling


def test_a_name_that_the_server_has_does_not_dangle() -> None:
    text = rules('record: "job:a:rate5m", expr: "up"', 'alert: A, expr: "job:a:rate1h > 1"')
    inventory = Inventory(metrics={"job:a:rate1h": Metric(name="job:a:rate1h", series=1)})
    assert lint_text(text, check("rule/dangling"), inventory=inventory) == []
    (one,) = lint_text(text, check("rule/dangling"))
    assert one.allowed == "`job:a:rate5m`, which is recorded"


def test_what_absent_or_or_and_unless_do_without_may_be_missing() -> None:
    for expr in ("absent(job:a:rate1h)", "up or job:a:rate1h", "up unless job:a:rate1h"):
        text = rules('record: "job:a:rate5m", expr: "up"', f'alert: A, expr: "{expr}"')
        assert found("rule/dangling", text) == []


def test_a_rule_reads_late_what_stands_below_it() -> None:
    late = rules('alert: A, expr: "a:b:c > 1"', 'record: "a:b:c", expr: "up"', head="interval: 30s")
    (message,) = found("rule/evaluation-order", late)
    assert "further down in its group: the value is 30s old" in message
    averaged = late.replace("a:b:c > 1", "avg_over_time(a:b:c[1h]) > 1")
    assert found("rule/evaluation-order", averaged) == []
    both = rules(
        'record: "a:b:c", expr: "up"', 'alert: A, expr: "a:b:c > 1"', 'record: "a:b:c", expr: "down"'
    )
    assert found("rule/evaluation-order", both) == []


def test_vmalert_has_no_order_within_a_group() -> None:
    text = rules('record: "a:b:c", expr: "up"', 'alert: A, expr: "a:b:c > 1"')
    assert found("rule/evaluation-order", text) == []
    (message,) = found("rule/evaluation-order", text, Target(dialect="victoriametrics"))
    assert "whose results vmalert stores afterwards" in message


def test_an_alert_lags_behind_a_slower_group_only() -> None:
    def groups(record: str, alert: str) -> str:
        return (
            f"groups:\n  - {{name: r, interval: {record}, rules: [{{record: 'a:b:c', expr: up}}]}}\n"
            f"  - {{name: a, interval: {alert}, rules: [{{alert: A, expr: 'a:b:c > 1'}}]}}\n"
        )

    (message,) = found("rule/dependency-lag", groups("5m", "1m"))
    assert message == "`A` reads `a:b:c` of group `r`, so the value can be 5m old"
    assert found("rule/dependency-lag", groups("1m", "1m")) == []


def test_a_group_that_only_alerts_may_be_rare() -> None:
    text = rules('alert: A, expr: "up == 0"', head="interval: 1h")
    assert found("group/interval", text) == []
    recording = rules('record: "a:b:c", expr: "up"', head="interval: 1h")
    assert found("group/interval", recording) == ["group `g` records every 1h, and a sample is gone after 5m"]
    assert found("group/interval", recording, Target(dialect="victoriametrics")) == []


@pytest.mark.parametrize(
    ("expr", "fires_at_once"),
    [
        ("absent(up)", True),
        ("absent(up) == 1", True),
        ("a > 1 or absent(a)", True),
        ("absent(a) or absent(b)", True),
        ("sum(absent(up)) > 0", True),
        ("absent(a) and on () up", False),
        ("absent_over_time(up[10m])", False),
        ("a unless absent(b)", False),
    ],
)
def test_an_absence_that_does_not_wait(expr: str, fires_at_once: bool) -> None:
    text = rules(f'alert: A, expr: "{expr}"')
    assert bool(found("alerts/absent-for", text)) == fires_at_once
    assert found("alerts/absent-for", text.replace("alert: A", "alert: A, for: 5m")) == []
    assert bool(found("alerts/absent-for", text.replace("alert: A", "alert: A, for: 0s"))) == fires_at_once


def test_any_text_that_tells_what_is_wrong_is_a_summary() -> None:
    for name in ("summary", "description", "message", "title"):
        text = rules(f'alert: A, expr: "up == 0", annotations: {{{name}: x}}')
        assert found("alerts/missing-summary", text) == []
    assert found("alerts/missing-summary", rules('alert: A, expr: "up == 0"')) == ["`A` has no summary"]


def test_a_group_can_name_the_owner_of_its_alerts() -> None:
    alert = 'alert: A, expr: "up == 0"'
    assert found("alerts/missing-owner", rules(alert)) == ["`A` has no owner"]
    assert found("alerts/missing-owner", rules(alert, head="labels: {team: x}")) == []


def matcher(text: str) -> LabelMatcher:
    """`code=~5..` as a matcher."""
    for operator in ("=~", "!~", "!=", "="):
        name, found, value = text.partition(operator)
        if found:
            return LabelMatcher(name, operator, value)  # type: ignore[arg-type]
    raise ValueError(text)


@pytest.mark.parametrize(
    ("text", "value", "answer"),
    [
        ("a=x", "x", True),
        ("a!=x", "", True),
        ("a=~5..", "503", True),
        ("a=~5..", "50", False),
        ("a!~5..|429", "429", False),
        ("a=~1(\\.0)?", "1.0", True),
        ("a=~(x+)+y", "x", None),
        ("a=~\\pL", "x", None),
    ],
)
def test_what_a_matcher_accepts(text: str, value: str, answer: bool | None) -> None:
    assert accepts(matcher(text), value) is answer


@pytest.mark.parametrize(
    ("have", "wanted", "answer"),
    [
        (["a=x"], "a=x", True),
        (["a=x"], "a=~x|y", True),
        (["a=~x|z"], "a=~x|y", False),
        (["b=x"], "a=x", False),
        (["a=~x.*"], "a=~x.+", None),
        ([], "a=~.*", True),
    ],
)
def test_what_matchers_imply(have: list[str], wanted: str, answer: bool | None) -> None:
    assert implied([matcher(one) for one in have], matcher(wanted)) is answer


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        ("a=x", "a=y", True),
        ("a=x", "b=y", False),
        ("a=~2..", "a=~3..", True),
        ("a=~2..|4..", "a=~4.*", False),
        ("a=x", "a!=x", True),
        ("a=~(2|3)..", "a=~4..", False),
    ],
)
def test_which_matchers_exclude_each_other(left: str, right: str, answer: bool) -> None:
    assert are_disjoint([matcher(left)], [matcher(right)]) == answer
    assert are_disjoint([matcher(right)], [matcher(left)]) == answer
