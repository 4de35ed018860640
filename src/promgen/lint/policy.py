"""What a team demands of its rules, from `lint.policies` in promgen.yaml, and whether a rule or a value meets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from promgen.base.spans import Span
from promgen.compiler.project import Project
from promgen.compiler.spec import v1
from promgen.lint.globs import fits
from promgen.lint.rules import File, Group, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy, and where it is written."""

    demands: v1.RulePolicy
    span: Span

    def covers(self, file: File, group: Group, rule: Rule) -> bool:
        """Whether it speaks of a rule."""
        match = self.demands.match
        if self.demands.rules not in {"all", rule.kind}:
            return False
        if match.paths and not any(fits(file.path, glob) for glob in match.paths):
            return False
        if match.name is not None and not match.name.matches(rule.name):
            return False
        labels = labels_of(group, rule)
        return all(is_met(test, labels.get(name, "")) for name, test in match.labels.items())


def policies_of(project: Project) -> tuple[Policy, ...]:
    """The policies of a project, in the order of writing."""
    return tuple(
        Policy(demands=demands, span=project.span("lint", "policies", place))
        for place, demands in enumerate(project.settings.lint.policies)
    )


def labels_of(group: Group, rule: Rule) -> dict[str, str]:
    """The labels that a rule sets, by itself or through its group."""
    shared = group.fields.get("labels")
    texts = {str(name): str(value) for name, value in shared.items()} if isinstance(shared, dict) else {}
    return {**texts, **rule.labels}


def is_met(test: v1.TestedValue, value: str) -> bool:
    """Whether a value is what is wanted."""
    match test:
        case str():
            return value == test
        case list():
            return value in test
        case v1.ValueTest():
            excluded = [test.is_not] if isinstance(test.is_not, str) else test.is_not or []
            return (
                (test.matches is None or test.matches.matches(value))
                and (test.not_matches is None or not test.not_matches.matches(value))
                and value not in excluded
            )
    assert_never(test)


def spoken(test: v1.TestedValue) -> str:
    """What is wanted, in words."""
    match test:
        case str():
            return f"`{test}`"
        case list():
            return "one of " + ", ".join(f"`{value}`" for value in test)
        case v1.ValueTest():
            excluded = [test.is_not] if isinstance(test.is_not, str) else test.is_not or []
            parts = [f"a match of `{test.matches.text}`"] if test.matches else []
            parts += [f"no match of `{test.not_matches.text}`"] if test.not_matches else []
            parts += ["not " + " or ".join(f"`{value}`" for value in excluded)] if excluded else []
            return ", ".join(parts) or "any value"
    assert_never(test)


def is_optional(demand: v1.DemandedValue) -> bool:
    """Whether the thing may be left out."""
    return isinstance(demand, v1.ValueDemand) and demand.optional
