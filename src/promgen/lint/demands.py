"""What the checks of policies have in common: which rules a policy speaks of, and how an objection is put."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from promgen.base.diagnostics import Level, Related
from promgen.base.durations import Duration
from promgen.compiler.spec import v1
from promgen.lint.check import Context, Finding
from promgen.lint.policy import Policy, is_met, is_optional, labels_of, spoken
from promgen.lint.rules import File, Group, Rule

_LONGEST_SHOWN = 60


class Covered(NamedTuple):
    """A rule that a policy speaks of."""

    policy: Policy
    file: File
    group: Group
    rule: Rule

    @property
    def demands(self) -> v1.RulePolicy:
        return self.policy.demands

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.group, self.rule)

    def object_to(self, message: str, *fields: str, allowed: str = "") -> Finding:
        """An objection at the first of the fields that is written, with the policy's reason and place."""
        reason = Related(span=self.policy.span, text=f"demanded because: {self.demands.reason.rstrip('.')}")
        return Finding(
            message=message,
            span=self.rule.span(*fields, "name"),
            subject=self.rule.subject,
            allowed=allowed,
            level=Level(self.demands.level),
            related=(reason,),
        )


def covered(context: Context) -> Iterator[Covered]:
    """Every policy with every rule that it speaks of."""
    for policy in context.policies:
        for file, group, rule in context.rules():
            if policy.covers(file, group, rule):
                yield Covered(policy, file, group, rule)


def each(judge: Callable[[Covered], Iterable[Finding]]) -> Callable[[Context], Iterator[Finding]]:
    """The `find` of a check that judges one rule by one policy at a time."""
    return lambda context: (finding for one in covered(context) for finding in judge(one))


def judge_values(
    one: Covered,
    part: Literal["labels", "annotations"],
    demanded: Mapping[str, v1.DemandedValue],
    written: Mapping[str, str],
) -> Iterator[Finding]:
    """Objections to labels or annotations that are missing or have another value."""
    word = part.removesuffix("s")
    for name, demand in demanded.items():
        value = written.get(name, "")
        if not value and not is_optional(demand):
            yield one.object_to(f"no {word} `{name}`", f"{part}/{name}", part, allowed=spoken(demand))
        elif name in written and not is_met(demand, value):
            message = f"{word} `{name}` is `{shown(value)}`"
            yield one.object_to(message, f"{part}/{name}", part, allowed=spoken(demand))


def judge_length(
    one: Covered, key: str, wanted: v1.DurationRange | None, length: Duration | None
) -> Iterator[Finding]:
    """Objections to a time that is too short or too long; a time that is not written is none."""
    if wanted is None or (length is None and key in one.rule.places):
        return  # what is written cannot be read, which was reported
    found = length or Duration(0)
    message = f"`{key}` is {found}" if length is not None else f"no `{key}`"
    if wanted.min is not None and found < wanted.min:
        yield one.object_to(message, key, allowed=f"at least {wanted.min}")
    elif wanted.max is not None and found > wanted.max:
        yield one.object_to(message, key, allowed=f"at most {wanted.max}")


def shown(text: str) -> str:
    """A text for a message, cut when it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
