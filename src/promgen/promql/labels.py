"""Selectors and lists of labels as text, quoted so that Prometheus reads back exactly the names and values given.

A name that is not a plain identifier, such as `http.route`, is quoted as Prometheus 3 writes it; older ones refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from promgen.promql.strings import quote

MatchOperator = Literal["=", "!=", "=~", "!~"]

_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_NEVER_A_METRIC = frozenset({"bool", "on", "ignoring", "group_left", "group_right", "inf", "nan"})


@dataclass(frozen=True, slots=True)
class LabelMatcher:
    """One condition on a label: `LabelMatcher("job", "=", "api")`."""

    name: str
    op: MatchOperator
    value: str

    def __str__(self) -> str:
        return f"{_format_label(self.name)}{self.op}{quote(self.value)}"


def any_of(values: Iterable[str]) -> str:
    """A regular expression (RE2) that matches exactly the given values."""
    return "|".join("".join("\\" + char if char in _SPECIAL else char for char in value) for value in values)


def is_utf8_name(name: str) -> bool:
    """Whether a label name must be quoted, which only Prometheus 3 reads."""
    return not _LABEL.fullmatch(name)


def format_selector(metric: str | None, matchers: Iterable[LabelMatcher]) -> str:
    """A selector with its matchers in the order given; with no metric, name at least one matcher that is not empty.

    >>> format_selector("requests_total", [LabelMatcher("code", "=~", "5.."), LabelMatcher("http.route", "=", "/")])
    'requests_total{code=~"5..","http.route"="/"}'
    """
    inside = [str(matcher) for matcher in matchers]
    name = metric or ""
    if metric is not None and not _is_bare_metric(metric):
        inside.insert(0, quote(metric))
        name = ""
    return f"{name}{{{','.join(inside)}}}" if inside else name


def format_labels(names: Iterable[str]) -> str:
    """The names inside `by (…)` or `on (…)`, in the order given.

    >>> format_labels(["region", "http.route"])
    'region, "http.route"'
    """
    return ", ".join(_format_label(name) for name in names)


def _format_label(name: str) -> str:
    return quote(name) if is_utf8_name(name) else name


def _is_bare_metric(name: str) -> bool:
    return bool(_METRIC.fullmatch(name)) and name.lower() not in _NEVER_A_METRIC
