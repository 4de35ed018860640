"""Templates that fail, that make a new alert at every evaluation, or that read what is not there."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief
from promgen.lint.rules import Rule
from promgen.lint.templates import Text, texts
from promgen.promql import Aggregate, ExpressionError, Labels, parse, selectors, tree
from promgen.promql.template_reads import labels_read, prints_value, queries, without_lone_braces
from promgen.promql.templates import template_fault

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiGone
        expr: absent(up{job="api"})
        for: 5m
        annotations:
          summary: "{{ $labels.instance }} of {{ $labels.job }} is gone"
"""
GOOD = BAD.replace("{{ $labels.instance }} of ", "")

_NAME = "alertname"


def find(context: Context) -> Iterator[Finding]:
    """Faults of the templates themselves first; what they read is looked at where they can be read.

    Prometheus refuses a file with a broken template; a lone `}}` it takes for text.
    """
    recordings = Recordings(context)
    for _, _, rule in context.rules():
        if not rule.is_alert:
            continue
        labels = recordings.flow(tree(rule.expression)) if rule.expression is not None else Labels()
        for text in texts(rule):
            if fault := template_fault(text.value):
                is_refused = bool(template_fault(without_lone_braces(text.value)))
                yield _finding(rule, text, fault, Level.ERROR if is_refused else None)
                continue
            for message in (*_changing(text), *_unreadable(text), *_missing(rule, text, labels)):
                yield _finding(rule, text, message)


def _changing(text: Text) -> Iterator[str]:
    if text.field.startswith("labels/") and prints_value(text.value):
        yield "the value of the alert is part of its identity here, so every new value is a new alert"


def _unreadable(text: Text) -> Iterator[str]:
    for query in queries(text.value):
        try:
            parse(query)
        except ExpressionError as error:
            if error.reason == "syntax":
                yield f"the query `{query}` cannot be read: {error}"


def _missing(rule: Rule, text: Text, labels: Labels) -> Iterator[str]:
    """Labels that the alert cannot have; those that an aggregation dropped are another check's business."""
    for label in labels_read(text.value):
        reason = labels.reason(label)
        if label == _NAME and not _reads_alerts(rule):
            yield f"`$labels.{label}` is empty: `$labels` are those of the expression"
        elif labels.lacks(label) and reason is not None and not isinstance(reason, Aggregate):
            yield f"`$labels.{label}` is empty: there is no `{label}` after `{brief(reason)}`"


def _reads_alerts(rule: Rule) -> bool:
    found = selectors(rule.expression) if rule.expression is not None else ()
    return any((one.metric or "ALERTS").startswith("ALERTS") for one in found) or not found


def _finding(rule: Rule, text: Text, message: str, level: Level | None = None) -> Finding:
    return Finding(
        message=f"`{text.name}`: {message}",
        span=rule.span(text.field, "name"),
        subject=rule.subject,
        level=level,
    )


CHECK = Check(
    problem=Problem(
        "alerts/template",
        "The person paged reads a gap or an error message where the help should be.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
