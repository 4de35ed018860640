"""How long a policy lets alerts wait, and go on."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, judge_length


def _judge(one: Covered) -> Iterator[Finding]:
    if one.rule.is_alert:
        yield from judge_length(one, "for", one.demands.for_, one.rule.hold)
        yield from judge_length(one, "keep_firing_for", one.demands.keep_firing_for, one.rule.keep_firing_for)


CHECK = Check(
    problem=Problem(
        "rule/for",
        "An alert that waits too short pages for a hiccup; one that waits too long pages when the customers have called.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: alert
      match: {labels: {severity: critical}}
      reason: Pages must be neither nervous nor late.
      for: {min: 1m, max: 15m}
""",
    bad="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 1h
        labels: {severity: critical}
""",
    good="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        labels: {severity: critical}
""",
    find=each(_judge),
)
