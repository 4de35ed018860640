"""Alerts whose set of series changes without anything being wrong."""

from __future__ import annotations

from collections.abc import Iterator

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import brief, parsed
from promgen.promql import CHOOSING, Aggregate, Binary, Node, Number, Vector, operands, walk

BAD = """\
groups:
  - name: api
    rules:
      - alert: SlowestHandlers
        expr: topk(3, http_latency_seconds) > 1
        for: 5m
"""
GOOD = BAD.replace("topk(3, http_latency_seconds)", "http_latency_seconds")


def find(context: Context) -> Iterator[Finding]:
    """`topk` and its like among the labels of an alert, and ratios across jobs without `for`."""
    for rule, root in parsed(context):
        if not rule.is_alert:
            continue
        messages = [
            f"`{node.op}` may choose other series at each evaluation, which resolves one alert and starts another"
            for node in _choosing(root)
        ]
        if rule.hold is None or rule.hold.ms == 0:
            messages += [
                f"`{brief(node)}` compares two jobs, and fires when only one was scraped after a restart"
                for node in walk(root)
                if _crosses_jobs(node)
            ]
        for message in dict.fromkeys(messages):
            yield Finding(message=message, span=rule.span("expr"), subject=rule.subject)


def _choosing(root: Node) -> Iterator[Aggregate]:
    """Choices that decide which series the result has: not below another aggregation, and no lookup of a join."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case Aggregate(op=op):
                if op in CHOOSING and not _takes_any(node):
                    yield node
            case Binary(left=left, right=right, matching=matching) if matching.group:
                waiting.append(left if matching.group == "left" else right)
            case Binary(op="and" | "unless", left=left):
                waiting.append(left)
            case _:
                waiting.extend(reversed(operands(node)))


def _takes_any(node: Aggregate) -> bool:
    """Whether it takes one series of each group, which is how duplicates are removed."""
    return bool(node.labels) and node.param == Number(1)


def _crosses_jobs(node: Node) -> bool:
    """Whether aggregations of two different jobs are divided."""
    if not (isinstance(node, Binary) and node.op == "/"):
        return False
    sides = (node.left, node.right)
    jobs = [_jobs(side) for side in sides]
    return all(isinstance(side, Aggregate) for side in sides) and all(jobs) and not jobs[0] & jobs[1]


def _jobs(side: Node) -> set[str]:
    vectors = [node for node in walk(side) if isinstance(node, Vector)]
    found = [
        {one.value for one in vector.matchers if one.name == "job" and one.op == "="} for vector in vectors
    ]
    return set().union(*found) if all(found) else set()


CHECK = Check(
    problem=Problem(
        "promql/fragile",
        "An alert that comes and goes by itself starts its `for` again each time, or sends a message each time.",
        SUPPRESS,
    ),
    bad=BAD,
    good=GOOD,
    find=find,
)
