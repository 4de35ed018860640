"""Rule files are read as strictly as Prometheus reads them, with the place of every field; nothing makes the reader fail."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import MINUTE
from promgen.base.spans import Span
from promgen.lint.read import has_groups, read_rule_file
from promgen.lint.rules import File, Rule
from promgen.model.catalog import Target
from tests.real import Install
from tests.real.promtool import PromtoolError, run

WHOLE = """\
groups:
  - name: shop
    interval: 30s
    limit: 10
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: |
          up == 0

        for: 5m
        keep_firing_for: 1m
        labels:
          severity: page
          number: 1.50
        annotations:
          summary: "{{ $labels.job }} is down"
"""


class Read(NamedTuple):
    files: list[File]
    text: str
    diagnostics: Diagnostics

    @property
    def slugs(self) -> list[str]:
        return [found.problem.slug for found in self.diagnostics.sorted()]

    @property
    def rules(self) -> list[Rule]:
        return [rule for file in self.files for _, rule in file.rules()]

    def written(self, span: Span | None) -> str:
        """What stands at a place."""
        assert span is not None
        lines = self.text.split("\n")[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    @property
    def underlined(self) -> list[str]:
        return [self.written(found.span) for found in self.diagnostics.sorted()]


def read(text: str, version: tuple[int, int] = (2, 42)) -> Read:
    diagnostics = Diagnostics()
    text = textwrap.dedent(text)
    return Read(read_rule_file(text, "rules.yml", diagnostics, Target(prometheus=version)), text, diagnostics)


def in_group(rules: str) -> str:
    return "groups:\n  - name: shop\n    rules:\n" + textwrap.indent(textwrap.dedent(rules), "      ")


def test_a_rule_file_is_read_with_every_field() -> None:
    found = read(WHOLE)
    assert found.slugs == []
    (file,) = found.files
    assert (file.path, file.kind) == ("rules.yml", "rules")
    (group,) = file.groups
    assert (group.name, str(group.interval), group.fields) == ("shop", "30s", {"limit": 10})
    record, alert = group.rules
    assert (record.kind, record.name, record.expr) == ("record", "job:up:sum", "sum by (job) (up)")
    assert (alert.kind, alert.name, alert.hold, alert.keep_firing_for) == (
        "alert",
        "Down",
        MINUTE * 5,
        MINUTE,
    )
    assert alert.labels == {"severity": "page", "number": "1.50"}
    assert str(alert.expression) == "up == 0"
    assert alert.subject == "shop/Down"


def test_every_field_has_its_place() -> None:
    found = read(WHOLE)
    alert = found.rules[1]
    written = {name: found.written(span) for name, span in alert.places.items() if name}
    assert written == {
        "name": "Down",
        "expr": "up == 0",
        "for": "5m",
        "keep_firing_for": "1m",
        "labels": "severity: page\n          number: 1.50",
        "labels/severity": "page",
        "labels/number": "1.50",
        "annotations": 'summary: "{{ $labels.job }} is down"',
        "annotations/summary": '"{{ $labels.job }} is down"',
    }
    assert found.written(found.rules[0].span()) == "record: job:up:sum\n        expr: sum by (job) (up)"
    assert found.written(found.files[0].groups[0].span("interval")) == "30s"


def test_an_error_in_a_block_of_text_is_underlined_where_it_is() -> None:
    found = read(
        in_group("""\
        - alert: Down
          expr: |
            sum by (job) (
              rate(up[5m])
            ) / sum_by (job)
        - alert: Up
          expr: "up{job=\\"a\\"} =="
        """)
    )
    assert found.slugs == ["promql/syntax", "promql/syntax"]
    assert found.underlined[0] == "sum_by"
    assert [rule.expression for rule in found.rules] == [None, None]


OBJECT = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop, labels: {role: rules}}
spec:
  groups:
    - name: shop
      rules:
        - alert: Down
          expr: up == 0
          labels: {severity: page}
"""


def test_objects_of_kubernetes_are_read_among_others_and_in_lists() -> None:
    listed = textwrap.indent(OBJECT, "    ").replace("    api", "  - api", 1)
    other = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n"
    found = read(f"{other}---\n{OBJECT}---\n---\napiVersion: v1\nkind: List\nitems:\n{listed}")
    assert found.slugs == []
    assert [file.kind for file in found.files] == ["PrometheusRule", "PrometheusRule"]
    assert [rule.name for rule in found.rules] == ["Down", "Down"]


def test_kubernetes_does_not_take_a_number_for_a_text() -> None:
    found = read(OBJECT.replace("severity: page", "severity: 1").replace("up == 0", "1"))
    assert found.slugs == ["rules/wrong-type"]
    assert found.underlined == ["1"]
    assert found.rules[0].labels == {}
    assert found.rules[0].expr == "1"


