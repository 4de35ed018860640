"""A comparison as people read it: sections, in them headings, below them what changed. What is the same stands once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from promgen.base.conventions import SEVERITY_LABEL, TIER_LABEL
from promgen.changes.comparison import Comparison
from promgen.changes.costs import CostChange, in_all
from promgen.changes.difference import Change, Difference, Effect, Status
from promgen.changes.files import FILE
from promgen.changes.rules import FileChange, RuleChange
from promgen.proof.budget import format_amount

EFFECTS = {
    Effect.LOOSER: "looser",
    Effect.TIGHTER: "tighter",
    Effect.IDENTITY: "identity changed: pending alerts start again",
    Effect.HISTORY: "identity changed: history starts again",
}

_CONTEXT = 2
"""Words around a difference within a long text."""


class Item(NamedTuple):
    """One line, with what changed of it below, and what it is about."""

    status: Status
    title: str
    changes: tuple[Change, ...] = ()
    subjects: tuple[str, ...] = ()


class Block(NamedTuple):
    """Items below a heading, which may be empty."""

    heading: str
    items: tuple[Item, ...]


class Section(NamedTuple):
    """One respect in which both sides differ; `amount` says how much, in words."""

    title: str
    amount: str
    blocks: tuple[Block, ...]


def outline(comparison: Comparison) -> tuple[Section, ...]:
    """The sections in which anything changed."""
    costs = comparison.costs
    found = (
        Section("Specifications", _number(comparison.specifications, "object"), _specifications(comparison)),
        Section("Rules", _number([*_rules(comparison.rules)], "rule"), _rule_blocks(comparison.rules)),
        Section("Routes", _routes_count(comparison), _routes(comparison)),
        Section("Cost", _number(costs, "service"), (Block("", tuple(_costs(costs))),) if costs else ()),
        Section("Other files", _number(comparison.files, "file"), _plain_block(comparison.files)),
    )
    return tuple(section for section in found if section.blocks)


def _number(items: Iterable[object], word: str) -> str:
    count = len(list(items))
    return f"{count:,} {word}{'s' * (count != 1)}"


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Two long texts without most of what both begin and end with.

    >>> excerpts("one two three four five six seven eight", "one two three four 5 six seven eight")
    ('… three four five six seven …', '… three four 5 six seven …')
    """
    old, new = before.split(), after.split()
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    return _excerpt(old, start, end), _excerpt(new, start, end)


def _common(old: list[str], new: list[str]) -> int:
    """How many words both begin with."""
    return next(
        (place for place, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]),
        min(len(old), len(new)),
    )


def _excerpt(words: list[str], start: int, end: int) -> str:
    first, last = max(0, start - _CONTEXT), len(words) - max(0, end - _CONTEXT)
    return " ".join([*["…"] * (first > 0), *words[first:last], *["…"] * (last < len(words))])


# --- specifications


def _specifications(comparison: Comparison) -> tuple[Block, ...]:
    """By system and service; what belongs to none stands at the end."""
    found = sorted(comparison.specifications, key=lambda one: (one.system == "", one.system, one.service))
    return tuple(
        Block(" / ".join(filter(None, heading)) or "project", tuple(map(_item, items)))
        for heading, items in groupby(found, lambda one: (one.system, one.service))
    )


def _item(found: Difference) -> Item:
    name = found.name.removeprefix(f"{found.service}/")
    name = f"{found.was.removeprefix(f'{found.service}/')} -> {name}" if found.was else name
    environments = f" ({', '.join(found.environments)})" if found.environments else ""
    title = name if found.kind in {found.name, FILE} else f"{found.kind} {name}"
    return Item(found.status, title + environments, found.changes)


# --- rules


def _rules(files: Iterable[FileChange]) -> Iterator[RuleChange]:
    """What is to be shown: a rule that moved stands where it went."""
    for file in files:
        for group in file.groups:
            yield from (change for change in group.rules if not change.moved_to)


def _rule_blocks(files: Iterable[FileChange]) -> tuple[Block, ...]:
    """By subject, so that environments stand together, and files for what is said of them."""
    found: dict[str, dict[Item, list[str]]] = {}
    for file in files:
        if file.changes:
            found.setdefault(file.path, {})[Item(file.status, "file", file.changes)] = [""]
        for group in file.groups:
            items = found.setdefault(group.group.subject or group.group.name, {})
            if group.changes:
                items[Item(group.status, f"group {group.group.name}", group.changes)] = [""]
            for change in _rules([file._replace(groups=(group,))]):
                items.setdefault(_rule_item(change), []).append(change.rule.labels.get(SEVERITY_LABEL, ""))
    return tuple(Block(subject, tuple(_counted(items))) for subject, items in found.items() if items)


def _rule_item(change: RuleChange) -> Item:
    kind = "alert" if change.rule.is_alert else "record"
    name = f"{change.was} -> {change.rule.name}" if change.was else change.rule.name
    tier = change.rule.labels.get(TIER_LABEL, "")
    status = Status.CHANGED if change.moved_from else change.status
    return Item(status, f"{kind} {name} {tier}".rstrip(), change.changes)


def _counted(items: dict[Item, list[str]]) -> Iterator[Item]:
    """Rules that change alike as one; those of one name that do not are told apart by their severities."""
    titles = Counter(item.title for item in items)
    for item, severities in items.items():
        told_apart = " ".join(dict.fromkeys(severities)) if titles[item.title] > 1 else ""
        count = f"({len(severities)} rules)" if len(severities) > 1 else ""
        yield item._replace(title=" ".join(filter(None, (item.title, told_apart, count))))


# --- routes


def _routes_count(comparison: Comparison) -> str:
    alerts = {alert for found in comparison.deliveries.rerouted for alert in found.alerts}
    counts = ((comparison.configuration, "setting"), (alerts, "alert"))
    return ", ".join(_number(items, word) for items, word in counts if items)


def _routes(comparison: Comparison) -> tuple[Block, ...]:
    rerouted = tuple(
        Item(
            found.status,
            _number(found.alerts, "new alert" if found.status is Status.ADDED else "alert"),
            found.changes,
            found.alerts,
        )
        for found in comparison.deliveries.rerouted
    )
    unseen = comparison.deliveries.unseen
    if unseen:
        title = f"{_number(unseen, 'alert')} not compared: too many cases"
        rerouted += (Item(Status.UNCHANGED, title, (), unseen),)
    told = (Block("who is told", rerouted),) if rerouted else ()
    written = tuple(
        block._replace(heading="configuration") for block in _plain_block(comparison.configuration)
    )
    return (*told, *written)


# --- the rest


def _costs(costs: Iterable[CostChange]) -> Iterator[Item]:
    rows = list(costs)
    for row in rows:
        yield Item(Status.CHANGED, " / ".join(filter(None, (row.system, row.service))), _amounts(row))
    if len(rows) > 1:
        yield Item(Status.CHANGED, "in all", _amounts(in_all(rows)))


def _amounts(row: CostChange) -> tuple[Change, ...]:
    amounts = (
        ("rules", row.before.rules, row.after.rules),
        ("series", row.before.series, row.after.series),
        ("series of alerts", row.before.alert_series, row.after.alert_series),
        ("samples read a second", row.before.read, row.after.read),
        ("samples stored a second", row.before.stored, row.after.stored),
    )
    texts = ((name, format_amount(before), format_amount(after)) for name, before, after in amounts)
    return tuple(Change(*found) for found in texts if found[1] != found[2])


def _plain_block(found: Iterable[Difference]) -> tuple[Block, ...]:
    items = tuple(map(_item, found))
    return (Block("", items),) if items else ()
