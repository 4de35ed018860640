"""Mutants that no series could tell from the rule they were made of, with the reason for each kind."""

from __future__ import annotations

import re
from typing import NamedTuple

from promgen.compiler.ir.rules import Rule
from promgen.proof.mutants import Mutant


class Equivalent(NamedTuple):
    """A kind of mutant that changes nothing; the patterns are matched from the beginning."""

    operator: str
    rule: str
    """The names of the rules."""
    before: str
    """What is changed, as printed."""
    reason: str


EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        operator="sum or avg",
        rule="SloErrorBudgetBurn$",
        before=r"sum_over_time\(slo:total_events:rate5m",
        reason="it is compared with 0, and a mean of numbers of events is 0 when and only when their sum is",
    ),
)


def equivalence(rule: Rule, mutant: Mutant) -> str:
    """Why a mutant of a rule changes nothing; empty when that is not known."""
    for kind in EQUIVALENTS:
        if (
            mutant.operator == kind.operator
            and re.match(kind.rule, rule.name)
            and re.match(kind.before, mutant.before)
        ):
            return kind.reason
    return ""
