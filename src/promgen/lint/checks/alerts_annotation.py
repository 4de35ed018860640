"""Annotations that a policy demands of alerts."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, judge_values


def _judge(one: Covered) -> Iterator[Finding]:
    """Annotations are judged as they are written, templates included."""
    if one.rule.is_alert:
        yield from judge_values(one, "annotations", one.demands.annotations, one.rule.annotations)


CHECK = Check(
    problem=Problem(
        "alerts/annotation",
        "Annotations are all that the paged person gets to read; a missing one is looked for at night.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: alert
      match: {labels: {severity: critical}}
      reason: Whoever is paged needs to know what to do.
      annotations:
        summary: {}
        runbook_url: {matches: "https://runbooks.example.com/.+"}
""",
    bad="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: Nobody can pay
          runbook_url: https://wiki.example.com/checkout
""",
    good="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: Nobody can pay
          runbook_url: https://runbooks.example.com/checkout
""",
    find=each(_judge),
)
