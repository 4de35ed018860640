"""Quantiles of histograms that cannot be right."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import Recordings, brief, parsed
from promgen.promql import Binary, Call, Negative, Node, Number, Subquery, Vector, operands, walk

BAD = """\
groups:
  - name: api
    rules:
      - record: job:http_latency_seconds:p99_5m
        expr: histogram_quantile(0.99, sum by (job) (rate(http_latency_seconds_bucket[5m])))
"""
GOOD = BAD.replace("by (job)", "by (job, le)")


def find(context: Context) -> Iterator[Finding]:
    """Quantiles outside of 0 to 1, buckets without `le`, and buckets since the start of a process."""
    recordings = Recordings(context)
    for rule, root in parsed(context):
        for node in walk(root):
            if isinstance(node, Call) and node.name == "histogram_quantile":
                for message, allowed in _objections(node, recordings):
                    yield Finding(
                        message=message, allowed=allowed, span=rule.span("expr"), subject=rule.subject
                    )


def _objections(node: Call, recordings: Recordings) -> Iterator[tuple[str, str]]:
    quantile, buckets = node.args
    value = _value(quantile)
    if value is not None and not 0 <= value <= 1:
        yield f"the quantile {value:g} is not between 0 and 1", _as_fraction(value)
    if not any(_is_bucket(part) for part in walk(buckets)):
        return
    labels = recordings.flow(buckets)
    if labels.lacks("le"):
        reason = labels.reason("le")
        after = f" after `{brief(reason)}`" if reason is not None else ""
        yield (
            f"`histogram_quantile` gives nothing: the buckets have no `le`{after}",
            "an aggregation that keeps `le`",
        )
    for vector in _raw_buckets(buckets):
        message = f"`{brief(vector)}` holds everything since each process started, not what happens now"
        yield message, f"`rate({vector.metric}[…])`"


def _value(node: Node) -> float | None:
    if isinstance(node, Negative):
        value = _value(node.expr)
        return None if value is None else -value
    return node.value if isinstance(node, Number) else None


def _as_fraction(value: float) -> str:
    return f"{value / 100:g}" if 1 < value <= 100 else "a number from 0 to 1"


def _is_bucket(node: Node) -> bool:
    return isinstance(node, Vector) and (node.metric or "").endswith("_bucket")


def _raw_buckets(node: Node) -> Iterator[Vector]:
    """Buckets that no function over a range of time stands around."""
    if isinstance(node, Subquery) or (isinstance(node, Binary) and node.op == "-"):
        return
    if isinstance(node, Vector) and _is_bucket(node) and node.times.range_ms is None:
        yield node
    for operand in operands(node):
        yield from _raw_buckets(operand)


CHECK = Check(
    problem=Problem(
        "promql/histogram-quantile",
        "The quantile is missing, infinite, or that of the whole life of the process.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
