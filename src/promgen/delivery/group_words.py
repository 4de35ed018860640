"""How two groups differ, in the words of a comparison of rules; what such a comparison does not know is added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promgen.base.durations import Duration
from promgen.changes.difference import Change, Status
from promgen.changes.fields import Book, compare
from promgen.changes.rules import RuleChange, compare_rules, title
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.delivery.groups import GroupMeaning, RuleMeaning

_BOOK = Book(
    names={(GroupMeaning, "others"): "", (GroupMeaning, "rules"): "rules", (RuleMeaning, "others"): ""}
)


def describe(before: GroupMeaning, after: GroupMeaning) -> tuple[Change, ...]:
    """Every difference between two groups that are not equal."""
    (file,) = compare_rules([_file(before)], [_file(after)], with_origins=False)
    (group,) = file.groups
    names = _short_names((*before.rules, *after.rules))
    known = (*group.changes, *(change for rule in group.rules for change in _of_rule(rule, names)))
    others = compare(before._replace(rules=(), interval=None), after._replace(rules=(), interval=None), _BOOK)
    return (*known, *others) or compare(before, after, _BOOK)


def _file(group: GroupMeaning) -> RuleFile:
    rules = tuple(map(_rule, group.rules))
    return RuleFile("", "", (Group("", _length(group.interval) or Duration(0), rules, ""),))


def _rule(rule: RuleMeaning) -> Rule:
    return Rule(
        name=rule.name,
        expr=rule.expr,
        labels=dict(rule.labels),
        origin="",
        is_alert=rule.is_alert,
        hold=_length(rule.hold),
        keep_firing_for=_length(rule.keep_firing_for),
        annotations=dict(rule.annotations),
    )


def _length(value: Duration | str | None) -> Duration | None:
    return value if isinstance(value, Duration) else None


def _short_names(rules: Iterable[RuleMeaning]) -> dict[str, str]:
    """What rules are called here, by their titles: the name, with the labels that tell those of one name apart."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.name, []).append(_rule(rule))
    names = {}
    for same in found.values():
        shared = frozenset.intersection(*(frozenset(one.labels.items()) for one in same))
        for one in same:
            own = {name: value for name, value in one.labels.items() if (name, value) not in shared}
            names[title(one)] = title(one._replace(labels=own))
    return names


def _of_rule(change: RuleChange, names: Mapping[str, str]) -> Iterator[Change]:
    """What became of one rule, each line with its name in front."""
    name = names[title(change.rule)]
    if change.status is Status.ADDED:
        yield Change("rule", None, name)
    elif change.status is Status.REMOVED:
        yield Change("rule", name, None)
    else:
        yield from (one._replace(field=f"{name} {one.field}") for one in change.changes)
