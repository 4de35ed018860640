"""Which alerts are muted while another fires, as Alertmanager decides it.

A source mutes also while it is silenced or muted itself. Of several sources with the same `equal` labels newer releases
(0.33, not 0.25) ask only the one that ends last; what is said here is what may mute, whichever that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promgen.compiler.ir.alertmanager import InhibitRule
from promgen.promql import LabelMatcher
from promgen.proof.routes.conditions import Conditions

Labels = Mapping[str, str]


class Inhibition:
    """The inhibition rules of a configuration, ready to be asked; raise ValueError as for routes."""

    def __init__(self, rules: Iterable[InhibitRule], conditions: Conditions | None = None) -> None:
        self.rules = tuple(rules)
        self.conditions = conditions or Conditions(
            matcher for rule in self.rules for matcher in matchers_of(rule)
        )
        self._sides = [
            (self.conditions.needs(rule.source), self.conditions.needs(rule.target)) for rule in self.rules
        ]

    def muting(self, source: Labels, target: Labels) -> tuple[InhibitRule, ...]:
        """The rules by which the target is muted while the source fires."""
        firing, asked = self.conditions.satisfied(source), self.conditions.satisfied(target)
        return tuple(
            rule
            for rule, (wanted, muted) in zip(self.rules, self._sides, strict=True)
            if firing & wanted == wanted
            and asked & muted == muted
            and not (asked & wanted == wanted and firing & muted == muted)
            and all(source.get(name, "") == target.get(name, "") for name in rule.equal)
        )


def matchers_of(rule: InhibitRule) -> tuple[LabelMatcher, ...]:
    """Those of both sides."""
    return (*rule.source, *rule.target)
