"""What a check looks at: rules with the place of each of their parts, whether they were written as rules or compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from promgen.base.durations import Duration
from promgen.base.spans import Span
from promgen.promql import Expression

FileKind = Literal["rules", "PrometheusRule", "specification"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. A field that cannot be read is None here, and was reported by the reader."""

    kind: Literal["alert", "record"]
    name: str
    expr: str
    """As written."""
    expression: Expression | None
    """None where it cannot be parsed."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    hold: Duration | None = None
    """The `for` of an alert."""
    keep_firing_for: Duration | None = None
    places: Mapping[str, Span]
    """Of the rule (""), and of its fields: `name`, `expr`, `for`, `labels`, `labels/severity`, `annotations/summary`."""
    subject: str = ""
    """What it is called in messages and suppressions: `group/name`, or `service/name` of a specification."""

    @property
    def is_alert(self) -> bool:
        return self.kind == "alert"

    def span(self, *names: str) -> Span:
        """The place of the first of the fields that is written; of the whole rule where none is."""
        return next((self.places[name] for name in names if name in self.places), self.places[""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other."""

    name: str
    rules: tuple[Rule, ...]
    interval: Duration | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    """Every field that is written besides `name`, `interval` and `rules`, as plain data."""
    places: Mapping[str, Span]
    """Of the group (""), and of its fields by name."""

    def span(self, *names: str) -> Span:
        """As for a rule."""
        return next((self.places[name] for name in names if name in self.places), self.places[""])


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of rules, one PrometheusRule object, or the rules that one specification compiles to."""

    path: str
    kind: FileKind
    groups: tuple[Group, ...]

    def rules(self) -> Iterator[tuple[Group, Rule]]:
        """Every rule with its group, in order of evaluation."""
        for group in self.groups:
            for rule in group.rules:
                yield group, rule
