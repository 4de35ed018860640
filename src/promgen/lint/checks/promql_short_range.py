"""Rates over fewer scrapes than a rate needs."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.durations import Duration
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import RATES, Recordings, parsed
from promgen.promql import Call, Node, Vector, walk

_ENOUGH = 4
_LEAST = 2
_FUNCTIONS = RATES | {"delta", "idelta", "deriv"}

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_requests:rate30s
        expr: sum by (job) (rate(http_requests_total[30s]))
"""
GOOD = BAD.replace("30s", "1m")


def find(context: Context) -> Iterator[Finding]:
    """Ranges below four scrape intervals of the target; below two there is nothing to take a rate of."""
    interval = context.target.scrape_interval
    recordings = Recordings(context)
    for rule, root in parsed(context):
        for call, vector in _measured(root, recordings):
            length = Duration(vector.times.range_ms or 0)
            if length >= interval * _ENOUGH:
                continue
            yield Finding(
                message=f"`{call.name}` of `{vector.metric or ''}` over {length} sees fewer than"
                f" {_LEAST if length < interval * _LEAST else _ENOUGH} scrapes at {interval}",
                span=rule.span("expr"),
                subject=rule.subject,
                allowed=f"a range of at least {interval * _ENOUGH}",
                level=Level.ERROR if length < interval * _LEAST else None,
            )


def _measured(root: Node, recordings: Recordings) -> Iterator[tuple[Call, Vector]]:
    """Functions over a range of a series that is scraped; what rules record comes at their own interval."""
    for node in walk(root):
        if isinstance(node, Call) and node.name in _FUNCTIONS:
            argument = node.args[0]
            if (
                isinstance(argument, Vector)
                and not argument.times.has_window
                and ":" not in (argument.metric or "")
                and not recordings.expressions(argument)
            ):
                yield node, argument


CHECK = Check(
    problem=Problem(
        "promql/short-range",
        "A rate needs two samples: one late or failed scrape and it is gone, and with it the alert.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