def test_merge_keys_are_merged() -> None:
    found = read(
        in_group("""\
        - &down
          alert: Down
          expr: up == 0
          labels: {severity: page}
        - <<: *down
          alert: DownToo
        """)
    )
    assert found.slugs == []
    assert [(rule.name, rule.expr, rule.labels) for rule in found.rules] == [
        ("Down", "up == 0", {"severity": "page"}),
        ("DownToo", "up == 0", {"severity": "page"}),
    ]
    assert found.written(found.rules[1].span()) == "<<: *down\n        alert: DownToo"


def test_what_promgen_cannot_read_but_prometheus_may_is_no_error() -> None:
    found = read(in_group("- {record: a, expr: 'rate(up[5m] anchored)'}\n"))
    assert found.slugs == ["rules/unread-expression"]
    assert not found.diagnostics.has_errors


def test_a_dollar_in_an_expression_is_an_error() -> None:
    found = read(
        in_group("- {record: a, expr: 'rate(up[$window])'}\n- {record: b, expr: 'rate(up[$__rate])'}\n")
    )
    assert found.slugs == ["promql/syntax", "promql/syntax"]
    assert [one[:1] for one in found.underlined] == ["$", "$"]


def test_a_second_document_that_prometheus_would_not_read_is_an_error() -> None:
    found = read(f"{WHOLE}---\n{WHOLE}")
    assert found.slugs == ["rules/ignored-document"]
    assert len(found.rules) == 4


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (WHOLE, True),
        (OBJECT, True),
        ('{"groups": []}', True),
        ("---\ngroups : []", True),
        ("rule_files: [a]\ntests: []", False),
        ("spec:\n  slos:\n    - groupBy: [region]", False),
        ("services:\n  web:\n    groups: [a]\n", False),
        ("users:\n  - groups: [admin]\n", False),
        ("  groups:\n    - name: a\n", True),
        ("users:\n  - groups: [admin\n", True),  # it cannot be read, so nobody knows
    ],
)
def test_files_that_hold_rules_are_told_apart(text: str, is_one: bool) -> None:
    assert has_groups(text) is is_one


HELM = """\
{{- if .Values.rules }}
groups:
  - name: {{ .Release.Name }}
    rules:
{{ toYaml .Values.rules | indent 6 }}
{{- end }}
"""


@pytest.mark.parametrize("text", [HELM, "groups: [", "groups:\n\t- name: a", "a: b: c", "groups: [{{ x }}]"])
def test_a_file_that_is_not_yaml_is_one_error(text: str) -> None:
    found = read(text)
    assert len([one for one in found.diagnostics.sorted() if one.problem.slug.startswith("source/")]) == 1
    assert len(found.slugs) == 1


@pytest.mark.parametrize(
    "text",
    [
        HELM,
        "groups:\n{% for one in all %}\n{% endfor %}\n",
        in_group("- alert: A\n  expr: up\n  for: {{ .Values.for }}\n"),
    ],
)
def test_a_template_that_is_not_filled_in_yet_is_called_so(text: str) -> None:
    (found,) = read(text).diagnostics.sorted()
    assert found.allowed.endswith("check what Helm or Jinja fills in as it comes out of them")


def test_other_mistakes_are_not_taken_for_templates() -> None:
    for text in ("groups: [", "? [a]\n: b\n", "groups: &a [*b]"):
        (found,) = read(text).diagnostics.sorted()
        assert found.allowed in {"", "text keys"}


def test_a_rule_ends_with_the_last_thing_in_it() -> None:
    found = read(in_group("- alert: A\n  expr: up\n  labels: {}\n\n# more\n\n- alert: B\n  expr: up\n"))
    assert found.written(found.rules[0].span()).endswith("labels: {}")


def test_templates_in_texts_are_texts() -> None:
    found = read(in_group("- alert: '{{ .Values.name }}'\n  expr: up{job=\"{{ .Values.job }}\"} == 0\n"))
    assert found.slugs == []


