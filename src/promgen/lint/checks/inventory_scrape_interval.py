"""Ranges that hold too few scrapes of what they read."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.durations import Duration
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.stock import known_metric, scrape_interval
from promgen.promql import Call, Node, Vector, tree, walk

_SCRAPES = 4
_RATES = frozenset({"rate", "increase", "irate", "delta", "idelta", "deriv"})

BAD = """\
groups:
  - name: traffic
    rules:
      - record: job:requests:rate1m
        expr: sum by (job) (rate(http_requests_total{job="api"}[1m]))
"""
GOOD = BAD.replace("1m", "2m")


def find(context: Context) -> Iterator[Finding]:
    """Rates over fewer than four scrapes at the shortest interval of the jobs they may read."""
    if context.inventory is None:
        return
    for _, _, rule in context.rules():
        for vector in dict.fromkeys(_rated(tree(rule.expression)) if rule.expression is not None else ()):
            metric = known_metric(context.inventory, vector)
            if metric is None or vector.times.range_ms is None:
                continue
            interval = scrape_interval(context.inventory, metric, vector.matchers)
            if interval is not None and vector.times.range_ms < interval.ms * _SCRAPES:
                yield Finding(
                    message=f"`{metric.name}` is scraped every {interval}, and {Duration(vector.times.range_ms)} hold"
                    f" fewer than {_SCRAPES} scrapes",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"a range of at least {interval * _SCRAPES}",
                )


def _rated(root: Node) -> Iterator[Vector]:
    for node in walk(root):
        if isinstance(node, Call) and node.name in _RATES and isinstance(node.args[0], Vector):
            yield node.args[0]


CHECK = Check(
    problem=Problem(
        "inventory/scrape-interval",
        "The rate is lost whenever one scrape is late or fails, and the alert resolves and fires again.",
        SUPPRESS,
    ),
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
