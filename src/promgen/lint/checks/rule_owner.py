"""Rules that nobody owns, where a policy demands an owner."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from promgen.base.conventions import OWNER_LABEL
from promgen.base.problems import SUPPRESS, Problem
from promgen.base.spans import Span
from promgen.lint.check import Check, Context, Finding
from promgen.lint.demands import Covered, covered, shown
from promgen.lint.policy import is_met, is_optional, spoken

_COMMENT = f"{OWNER_LABEL}:"


def _find(context: Context) -> Iterator[Finding]:
    lines = {path: text.split("\n") for path, text in context.texts.items()}
    for one in covered(context):
        if one.demands.owner is not None:
            yield from _judge(one, lines.get(one.file.path, []))


def _judge(one: Covered, lines: list[str]) -> Iterator[Finding]:
    demand = one.demands.owner
    assert demand is not None
    owner = one.labels.get(OWNER_LABEL) or _commented_owner(lines, one.rule.span())
    place = f"labels/{OWNER_LABEL}"
    if not owner and not is_optional(demand):
        yield one.object_to("nobody owns the rule", allowed=f"{spoken(demand)}, as `# {_COMMENT} NAME`")
    elif owner and not is_met(demand, owner):
        yield one.object_to(f"`{shown(owner)}` cannot own the rule", place, allowed=spoken(demand))


def _commented_owner(lines: list[str], rule: Span) -> str:
    """Who is named by a comment in the rule or right above it, or else at the head of the file."""
    above = [*takewhile(_is_comment, reversed(lines[: rule.line - 1]))]
    inside = lines[rule.line - 1 : rule.end_line]
    head = takewhile(_is_comment, lines)
    return next((owner for line in (*inside, *above, *head) if (owner := _owner(line))), "")


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _owner(line: str) -> str:
    comment = line.strip().removeprefix("#").strip()
    is_owner = _is_comment(line) and comment.startswith(_COMMENT)
    return comment.removeprefix(_COMMENT).strip() if is_owner else ""


CHECK = Check(
    problem=Problem(
        "rule/owner",
        "A rule without an owner is mended by nobody, and nobody dares to remove it.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - reason: Every rule has a team that answers for it.
      owner: [payments, platform]
""",
    bad="""\
groups:
  - name: shop
    rules:
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    good="""\
groups:
  - name: shop
    rules:
      # owner: payments
      - record: job:checkout_requests:rate5m
        expr: sum by (job) (rate(checkout_requests_total[5m]))
""",
    find=_find,
)
