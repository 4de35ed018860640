"""Alerts on how high a counter has become since its process started."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import brief, parsed, without_numbers
from promgen.promql import Aggregate, Binary, Call, Node, Number, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiErrors
        expr: sum by (job) (http_errors_total) > 100
        for: 5m
"""
GOOD = BAD.replace("http_errors_total", "increase(http_errors_total[1h])")

_COUNTS = re.compile(
    r".*(?:_bucket|_(?:errs?|errors?|failures?|failed|fails|restarts?|retries|timeouts?|exceptions?|panics|rejected|dropped|evictions?"
    r"|requests|responses|sent|received|processed|handled|completed|started|created|deleted)_total)"
)
"""Names that say that events are counted; many exporters end the names of gauges in `_total` as well."""
_KEEPING = frozenset({"sum", "min", "max", "avg"})


def find(context: Context) -> Iterator[Finding]:
    """Comparisons of a counter, or of a sum of counters, with a number."""
    for rule, root in parsed(context):
        if not rule.is_alert or _looks_back(root):
            continue
        compared = (node for node in walk(root) if isinstance(node, Binary) and node.op in {">", ">="})
        for node in compared:
            counter = _counter(node.left, context) if isinstance(node.right, Number) else None
            if counter is not None:
                reached = f"{node.op} {brief(node.right)}"
                yield Finding(
                    message=f"`{counter.metric}` is a counter: once it is {reached} it stays so until a restart",
                    span=rule.span("expr"),
                    subject=rule.subject,
                    allowed=f"`increase({counter.metric}[…])` or `rate(…)`",
                )


def _looks_back(root: Node) -> bool:
    """Whether an expression compares with an earlier time, which makes a difference of what it reads."""
    return any(isinstance(node, Vector) and node.times.offset_ms for node in walk(root))


def _counter(node: Node, context: Context) -> Vector | None:
    """The counter that a part is, or sums up, as it stands."""
    part = without_numbers(node)
    while isinstance(part, Aggregate | Call):
        if isinstance(part, Call) or part.op not in _KEEPING:
            return None
        part = without_numbers(part.expr)
    return part if isinstance(part, Vector) and _is_counter(part, context) else None


def _is_counter(vector: Vector, context: Context) -> bool:
    name = vector.metric or ""
    known = context.inventory.metrics.get(name) if context.inventory else None
    if known is not None and known.type != "unknown":
        return known.type == "counter"
    return _COUNTS.fullmatch(name) is not None and ":" not in name


CHECK = Check(
    problem=Problem(
        "promql/raw-counter",
        "The alert says what happened since an unknown time; it never resolves, and a restart hides what is wrong.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
