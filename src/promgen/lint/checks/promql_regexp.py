"""Regular expressions that say nothing a plain comparison would not say, or more than they seem to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promgen.base.diagnostics import Level
from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Context, Finding
from promgen.lint.recorded import parsed
from promgen.promql import LabelMatcher, MatchOperator, Vector, walk

BAD = """\
groups:
  - name: api
    rules:
      - alert: ApiDown
        expr: up{job=~"^api$"} == 0
        for: 5m
"""
GOOD = BAD.replace('=~"^api$"', '="api"')

_PLAIN = re.compile(r"(?:[\w /:,@#=%&~<>-]|\\\.|\\-|\\/)*")
"""A text that stands for itself: without a dot, as that may be meant as any character or as a dot."""
_NESTED = re.compile(r"[(\[\\]")
"""Where a bar may stand for something else than an alternative of the whole pattern."""
_PLAIN_OPERATORS: dict[MatchOperator, MatchOperator] = {"=~": "=", "!~": "!="}


def find(context: Context) -> Iterator[Finding]:
    """Every matcher that can be written shorter, once for each rule."""
    for rule, root in parsed(context):
        vectors = (node for node in walk(root) if isinstance(node, Vector))
        for matcher in dict.fromkeys(one for vector in vectors for one in vector.matchers):
            found = _objection(matcher) if matcher.op in _PLAIN_OPERATORS else None
            if found is not None:
                message, allowed = found
                yield Finding(message=message, allowed=allowed, span=rule.span("expr"), subject=rule.subject)


def _objection(matcher: LabelMatcher) -> tuple[str, str] | None:
    """What is wrong and what to write instead."""
    bare = _without_anchors(matcher.value)
    if _PLAIN.fullmatch(bare):
        plain = LabelMatcher(matcher.name, _PLAIN_OPERATORS[matcher.op], bare.replace("\\", ""))
        return f"`{matcher}` is no pattern", f"`{plain}`"
    if bare != matcher.value:
        shorter = LabelMatcher(matcher.name, matcher.op, bare)
        return f"the anchors in `{matcher}` change nothing; every pattern is anchored", f"`{shorter}`"
    if matcher.value == ".*":
        return _everything(matcher)
    if "||" in matcher.value:
        return f"`{matcher}` has an empty alternative between two bars", "one bar"
    return None


def _everything(matcher: LabelMatcher) -> tuple[str, str]:
    if matcher.op == "=~":
        return (
            f"`{matcher}` selects every series, those without `{matcher.name}` too",
            "the selector without it",
        )
    return f"`{matcher}` selects nothing, as `.*` matches every value", ""


def _without_anchors(pattern: str) -> str:
    """The pattern without anchors at the ends of its alternatives, where they change nothing."""
    alternatives = [pattern] if _NESTED.search(pattern) else pattern.split("|")
    return "|".join(map(_without_ends, alternatives))


def _without_ends(pattern: str) -> str:
    """Without a first `^` and a last `$` that is not escaped."""
    opened = pattern.removeprefix("^")
    escapes = len(opened) - 1 - len(opened.removesuffix("$").rstrip("\\"))
    return opened.removesuffix("$") if escapes % 2 == 0 else opened


CHECK = Check(
    problem=Problem(
        "promql/regexp",
        "A reader takes it for a pattern and looks for the reason, and Prometheus looks at every value of the label.",
        SUPPRESS,
    ),
    level=Level.INFO,
    bad=BAD,
    good=GOOD,
    find=find,
)
