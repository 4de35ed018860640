"""What would change in a ruler, group by group, in the order in which it is done. Pure."""

from __future__ import annotations

from typing import NamedTuple

from promgen.changes.difference import Change, Status
from promgen.delivery.group_order import Place, in_order
from promgen.delivery.group_words import describe
from promgen.delivery.groups import Data, Namespaces, meaning_of


class GroupStep(NamedTuple):
    """One group that is created, changed, deleted or left as it is; `before` and `after` are None where there is none."""

    namespace: str
    name: str
    status: Status
    before: Data | None
    after: Data | None
    changes: tuple[Change, ...] = ()

    @property
    def place(self) -> Place:
        return self.namespace, self.name

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
    """What becomes of each group, in the order in which it is done.

    What is read comes before its readers, then what is deleted, and at the end what stays as it is.
    """
    before, after = _by_place(held), _by_place(wanted)
    steps = [_step(place, before.get(place), after.get(place)) for place in dict.fromkeys((*after, *before))]
    written = {step.place: step for step in steps if step.status in {Status.ADDED, Status.CHANGED}}
    ordered = in_order({place: after[place] for place in written})
    removed = (step for step in steps if step.status is Status.REMOVED)
    unchanged = (step for step in steps if step.status is Status.UNCHANGED)
    return (*(written[place] for place in ordered), *removed, *unchanged)


def _by_place(namespaces: Namespaces) -> dict[Place, Data]:
    return {
        (namespace, str(group["name"])): group for namespace, groups in namespaces.items() for group in groups
    }


def _step(place: Place, before: Data | None, after: Data | None) -> GroupStep:
    if before is None or after is None:
        return GroupStep(*place, Status.ADDED if before is None else Status.REMOVED, before, after)
    if before == after:  # spares the parsing of nearly everything
        return GroupStep(*place, Status.UNCHANGED, before, after)
    old, new = meaning_of(before), meaning_of(after)
    if old == new:
        return GroupStep(*place, Status.UNCHANGED, before, after)
    return GroupStep(*place, Status.CHANGED, before, after, describe(old, new))
