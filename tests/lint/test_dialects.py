"""What rulers take: the table says of Prometheus what its own promtool says, and the check says it of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.lint.check import Context
from promgen.lint.checks import CHECKS
from promgen.lint.dialects import (
    DIALECTS,
    FUNCTIONS_SINCE,
    GROUP_FIELDS,
    RULE_FIELDS,
    field_fault,
    function_fault,
    guess_dialect,
    limits_of,
)
from promgen.lint.rules import File, Group
from promgen.model.catalog import Dialect, Limits, Target
from tests.lint.examples import files_of, lint_text
from tests.real import Install, PromtoolError
from tests.real.promtool import run

UNSUPPORTED = next(check for check in CHECKS if check.problem.slug == "target/unsupported")
LIMIT = next(check for check in CHECKS if check.problem.slug == "group/limit")

VALUES = {
    "name": "g",
    "rules": "[{record: a, expr: b}]",
    "limit": "5",
    "labels": "{a: b}",
    "query_offset": "1m",
    "interval": "1m",
}
RULE = "groups:\n  - name: g\n    rules:\n      - record: a:b:c\n        expr: {}\n"
OBJECT = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{name: example}}
spec:
  groups:
    - name: g
      {}
      rules:
        - record: a:b:c
          expr: up
"""


def version(install: Install) -> tuple[int, int]:
    major, minor, *_ = install.version.split(".")
    return int(major), int(minor)


def refusal(install: Install, folder: Path, text: str) -> str:
    """What promtool says against a rule file; empty where it loads it."""
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        run(install, "check", "rules", str(path))
    except PromtoolError as error:
        return str(error)
    return ""


def messages(text: str, target: Target) -> list[str]:
    return [found.message for found in lint_text(text, UNSUPPORTED, target=target)]


@pytest.mark.parametrize("field", GROUP_FIELDS)
def test_promtool_knows_the_fields_of_a_group_that_the_table_gives_it(
    field: str, install: Install, tmp_path: Path
) -> None:
    fields = {"name": "g", "rules": "[]", field: VALUES.get(field, "1")}
    text = "groups:\n  - " + "\n    ".join(f"{name}: {value}" for name, value in fields.items()) + "\n"
    expected = bool(field_fault(GROUP_FIELDS[field], "prometheus", version(install)))
    assert (f"field {field} not found" in refusal(install, tmp_path, text)) == expected


@pytest.mark.parametrize("field", sorted(RULE_FIELDS.keys() - {"alert", "record"}))
def test_promtool_knows_the_fields_of_a_rule_that_the_table_gives_it(
    field: str, install: Install, tmp_path: Path
) -> None:
    value = {"labels": "{a: b}", "annotations": "{a: b}", "expr": "up > 0"}.get(field, "1m")
    fields = {"alert": "Up", "expr": "up", field: value}
    rule = "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"
    expected = bool(field_fault(RULE_FIELDS[field], "prometheus", version(install)))
    found = refusal(install, tmp_path, f"groups: [{{name: g, rules: [{rule}]}}]\n")
    assert (f"field {field} not found" in found) == expected


@pytest.mark.parametrize("function", FUNCTIONS_SINCE)
def test_promtool_calls_the_functions_that_the_table_gives_it(
    function: str, install: Install, tmp_path: Path
) -> None:
    found = refusal(install, tmp_path, RULE.format(f"{function}()"))
    expected = bool(function_fault(function, "prometheus", version(install)))
    is_keyword_only = function in {"start", "end"}  # `@ end()` made them words before they were functions
    assert ("unknown function" in found) == (expected and not is_keyword_only)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("source_tenants: [a]", "prometheus"),
        ("partial_response_strategy: warn", "mimir"),
        ("evaluation_delay: 1m", "thanos"),
        ("align_evaluation_time_on_interval: true", "victoriametrics"),
    ],
)
def test_a_field_of_another_ruler_is_named_with_its_owner(text: str, dialect: Dialect) -> None:
    rules = f"groups:\n  - name: g\n    {text}\n    rules: [{{record: 'a:b:c', expr: up}}]\n"
    (found,) = lint_text(rules, UNSUPPORTED, target=Target(dialect=dialect))
    field = text.partition(":")[0]
    owner = {"partial_response_strategy": "Thanos"}.get(field, "Mimir")
    assert found.message.startswith(f"`{field}` is a field of {owner}")
    assert found.is_error
    assert found.span is not None
    assert (found.span.line, found.subject) == (3, "g")


def test_fields_of_vmalert_are_for_vmalert_alone() -> None:
    (file,) = files_of(RULE.format("up"))
    group = file.groups[0]
    late = Group(name="g", rules=group.rules, fields={"eval_offset": "1m"}, places=group.places)
    changed = File(path=file.path, kind=file.kind, groups=(late,))
    for dialect in DIALECTS:
        context = Context(files=(changed,), target=Target(dialect=dialect))
        assert bool(list(UNSUPPORTED.run(context))) == (dialect != "victoriametrics")
    assert field_fault(GROUP_FIELDS["eval_offset"], "prometheus", (3, 5)) == (
        "is a field of vmalert; Prometheus refuses it"
    )


