"""The templates of an alert: its annotations and labels, as far as there is anything to fill in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from promgen.lint.rules import Rule


class Text(NamedTuple):
    """One template."""

    field: str
    """Where it stands, as the places of a rule call it: `labels/team`, `annotations/summary`."""
    value: str

    @property
    def name(self) -> str:
        return self.field.partition("/")[2]


def texts(rule: Rule) -> Iterator[Text]:
    """Every label and annotation with an action in it."""
    for part, values in (("labels", rule.labels), ("annotations", rule.annotations)):
        for name, value in values.items():
            if "{{" in value or "}}" in value:
                yield Text(f"{part}/{name}", value)
