"""What label matchers let through, as far as it can be said without a server: None where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from promgen.promql import LabelMatcher

_LITERAL = re.compile(r"[\w /:@,#=-]*")
_BEGINNING = re.compile(r"[\w /:@,#=-]*")
_SIMPLE = re.compile(r"(?:[\w /:@,#=-]|\\[.+*/|()dw-]|\.[*+]?|\[[\w-]+\][*+?]?|\||\((?:\?:)?|\)\??)*")
"""Regular expressions that Python reads as RE2 does, and in a time that a hostile one cannot stretch."""


def accepts(matcher: LabelMatcher, value: str) -> bool | None:
    """Whether a series with this value of the label is selected; a label that is missing has the value ""."""
    if matcher.op in {"=", "!="}:
        return (value == matcher.value) == (matcher.op == "=")
    pattern = _compiled(matcher.value)
    return None if pattern is None else (pattern.fullmatch(value) is not None) == (matcher.op == "=~")


def is_followed(matcher: LabelMatcher) -> bool:
    """Whether it can be said of every value if it is selected."""
    return matcher.op in {"=", "!="} or _compiled(matcher.value) is not None


def literals(matcher: LabelMatcher) -> tuple[str, ...] | None:
    """The values that a matcher selects, where it lists them: `=` or `=~` with words between bars."""
    if matcher.op == "=":
        return (matcher.value,)
    words = tuple(matcher.value.split("|"))
    return words if matcher.op == "=~" and all(map(_LITERAL.fullmatch, words)) else None


def implied(matchers: Sequence[LabelMatcher], wanted: LabelMatcher) -> bool | None:
    """Whether whatever the matchers select is selected by the wanted one as well."""
    same = [one for one in matchers if one.name == wanted.name]
    if wanted in same or (wanted.op == "=~" and wanted.value == ".*"):
        return True
    listed = [values for one in same if (values := literals(one)) is not None]
    if listed:
        return _all(accepts(wanted, value) for value in listed[0])
    return None if same else False


def are_disjoint(left: Iterable[LabelMatcher], right: Sequence[LabelMatcher]) -> bool:
    """Whether it is certain that no series is selected by both."""
    return any(
        one.name == other.name and (_exclude(one, other) or _exclude(other, one) or _part_early(one, other))
        for one in left
        for other in right
    )


def _exclude(one: LabelMatcher, other: LabelMatcher) -> bool:
    values = literals(one)
    return values is not None and all(accepts(other, value) is False for value in values)


def _part_early(one: LabelMatcher, other: LabelMatcher) -> bool:
    """Whether the values of both begin differently, as with `2..` and `3..`."""
    pairs = [(left, right) for left in _beginnings(one) for right in _beginnings(other)]
    return bool(pairs) and not any(left.startswith(right) or right.startswith(left) for left, right in pairs)


def _beginnings(matcher: LabelMatcher) -> tuple[str, ...]:
    """What the values begin with, branch by branch; nothing where that is not plain to see."""
    if matcher.op == "=":
        return (matcher.value,)
    if matcher.op != "=~" or not _SIMPLE.fullmatch(matcher.value) or "(" in matcher.value:
        return ()
    return tuple(_BEGINNING.findall(branch)[0] for branch in matcher.value.split("|"))


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return False if False in found else None if None in found else True


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if not _SIMPLE.fullmatch(pattern):
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None
