"""Aggregations that drop a label which the alert's own texts read."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief
from promgen.lint.templates import texts
from promgen.promql import Aggregate, tree
from promgen.promql.template_reads import labels_read

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiErrors
        expr: sum by (job) (rate(http_errors_total[5m])) > 1
        for: 5m
        annotations:
          summary: "{{ $labels.instance }} fails"
"""
GOOD = BAD.replace("by (job)", "by (job, instance)")


def find(context: Context) -> Iterator[Finding]:
    """Each label once for an alert, at the first template that reads it."""
    recordings = Recordings(context)
    for _, _, rule in context.rules():
        found = tuple(texts(rule)) if rule.is_alert and rule.expression is not None else ()
        if rule.expression is None or not found:
            continue
        labels = recordings.flow(tree(rule.expression))
        read = {label: text for text in reversed(found) for label in labels_read(text.value)}
        for label, text in read.items():
            reason = labels.reason(label)
            if labels.lacks(label) and isinstance(reason, Aggregate) and label != "alertname":
                yield Finding(
                    message=f"`{text.name}` reads `{label}`, which `{brief(reason)}` drops",
                    span=rule.span(text.field, "expr"),
                    subject=rule.subject,
                    allowed=f"an aggregation that keeps `{label}`",
                )


CHECK = Check(
    problem=Problem(
        "promql/dropped-label",
        "The message has a gap where it should say what is broken.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
