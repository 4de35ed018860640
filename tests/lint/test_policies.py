"""What a team demands of its rules: which rules a policy speaks of, what it objects to, and what may be written."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.compiler.spec.patterns import LONGEST_PATTERN, Pattern
from promgen.lint.check import Check, Context
from promgen.lint.checks import (
    CHECKS,
    alerts_annotation,
    promql_aggregate,
    promql_selector,
    rule_for,
    rule_label,
    rule_link,
    rule_name,
    rule_owner,
    rule_reject,
)
from promgen.lint.globs import fits
from promgen.lint.policy import policies_of
from promgen.lint.read import read_rule_file
from promgen.model.catalog import Target
from tests.lint.configured import HEAD, mistakes_in, project_in
from tests.lint.examples import PATH, lint_text

POLICY_CHECKS = [check for check in CHECKS if check.needs == "policies"]


def policy(*lines: str, reason: str = "because we say so") -> str:
    """Configuration with one policy."""
    body = "".join(f"      {line}\n" for line in (f"reason: {reason}", *lines))
    return "lint:\n  policies:\n    -" + body[5:]


def alert(*lines: str, expr: str = "up == 0", name: str = "Down") -> str:
    """A rule file with one alert."""
    return rules(f"- alert: {name}", f"  expr: {expr}", *(f"  {line}" for line in lines))


def record(expr: str, name: str = "job:up:sum") -> str:
    """A rule file with one recording rule."""
    return rules(f"- record: {name}", f"  expr: {expr}")


def rules(*lines: str, group: str = "") -> str:
    shared = f"    {group}\n" if group else ""
    return f"groups:\n  - name: shop\n{shared}    rules:\n" + "".join(f"      {line}\n" for line in lines)


def objections(check: Check, configuration: str, text: str) -> list[str]:
    """What a check says about a rule file, with what it would allow."""
    return [f"{one.message} -> {one.allowed}" for one in _found(check, configuration, text)]


def _found(check: Check, configuration: str, text: str) -> list[Diagnostic]:
    return lint_text(text, replace(check, configuration=configuration))


# --- which rules a policy speaks of


@pytest.mark.parametrize(
    ("condition", "speaks"),
    [
        ("rules: alert", True),
        ("rules: record", False),
        ("rules: all", True),
        ("match: {name: Down}", True),
        ("match: {name: Dow}", False),
        ("match: {name: 'D.*'}", True),
        ("match: {labels: {severity: critical}}", True),
        ("match: {labels: {severity: [high, critical]}}", True),
        ("match: {labels: {severity: {matches: 'crit.*'}}}", True),
        ("match: {labels: {severity: {notMatches: 'crit.*'}}}", False),
        ("match: {labels: {severity: {isNot: critical}}}", False),
        ("match: {labels: {severity: critical, zone: eu}}", False),
        ("match: {labels: {zone: ''}}", True),
        ("match: {labels: {zone: {isNot: ['']}}}", False),
        ("match: {paths: [example.yaml]}", True),
        ("match: {paths: ['vendor/**']}", False),
        ("match: {paths: ['vendor/**', '*.yaml']}", True),
        ("match: {name: Down, labels: {severity: high}}", False),
    ],
)
def test_a_policy_speaks_of_the_rules_that_meet_every_condition(condition: str, speaks: bool) -> None:
    found = objections(
        rule_label.CHECK, policy(condition, "labels: {team: {}}"), alert("labels: {severity: critical}")
    )
    assert bool(found) is speaks


@pytest.mark.parametrize(
    ("glob", "path", "is_meant"),
    [
        ("rules/*.yaml", "rules/a.yaml", True),
        ("rules/*.yaml", "rules/b/a.yaml", False),
        ("rules/**", "rules/b/a.yaml", True),
        ("rules/**", "other/rules/a.yaml", False),
        ("**/a.yaml", "a.yaml", True),
        ("**/a.yaml", "b/c/a.yaml", True),
        ("**/a.yaml", "b/aa.yaml", False),
        ("rules/?.yaml", "rules/é.yaml", True),
        ("a+(b).yaml", "a+(b).yaml", True),
        ("[ab].yaml", "a.yaml", False),
    ],
)
def test_a_star_stays_within_a_name_and_two_go_through_folders(glob: str, path: str, is_meant: bool) -> None:
    assert fits(path, glob) is is_meant


def test_a_violation_has_the_level_the_reason_and_the_place_of_its_policy() -> None:
    configuration = policy("level: error", "labels: {team: {}}", reason="routes are chosen by team")
    (found,) = _found(rule_label.CHECK, configuration, alert())
    assert found.level is Level.ERROR
    assert [related.text for related in found.related] == ["demanded because: routes are chosen by team"]
    place = found.related[0].span
    assert str(place) == "promgen.yaml:5:7"
    assert (HEAD + configuration).split("\n")[place.line - 1].strip() == "- reason: routes are chosen by team"
    assert (found.subject, str(found.span)) == ("shop/Down", f"{PATH}:4:16")


def test_a_rule_answers_to_every_policy_that_speaks_of_it() -> None:
    second = policy("labels: {zone: {}}", "level: info").partition("policies:\n")[2]
    found = _found(rule_label.CHECK, policy("labels: {team: {}}") + second, alert())
    assert [(one.message, one.level) for one in found] == [
        ("no label `team`", Level.WARNING),
        ("no label `zone`", Level.INFO),
    ]


@pytest.mark.parametrize("check", POLICY_CHECKS, ids=lambda check: check.problem.slug)
def test_without_a_policy_nothing_is_found(check: Check) -> None:
    assert lint_text(check.bad, replace(check, configuration="")) == []


# --- labels and annotations


@pytest.mark.parametrize(
    ("demand", "labels", "expected"),
    [
        ("critical", "{team: critical}", []),
        ("critical", "{team: high}", ["label `team` is `high` -> `critical`"]),
        ("[critical, high]", "{team: low}", ["label `team` is `low` -> one of `critical`, `high`"]),
        ("{}", "{team: ''}", ["no label `team` -> any value"]),
        ("{matches: '[a-z]+'}", "{team: ab1}", ["label `team` is `ab1` -> a match of `[a-z]+`"]),
        ("{matches: 'a|b'}", "{team: ab}", ["label `team` is `ab` -> a match of `a|b`"]),
        ("{notMatches: 'x.*'}", "{team: xy}", ["label `team` is `xy` -> no match of `x.*`"]),
        ("{isNot: [nobody, none]}", "{team: none}", ["label `team` is `none` -> not `nobody` or `none`"]),
        ("{optional: true, matches: '[a-z]+'}", "{}", []),
        (
            "{optional: true, matches: '[a-z]+'}",
            "{team: '1'}",
            ["label `team` is `1` -> a match of `[a-z]+`"],
        ),
    ],
)
def test_a_label_is_there_and_has_a_value_that_is_allowed(
    demand: str, labels: str, expected: list[str]
) -> None:
    assert (
        objections(rule_label.CHECK, policy(f"labels: {{team: {demand}}}"), alert(f"labels: {labels}"))
        == expected
    )


def test_labels_of_the_group_count_and_those_of_the_rule_replace_them() -> None:
    configuration = policy("labels: {team: [payments]}")
    group = "labels: {team: payments}"
    own = ("- alert: Down", "  expr: up == 0")
    assert objections(rule_label.CHECK, configuration, rules(*own, group=group)) == []
    other = (*own, "  labels: {team: search}")
    found = objections(rule_label.CHECK, configuration, rules(*other, group=group))
    assert found == ["label `team` is `search` -> one of `payments`"]


def test_annotations_are_demanded_of_alerts_alone() -> None:
    configuration = policy("annotations: {summary: {matches: '.{5,}'}}")
    assert objections(alerts_annotation.CHECK, configuration, record("sum by (job) (up)")) == []
    assert objections(alerts_annotation.CHECK, configuration, alert()) == [
        "no annotation `summary` -> a match of `.{5,}`"
    ]
    lines = ("annotations:", "  summary: |", "    many", "    lines")
    assert objections(alerts_annotation.CHECK, configuration, alert(*lines)) == []


@pytest.mark.parametrize(
    ("value", "is_link"),
    [
        ("https://runbooks.example.com/a?b=c#d", True),
        ("http://localhost:9090", True),
        ("https://example.com/{{ $labels.instance }}/{{ $value | humanize }}", True),
        ("https://{{ $labels.host }}/x", True),
        ("{{ $externalURL }}/graph", True),
        ("runbooks.example.com/a", False),
        ("/wiki/Checkout", False),
        ("https://", False),
        ("https:///path", False),
        ("ftp://example.com/a", False),
        ("javascript:alert(1)", False),
        ("https://example.com/a b", False),
        ("http://[broken", False),
        ("TODO", False),
    ],
)
def test_a_link_is_a_url_of_a_page_whatever_its_templates_become(value: str, is_link: bool) -> None:
    found = objections(
        rule_link.CHECK, policy("links: [runbook_url]"), alert(f"annotations: {{runbook_url: '{value}'}}")
    )
    assert (found == []) is is_link


def test_a_link_that_is_not_there_is_none_of_that_check() -> None:
    assert objections(rule_link.CHECK, policy("links: [runbook_url]"), alert()) == []


# --- names, times, owners


def test_a_name_matches_as_a_whole() -> None:
    configuration = policy("rules: alert", "name: '[A-Z][a-z]+'")
    assert objections(rule_name.CHECK, configuration, alert(name="Down")) == []
    expected = ["the name `DownNow` is not of the agreed form -> a match of `[A-Z][a-z]+`"]
    assert objections(rule_name.CHECK, configuration, alert(name="DownNow")) == expected
    assert objections(rule_name.CHECK, configuration, record("sum(up)")) == []


@pytest.mark.parametrize(
    ("wanted", "written", "expected"),
    [
        ("for: {min: 1m}", "for: 1m", []),
        ("for: {min: 1m}", "for: 59s", ["`for` is 59s -> at least 1m"]),
        ("for: {min: 1m}", "labels: {}", ["no `for` -> at least 1m"]),
        ("for: {max: 1h}", "for: 1h", []),
        ("for: {max: 1h}", "for: 61m", ["`for` is 1h1m -> at most 1h"]),
        ("for: {max: 1h}", "labels: {}", []),
        ("for: {min: 1m, max: 1h}", "for: 2h", ["`for` is 2h -> at most 1h"]),
        ("keepFiringFor: {min: 5m}", "keep_firing_for: 1m", ["`keep_firing_for` is 1m -> at least 5m"]),
        ("keepFiringFor: {max: 5m}", "keep_firing_for: 5m", []),
    ],
)
def test_times_are_within_their_limits(wanted: str, written: str, expected: list[str]) -> None:
    assert objections(rule_for.CHECK, policy(wanted), alert(written)) == expected


def test_a_recording_rule_waits_for_nothing() -> None:
    assert objections(rule_for.CHECK, policy("for: {min: 1m}"), record("sum(up)")) == []


def test_an_owner_is_a_label_or_a_comment_in_the_rule_above_it_or_at_the_head_of_the_file() -> None:
    configuration = policy("owner: [payments, search]")
    nobody = ["nobody owns the rule -> one of `payments`, `search`, as `# owner: NAME`"]
    plain = alert()
    assert objections(rule_owner.CHECK, configuration, plain) == nobody
    assert objections(rule_owner.CHECK, configuration, alert("labels: {owner: search}")) == []
    assert objections(rule_owner.CHECK, configuration, alert("# owner: search", "for: 5m")) == []
    assert objections(rule_owner.CHECK, configuration, f"# The shop.\n# owner: search\n{plain}") == []
    above = "      # owner: search\n      # and more\n"
    assert (
        objections(rule_owner.CHECK, configuration, plain.replace("      - alert", f"{above}      - alert"))
        == []
    )
    apart = f"{above}\n"
    assert (
        objections(rule_owner.CHECK, configuration, plain.replace("      - alert", f"{apart}      - alert"))
        == nobody
    )
    assert objections(rule_owner.CHECK, configuration, alert("# owner: nobody", "for: 5m")) == [
        "`nobody` cannot own the rule -> one of `payments`, `search`"
    ]


def test_the_comment_of_one_rule_speaks_for_no_other() -> None:
    owned, other = ("# owner: payments", "- alert: A", "  expr: up == 0"), ("- alert: B", "  expr: up == 0")
    for order in ((*owned, *other), (*other, *owned)):
        found = _found(rule_owner.CHECK, policy("owner: {}"), rules(*order))
        assert [one.subject for one in found] == ["shop/B"]


# --- expressions


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (cluster, job) (a_total)", []),
        ("sum by (job) (a_total)", ["`sum by (job)` drops `cluster` -> `sum by (job, cluster)`"]),
        ("sum(a_total)", ["`sum` drops `cluster` -> `sum by (cluster)`"]),
        ("sum without (instance) (a_total)", []),
        (
            "sum without (instance, cluster) (a_total)",
            ["`sum without (instance, cluster)` drops `cluster` -> `sum without (instance)`"],
        ),
        ("max(sum by (job) (a_total))", ["`sum by (job)` drops `cluster` -> `sum by (job, cluster)`"]),
        ("max(sum by (cluster) (a_total))", ["`max` drops `cluster` -> `max by (cluster)`"]),
        ("sum(b_gauge)", []),
        ("sum(b_gauge) / sum by (cluster) (a_total)", []),
        ("topk(3, a_total)", []),
        ("a_total", []),
    ],
)
def test_no_aggregation_of_the_metric_drops_a_label_that_is_kept(expr: str, expected: list[str]) -> None:
    configuration = policy("aggregations: [{metric: '.+_total', keep: [cluster]}]")
    assert objections(promql_aggregate.CHECK, configuration, record(expr)) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (job) (a_total)", []),
        ("sum(a_total)", []),
        ("sum by (instance) (a_total)", ["`sum by (instance)` keeps `instance` -> `sum`"]),
        (
            "sum without (job) (a_total)",
            ["`sum without (job)` keeps `instance` -> `sum without (job, instance)`"],
        ),
        ("sum without (job) (sum without (instance) (a_total))", []),
        ("sum by (job) (max by (job, instance) (a_total))", []),
        (
            "max by (instance) (sum by (job, instance) (a_total))",
            ["`max by (instance)` keeps `instance` -> `max`"],
        ),
    ],
)
def test_no_aggregation_leaves_a_label_that_is_stripped(expr: str, expected: list[str]) -> None:
    configuration = policy("aggregations: [{strip: [instance]}]")
    assert objections(promql_aggregate.CHECK, configuration, record(expr)) == expected


@pytest.mark.parametrize(
    ("demand", "expr", "expected"),
    [
        ("{labels: [job]}", 'up{job="a"}', []),
        ("{labels: [job]}", 'up{job=~"a|b"}', []),
        ("{labels: [job]}", "up", ["`up` does not say which `job` -> a matcher for `job`"]),
        (
            "{labels: [job]}",
            'up / on (job) up{job="a"} + up',
            ["`up` does not say which `job` -> a matcher for `job`"],
        ),
        ("{labels: [job], metric: 'node_.*'}", "up + node_load1{job='a'}", []),
        (
            "{labels: [job], metric: 'node_.*'}",
            "up + node_load1",
            ["`node_load1` does not say which `job` -> a matcher for `job`"],
        ),
        ("{labels: [job], inside: [absent]}", "up == 0", []),
        (
            "{labels: [job], inside: [absent]}",
            "absent(up == 0) or vector(1)",
            ["`up` does not say which `job` -> a matcher for `job`"],
        ),
        (
            "{labels: [job], inside: [sum]}",
            "up - sum(rate(a_total[5m]))",
            ["`a_total[5m]` does not say which `job` -> a matcher for `job`"],
        ),
        (
            "{labels: [job]}",
            '{__name__=~"a.*"}',
            ['`{__name__=~"a.*"}` does not say which `job` -> a matcher for `job`'],
        ),
    ],
)
def test_selectors_carry_the_labels_that_are_demanded(demand: str, expr: str, expected: list[str]) -> None:
    text = record(f"|-\n          {expr}")
    assert objections(promql_selector.CHECK, policy(f"selectors: [{demand}]"), text) == expected


@pytest.mark.parametrize(
    ("rejected", "expected"),
    [
        ("labels: [team]", "a rule must not set the label `team` -> no match of `team`"),
        ("labels: ['t.+']", "a rule must not set the label `team` -> no match of `t.+`"),
        (
            r"labelValues: ['.*\{\{.*']",
            r"label `team` must not be `{{ $value }}` -> no match of `.*\{\{.*`",
        ),
        ("annotations: [note]", "a rule must not set the annotation `note` -> no match of `note`"),
        ("annotationValues: [TODO]", "annotation `note` must not be `TODO` -> no match of `TODO`"),
        ("metrics: ['old_.+']", "the expression must not use the metric `old_total` -> no match of `old_.+`"),
        ("functions: [irate]", "the expression must not use the function `irate` -> no match of `irate`"),
        (
            "functions: [quantile]",
            "the expression must not use the function `quantile` -> no match of `quantile`",
        ),
        ("metrics: [old]", ""),
        ("functions: [rate]", ""),
        ("labelValues: [TODO]", ""),
    ],
)
def test_what_is_rejected_is_found_where_it_is(rejected: str, expected: str) -> None:
    expr = "quantile(0.9, irate(old_total[5m])) > irate(old_total[1m])"
    text = alert("labels: {team: '{{ $value }}'}", "annotations: {note: TODO}", expr=expr)
    found = objections(rule_reject.CHECK, policy(f"reject: {{{rejected}}}"), text)
    assert found == ([expected] if expected else [])


def test_an_expression_that_cannot_be_read_is_left_to_the_reader() -> None:
    text = record("sum(old_total")
    demands = (
        "aggregations: [{keep: [job]}]",
        "selectors: [{labels: [job]}]",
        "reject: {metrics: ['.*'], functions: ['.*']}",
    )
    files = tuple(read_rule_file(text, PATH, Diagnostics()))
    context = Context(files=files, target=Target(), policies=policies_of(project_in(policy(*demands))))
    assert [rule.expression for _, _, rule in context.rules()] == [None]
    assert [found for check in POLICY_CHECKS for found in check.run(context)] == []


# --- what may be written


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("labels: {team: {matches: '('}}",), "`(` is not a regular expression: unclosed group"),
        (("name: '(?=a)b'",), "`(?=a)b` is not a regular expression: look-around"),
        (("name: 'a)|(b'",), "`a)|(b` is not a regular expression: unopened group"),
        (
            ("name: '(a{1000}){1000}'",),
            "`(a{1000}){1000}` is not a regular expression: compiled regex exceeds",
        ),
        (
            (f"name: {'a' * (LONGEST_PATTERN + 1)}",),
            "`aaaaaaaaaaaaaaaaaaaa…` is not a regular expression: more",
        ),
        (("name: 5",), "`5` is not a regular expression; quote it"),
        (("for: {min: 2h, max: 1h}",), "nothing is at least 2h and at most 1h long"),
        (("level: error",), "the policy demands nothing"),
        (("lables: {}",), "unknown key `lables`"),
        (("level: fatal", "name: a"), "`fatal` is not allowed here"),
        (("selectors: [{labels: []}]",), "`a list`: list should have at least 1 item"),
    ],
)
def test_a_mistake_in_a_policy_is_reported_where_it_is_written(lines: tuple[str, ...], message: str) -> None:
    (found,) = mistakes_in(policy(*lines))
    assert found.message.startswith(message)
    assert found.span is not None
    assert found.span.file == "promgen.yaml"
    assert found.span.line >= 5


def test_a_policy_needs_a_reason() -> None:
    assert [one.message for one in mistakes_in("lint: {policies: [{name: a}]}\n")] == ["`reason` is missing"]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a|b", "a", True),
        ("a|b", "ab", False),
        ("a.b", "a\nb", True),
        ("a", "a\n", False),
        ("", "", True),
        ("(?i)down", "DOWN", True),
        (r"\d+", "12", True),
        (".*", "\udc80", False),
    ],
)
def test_a_pattern_matches_whole_texts(pattern: str, text: str, matches: bool) -> None:
    assert Pattern(pattern).matches(text) is matches


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+b", "(.*)*=(.*)*b", "(a?){60}a{60}b"])
def test_no_pattern_takes_long_whatever_the_text(pattern: str) -> None:
    """Python's own engine needs more than the age of the universe for most of these."""
    started = time.monotonic()
    assert not Pattern(pattern).matches("a" * 20_000)
    assert time.monotonic() - started < 2
