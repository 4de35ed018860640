"""The matchers of a configuration, each asked once for a value: labels become the set of the matchers that they satisfy.

A set of matchers is an integer with a bit for each, so that asking whether a route wants an alert is one operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from promgen.promql import LabelMatcher, holds
from promgen.promql.regexes import compiled

_MOST_KNOWN = 100_000
"""Values of a label that are remembered."""


class Column:
    """The matchers of one label."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.matchers: dict[LabelMatcher, int] = {}
        """With the bit of each."""
        self._known: dict[str, int] = {}

    def satisfied(self, value: str) -> int:
        """The bits of the matchers that the value satisfies; a missing label is the empty text."""
        found = self._known.get(value)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[value] = sum(
                bit for matcher, bit in self.matchers.items() if holds(matcher, value, pattern_of)
            )
        return found


class Conditions:
    """All matchers, by label; raise ValueError for a regular expression that cannot be followed."""

    def __init__(self, matchers: Iterable[LabelMatcher]) -> None:
        self.columns: dict[str, Column] = {}
        self._bits: dict[LabelMatcher, int] = {}
        for matcher in matchers:
            if matcher not in self._bits:
                self._bits[matcher] = 1 << len(self._bits)
                self.column(matcher.name).matchers[matcher] = self._bits[matcher]
            if matcher.op in {"=~", "!~"}:
                pattern_of(matcher.value)

    def column(self, name: str) -> Column:
        """The matchers of a label, which may be none."""
        return self.columns.setdefault(name, Column(name))

    def needs(self, matchers: Iterable[LabelMatcher]) -> int:
        """The bits of these matchers."""
        return sum(self._bits[matcher] for matcher in set(matchers))

    def satisfied(self, labels: Mapping[str, str]) -> int:
        """The bits of all matchers that the labels satisfy."""
        return sum(column.satisfied(labels.get(name, "")) for name, column in self.columns.items())


@lru_cache(maxsize=4096)
def pattern_of(text: str) -> re.Pattern[str]:
    """The regular expression as Alertmanager reads it, where a dot is no line break; unlike Prometheus, which allows it.

    Raise ValueError where Python cannot follow it.
    """
    compiled(text)
    return re.compile(text, re.ASCII)
