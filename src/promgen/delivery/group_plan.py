"""What would change in a ruler, group by group, in the order in which it is done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from promgen.changes.difference import Change, Status
from promgen.delivery.group_words import describe
from promgen.delivery.groups import Data, Namespaces, meaning_of
from promgen.promql import ExpressionError, metric_names, parse


class GroupStep(NamedTuple):
    """One group that is created, changed, deleted or left as it is; `before` and `after` are None where there is none."""

    namespace: str
    name: str
    status: Status
    before: Data | None
    after: Data | None
    changes: tuple[Change, ...] = ()

    @property
    def rules(self) -> int:
        """How many rules it has, or had."""
        return len((self.after or self.before or {}).get("rules") or ())


def owns(prefix: str, namespace: str) -> bool:
    """Whether a namespace belongs to the project: it has the project's name, or begins with it and a slash.

    >>> owns("promgen", "promgen/shop"), owns("promgen", "promgen2")
    (True, False)
    """
    return namespace == prefix or namespace.startswith(f"{prefix}/")


def plan_groups(wanted: Namespaces, held: Namespaces) -> tuple[GroupStep, ...]:
    """The steps from what is held to what is wanted: what is read comes before its readers, and deletions come last."""
    before, after = _by_place(held), _by_place(wanted)
    ordered = [*_in_order(after), *(place for place in before if place not in after)]
    return tuple(_step(place, before.get(place), after.get(place)) for place in ordered)


def _by_place(namespaces: Namespaces) -> dict[tuple[str, str], Data]:
    return {
        (namespace, str(group["name"])): group for namespace, groups in namespaces.items() for group in groups
    }


def _step(place: tuple[str, str], before: Data | None, after: Data | None) -> GroupStep:
    if before is None or after is None:
        return GroupStep(*place, Status.ADDED if before is None else Status.REMOVED, before, after)
    old, new = meaning_of(before), meaning_of(after)
    if old == new:
        return GroupStep(*place, Status.UNCHANGED, before, after)
    return GroupStep(*place, Status.CHANGED, before, after, describe(old, new))


def _in_order(groups: Mapping[tuple[str, str], Data]) -> list[tuple[str, str]]:
    """Groups after those that record what they read; as given where that says nothing, or where they read each other."""
    recorders: dict[str, list[tuple[str, str]]] = {}
    for place, group in groups.items():
        for name in _recorded(group):
            recorders.setdefault(name, []).append(place)
    ordered: dict[tuple[str, str], None] = {}
    visited: set[tuple[str, str]] = set()
    waiting = [(place, False) for place in reversed([*groups])]
    while waiting:
        place, is_ready = waiting.pop()
        if is_ready:
            ordered[place] = None
        elif place not in visited:
            visited.add(place)
            waiting.append((place, True))
            read = [other for name in _read(groups[place]) for other in recorders.get(name, ())]
            waiting += [(other, False) for other in reversed(read)]
    return [*ordered]


def _recorded(group: Data) -> Iterator[str]:
    return (str(rule["record"]) for rule in _rules(group) if rule.get("record"))


def _read(group: Data) -> Iterator[str]:
    for rule in _rules(group):
        try:
            yield from metric_names(parse(str(rule.get("expr", ""))))
        except ExpressionError:
            continue  # another language, whose recorded series promgen does not know


def _rules(group: Data) -> Iterable[Data]:
    return group.get("rules") or ()