@given(st.text(alphabet="groups:name rl-[]{}'\"|>&*!<\n\t #1é\r\u2028", max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    read_rule_file(text, "rules.yml", Diagnostics())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "5m", "up == 0", "a b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["groups", "name", "rules", "alert", "record", "expr", "for", "labels", "annotations", "spec"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_no_shape_makes_the_reader_fail(data: object, is_object: bool) -> None:
    head = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"} if is_object else {}
    text = json.dumps({**head, ("spec" if is_object else "groups"): data})
    diagnostics = Diagnostics()
    for file in read_rule_file(text, "rules.yml", diagnostics):
        for _, rule in file.rules():
            assert "" in rule.places


class Case(NamedTuple):
    """A rule file, and what is wrong with it."""

    name: str
    text: str
    slug: str = ""
    since_3: bool = True
    """Whether Prometheus 3 refuses it as well."""


CASES = [
    Case("empty", ""),
    Case("only comments", "# nothing\n---\n"),
    Case("no groups", "groups:\n"),
    Case("a list", "- a\n", "rules/wrong-type"),
    Case("groups are a mapping", "groups: {}\n", "rules/wrong-type"),
    Case("a field of a file", "groups: []\nnamespace: x\n", "rules/unknown-field"),
    Case("a field of a group", "groups:\n  - {name: a, rulez: []}\n", "rules/unknown-field"),
    Case("a field of a rule", in_group("- {alert: A, expr: up, severity: x}"), "rules/unknown-field"),
    Case("a duplicate key", in_group("- {alert: A, expr: up, alert: B}"), "source/duplicate-key"),
    Case("both kinds", in_group("- {alert: A, record: b, expr: up}"), "rules/alert-or-record"),
    Case("neither kind", in_group("- {expr: up}"), "rules/alert-or-record"),
    Case("an empty kind", in_group("- {alert: A, record: '', expr: up}")),
    Case("no expr", in_group("- {alert: A}"), "rules/missing-expr"),
    Case("an empty expr", in_group("- {alert: A, expr: ''}"), "rules/missing-expr"),
    Case("a bad expr", in_group("- {alert: A, expr: 'up +'}"), "promql/syntax"),
    Case("numbers as texts", in_group("- {alert: 1, expr: 5, labels: {a: 1, b: true, c: null}}")),
    Case("labels are a list", in_group("- {alert: A, expr: up, labels: [a]}"), "rules/wrong-type"),
    Case("a label is a list", in_group("- {alert: A, expr: up, labels: {a: [b]}}"), "rules/wrong-type"),
    Case("limit is a text", "groups:\n  - {name: a, limit: '3'}\n", "rules/wrong-type"),
    Case("an empty entry", in_group("-\n- {alert: A, expr: up}")),
    Case("empty fields", in_group("- {alert: A, expr: up, for: , labels: , annotations: }")),
    Case("no name of a group", "groups:\n  - rules: []\n", "rules/group-name"),
    Case("a group twice", "groups:\n  - name: a\n  - name: a\n", "rules/group-name"),
    Case("for is 0", in_group("- {alert: A, expr: up, for: 0}")),
    Case("for in parts", in_group("- {alert: A, expr: up, for: 1d12h}")),
    Case("for is a number", in_group("- {alert: A, expr: up, for: 5}"), "rules/duration"),
    Case("for is empty", in_group("- {alert: A, expr: up, for: ''}"), "rules/duration"),
    Case("for has a fraction", in_group("- {alert: A, expr: up, for: 1.5h}"), "rules/duration"),
    Case("for is out of order", in_group("- {alert: A, expr: up, for: 1m1h}"), "rules/duration"),
    Case("interval is no duration", "groups:\n  - {name: a, interval: fast}\n", "rules/duration"),
    Case("for on a record", in_group("- {record: a, expr: up, for: 5m}"), "rules/recording-field"),
    Case("no time on a record", in_group("- {record: a, expr: up, for: 0s, annotations: {}}")),
    Case(
        "annotations on a record",
        in_group("- {record: a, expr: up, annotations: {b: c}}"),
        "rules/recording-field",
    ),
    Case(
        "keeping a record", in_group("- {record: a, expr: up, keep_firing_for: 1m}"), "rules/recording-field"
    ),
    Case("a name of a record", in_group("- {record: a b, expr: up}"), "rules/name", False),
    Case("a name of a label", in_group("- {alert: A, expr: up, labels: {a-b: c}}"), "rules/name", False),
    Case(
        "a name of an annotation",
        in_group("- {alert: A, expr: up, annotations: {a-b: c}}"),
        "rules/name",
        False,
    ),
    Case("the reserved label", in_group("- {alert: A, expr: up, labels: {__name__: c}}"), "rules/name"),
    Case("an empty label", in_group("- {alert: A, expr: up, labels: {'': c}}"), "rules/name"),
    Case("a name of an alert", in_group("- {alert: any thing, expr: up}")),
    Case("merge keys", in_group("- &a {alert: A, expr: up}\n- {<<: *a, alert: B}")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_wrong_is_said_once(case: Case) -> None:
    assert read(case.text).slugs == ([case.slug] if case.slug else [])


@pytest.mark.real
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_prometheus_refuses_the_same(case: Case, install: Install, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(case.text, encoding="utf-8")
    is_new = install.version.startswith("3")
    wanted = case.slug if case.since_3 or not is_new else ""
    assert read(case.text, (3, 5) if is_new else (2, 42)).slugs == ([wanted] if wanted else [])
    if wanted:
        with pytest.raises(PromtoolError):
            run(install, "check", "rules", "--lint=none", str(tmp_path / "rules.yml"))
    else:
        run(install, "check", "rules", "--lint=none", str(tmp_path / "rules.yml"))
