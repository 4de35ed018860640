"""Names that a policy demands."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, shown


def _judge(one: Covered) -> Iterator[Finding]:
    wanted = one.demands.name
    if wanted is not None and not wanted.matches(one.rule.name):
        message = f"the name `{shown(one.rule.name)}` is not of the agreed form"
        yield one.object_to(message, allowed=f"a match of `{wanted.text}`")


CHECK = Check(
    problem=Problem(
        "rule/name",
        "Names are what people search for; one of another form is not found, or taken for something else.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: record
      reason: Recorded series are called level:metric:operations.
      name: "[a-z_]+:[a-z_]+:[a-z0-9_]+"
""",
    bad="""\
groups:
  - name: shop
    rules:
      - record: checkout_requests
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    good="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    find=each(_judge),
)
