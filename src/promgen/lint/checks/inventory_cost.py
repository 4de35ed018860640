"""Rules that read very much."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.rules import Group, Rule
from promgen.lint.series import interval_of
from promgen.lint.stock import scrape_interval, series_count
from promgen.model.inventory import Inventory
from promgen.promql import Selector, samples

MOST_PER_SECOND = 100_000

BAD = """\
groups:
  - name: containers
    rules:
      - record: namespace:cpu:rate1d
        expr: sum by (namespace) (rate(container_cpu_usage_seconds_total[1d]))
"""
GOOD = BAD.replace("1d", "5m")


def find(context: Context) -> Iterator[Finding]:
    """Rules that cost more samples per second than a server should give to one."""
    if context.inventory is None:
        return
    for _, group, rule in context.rules():
        cost = _per_second(rule, group, context)
        if cost > MOST_PER_SECOND:
            yield Finding(
                message=f"`{rule.name}` reads about {cost:,.0f} samples per second",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed=f"at most {MOST_PER_SECOND:,}: a shorter range, fewer series, or a recording rule to read from",
            )


def _per_second(rule: Rule, group: Group, context: Context) -> float:
    inventory = context.inventory
    if rule.expression is None or inventory is None:
        return 0
    interval = interval_of(group)
    cost = samples(
        rule.expression,
        series=_counter(inventory),
        interval_ms=lambda selector: _interval_ms(inventory, selector, context),
        default_step_ms=interval.ms,
    )
    return (cost.samples + cost.subqueries) * 1000 / interval.ms


def _counter(inventory: Inventory) -> Callable[[Selector], int]:
    """Series by selector; none for what the inventory does not have, so that the cost is a lower bound."""

    def count(selector: Selector) -> int:
        metric = inventory.metrics.get(selector.metric or "")
        return 0 if metric is None else series_count(metric, selector.matchers) * metric.weight

    return count


def _interval_ms(inventory: Inventory, selector: Selector, context: Context) -> int:
    metric = inventory.metrics.get(selector.metric or "")
    found = None if metric is None else scrape_interval(inventory, metric, selector.matchers)
    return (found or context.target.scrape_interval).ms


CHECK = Check(
    problem=Problem(
        "inventory/cost",
        "A rule that is dear to evaluate is late or fails when the server is busy, which is when it is needed.",
        SUPPRESS,
    ),
    level=Level.INFO,
    needs="inventory",
    bad=BAD,
    good=GOOD,
    find=find,
)
