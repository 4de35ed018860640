"""Labels that a policy demands."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, judge_values


def _judge(one: Covered) -> Iterator[Finding]:
    return judge_values(one, "labels", one.demands.labels, one.labels)


CHECK = Check(
    problem=Problem(
        "rule/label",
        "Routes and reports choose by labels; a rule that lacks one, or has a value nobody knows, is lost on them.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: alert
      reason: Alertmanager routes by severity and team.
      labels:
        severity: [critical, high]
        team: {}
""",
    bad="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        labels: {severity: critical}
""",
    good="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        labels: {severity: critical, team: payments}
""",
    find=each(_judge),
)