def test_an_operator_drops_what_its_prometheus_is_too_old_for() -> None:
    (message,) = messages(OBJECT.format("query_offset: 1m"), Target(prometheus=(2, 42)))
    assert message == "`query_offset` needs Prometheus 2.53; the target is 2.42, where the operator drops it"
    assert messages(OBJECT.format("query_offset: 1m"), Target(prometheus=(2, 53))) == []


def test_the_strategy_of_thanos_is_a_field_of_a_prometheus_rule() -> None:
    assert messages(OBJECT.format("partial_response_strategy: warn"), Target(dialect="prometheus")) == []


def test_an_object_for_another_evaluator_is_not_held_to_a_version_of_prometheus() -> None:
    text = OBJECT.format("query_offset: 1m").replace("expr: up", "expr: histogram_avg(x)")
    assert len(messages(text, Target())) == 2
    assert messages(text, Target(dialect="thanos")) == []
    assert messages(OBJECT.format("source_tenants: [a]"), Target(dialect="mimir")) == [
        "`source_tenants` is a field of Mimir; prometheus-operator drops it silently"
    ]


def test_without_a_declared_dialect_the_fields_of_a_file_tell_it() -> None:
    assert guess_dialect(["limit", "source_tenants"], ["record", "expr"]) == "mimir"
    assert guess_dialect(["source_tenants", "partial_response_strategy"], []) == "prometheus"
    text = "groups:\n  - name: g\n    partial_response_strategy: warn\n    rules: [{record: 'a:b:c', expr: up}]\n"
    assert messages(text, Target()) == []
    assert len(messages(text, Target(dialect="prometheus"))) == 1


def test_fields_that_no_one_ruler_knows_together_are_named() -> None:
    text = (
        "groups:\n  - name: g\n    source_tenants: [a]\n    partial_response_strategy: warn\n    rules: []\n"
    )
    assert [message.split("`")[1] for message in messages(text, Target())] == [
        "source_tenants",
        "partial_response_strategy",
    ]


@pytest.mark.parametrize(
    ("expr", "target", "fault"),
    [
        ("histogram_avg(x)", Target(), "`histogram_avg` needs Prometheus 2.51; the target is 2.42"),
        ("limitk(3, x)", Target(), "`limitk` needs Prometheus 2.54; the target is 2.42"),
        ("histogram_avg(x)", Target(prometheus=(3, 5)), ""),
        ("histogram_avg(x)", Target(dialect="thanos"), ""),
        ("histogram_avg(x)", Target(dialect="victoriametrics"), ""),
        (
            "histogram_sum(x)",
            Target(dialect="victoriametrics"),
            "`histogram_sum` is no function of MetricsQL",
        ),
        ("x{'http.route'='/'}", Target(), "the name `http.route` needs Prometheus 3.0; the target is 2.42"),
        ("x{'http.route'='/'}", Target(prometheus=(3, 0)), ""),
        (
            "sum by ('http.route') (x)",
            Target(),
            "the name `http.route` needs Prometheus 3.0; the target is 2.42",
        ),
        ("{'my.metric'}", Target(), "the name `my.metric` needs Prometheus 3.0; the target is 2.42"),
        ("job:x:rate5m or {__name__=~'a'}", Target(), ""),
        (
            "x{a='1' or b='2'}",
            Target(prometheus=(3, 5)),
            "`or` between matchers is MetricsQL; Prometheus cannot read it",
        ),
        ("x{a='1' or b='2'}", Target(dialect="victoriametrics"), ""),
    ],
)
def test_functions_and_names_by_target(expr: str, target: Target, fault: str) -> None:
    text = RULE.format(f'"{expr}"')
    assert messages(text, target) == ([fault] if fault else [])


def test_limits_are_mimirs_unless_others_are_declared() -> None:
    rules = ", ".join(f"{{record: 'a:b:c{number}', expr: up}}" for number in range(21))
    text = f"groups:\n  - {{name: g, rules: [{rules}]}}\n"
    (found,) = lint_text(text, LIMIT, target=Target(dialect="mimir"))
    assert found.message == "group `g` has 21 rules, and the target takes 20"
    for target in (
        Target(dialect="prometheus"),
        Target(dialect="mimir", limits=Limits(rules_per_group=21)),
        Target(dialect="mimir", limits=Limits(rules_per_group=0)),
    ):
        assert lint_text(text, LIMIT, target=target) == []


def test_the_first_group_too_many_is_named() -> None:
    text = "groups:\n" + "".join(f"  - {{name: g{number}, rules: []}}\n" for number in range(72))
    (found,) = lint_text(text, LIMIT, target=Target(dialect="mimir"))
    assert found.subject == "g70"
    assert found.message == "there are 72 groups, and the target takes 70"


def test_an_object_that_the_operator_refuses_for_its_size_is_named() -> None:
    long = "x" * (512 * 1024)
    text = OBJECT.format("").replace("expr: up", f"expr: up\n          labels: {{a: {long}}}")
    (found,) = lint_text(text, LIMIT)
    assert found.message.endswith("prometheus-operator takes 512 KiB")
    assert lint_text(text.replace(long, long[:-1000]), LIMIT) == []


def test_nothing_declared_is_no_limit() -> None:
    assert limits_of(None, Limits()) == Limits(rules_per_group=0, groups=0)
    assert limits_of("mimir", Limits(groups=0)) == Limits(rules_per_group=20, groups=0)
