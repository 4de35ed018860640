"""Two sets of rule files compared: what each group gained, lost and changed. How an expression is laid out is no change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from promgen.changes.difference import Change, Effect, Status
from promgen.changes.expressions import compare_expressions
from promgen.changes.fields import Book, Roots, compare
from promgen.compiler.ir.rules import Group, Rule, RuleFile

_Item = TypeVar("_Item")
_Pairs = list[tuple[int | None, int | None]]
"""Places before and after; one is None for what came or went."""


class RuleChange(NamedTuple):
    """One rule that came, went or differs; None where it was not, or is not. One that moved here has both."""

    before: Rule | None
    after: Rule | None
    status: Status
    changes: tuple[Change, ...] = ()
    was: str = ""
    """Its earlier name, where it was renamed."""
    moved_from: str = ""
    """The group that it came from where it is added, as `file: group`."""
    moved_to: str = ""
    """The group that it went to where it is removed."""

    @property
    def rule(self) -> Rule:
        """As it is now, or was."""
        return _either(self.before, self.after)


class GroupChange(NamedTuple):
    """One group, unchanged ones too, as it is now, or was; `rules` are those that came, went or differ."""

    group: Group
    status: Status
    changes: tuple[Change, ...] = ()
    """Of the group itself, such as its interval and the order of its rules."""
    rules: tuple[RuleChange, ...] = ()


class FileChange(NamedTuple):
    """One rule file, unchanged ones too, with all its groups."""

    path: str
    status: Status
    changes: tuple[Change, ...] = ()
    groups: tuple[GroupChange, ...] = ()


def compare_rules(
    before: Iterable[RuleFile], after: Iterable[RuleFile], *, with_origins: bool = True
) -> tuple[FileChange, ...]:
    """Files by path and groups by name, those that are equal included.

    Without origins, what rules, groups and files were made from is not compared: a server that is asked for its rules
    does not know. The order of groups means nothing; that of rules does.
    """
    book = _BOOK if with_origins else _BOOK._replace(omitted=_BOOK.omitted | _ORIGINS)
    files = tuple(_compare_files(*pair, book) for pair in _both(before, after, lambda file: file.path))
    return _with_moves(files, book)


def title(rule: Rule) -> str:
    """A rule for people: its name with its labels."""
    inside = ", ".join(f"{name}={value}" for name, value in sorted(rule.labels.items()))
    return f"{rule.name}{{{inside}}}" if inside else rule.name


# --- files and groups


def _compare_files(old: RuleFile | None, new: RuleFile | None, book: Book) -> FileChange:
    pairs = _both(old.groups if old else (), new.groups if new else (), lambda group: group.name)
    groups = tuple(_compare_groups(*pair, book) for pair in pairs)
    changes = compare(old, new, book) if old and new else ()
    is_changed = bool(changes) or any(group.status is not Status.UNCHANGED for group in groups)
    return FileChange(_either(old, new).path, _status(old, new, is_changed), changes, groups)


def _compare_groups(old: Group | None, new: Group | None, book: Book) -> GroupChange:
    group = _either(old, new)
    if old == new:
        return GroupChange(group, Status.UNCHANGED)
    before, after = old.rules if old else (), new.rules if new else ()
    pairs = _pair_rules(before, after)
    found = (_compare_rules(_at(before, i), _at(after, j), book) for i, j in pairs)
    rules = tuple(change for change in found if change is not None)
    changes = compare(old, new, book) + _order(pairs, after) if old and new else ()
    return GroupChange(group, _status(old, new, bool(changes or rules)), changes, rules)


def _status(old: object, new: object, is_changed: bool) -> Status:
    if old is None or new is None:
        return Status.ADDED if old is None else Status.REMOVED
    return Status.CHANGED if is_changed else Status.UNCHANGED


def _order(pairs: _Pairs, after: Sequence[Rule]) -> tuple[Change, ...]:
    """Whether rules that stayed are evaluated in another order, by two of them as they are called now."""
    kept = [(i, j) for i, j in pairs if i is not None and j is not None]
    found = next(((a, b) for a, b in zip(sorted(kept), kept, strict=True) if a != b), None)
    if found is None:
        return ()
    first, second = (title(after[pair[1]]) for pair in found)
    return (Change("order", f"{first} before {second}", f"{second} before {first}"),)


def _both(
    before: Iterable[_Item], after: Iterable[_Item], key: Callable[[_Item], str]
) -> Iterator[tuple[_Item | None, _Item | None]]:
    """Both of each key, in the order of the keys; several of one key are told apart by their order."""
    old, new = (dict(_counted(items, key)) for items in (before, after))
    for one in sorted({*old, *new}):
        yield old.get(one), new.get(one)


def _counted(items: Iterable[_Item], key: Callable[[_Item], str]) -> Iterator[tuple[tuple[str, int], _Item]]:
    seen: Counter[str] = Counter()
    for item in items:
        yield (key(item), seen[key(item)]), item
        seen[key(item)] += 1


def _either(old: _Item | None, new: _Item | None) -> _Item:
    found = old if new is None else new
    assert found is not None
    return found


def _at(items: Sequence[_Item], place: int | None) -> _Item | None:
    return None if place is None else items[place]


# --- rules


def _compare_rules(old: Rule | None, new: Rule | None, book: Book) -> RuleChange | None:
    """What became of a rule; None for nothing."""
    if old is None or new is None:
        return RuleChange(old, new, _status(old, new, False))
    changes = _changes(old, new, book)
    if not changes:
        return None
    if old.name != new.name:
        return RuleChange(old, new, Status.RENAMED, changes, was=old.name)
    return RuleChange(old, new, Status.CHANGED, changes)


def _changes(old: Rule, new: Rule, book: Book) -> tuple[Change, ...]:
    if old == new:
        return ()
    is_alert = old.is_alert and new.is_alert
    return compare_expressions(old.expr, new.expr, is_alert=is_alert) + compare(old, new, book)


def _pair_rules(old: Sequence[Rule], new: Sequence[Rule]) -> _Pairs:
    """Rules of one name and labels, then what is left by all but the labels, all but the name, and at last by the name."""
    gone, come = [*range(len(old))], [*range(len(new))]
    pairs: _Pairs = []
    for key in (_whole, _identity, _without_labels, _without_name, _name):
        if not (gone and come):
            break
        keys = [key(rule) for rule in old], [key(rule) for rule in new]
        found = _match(gone, come, *keys, is_exact=key is not _name)
        pairs += found
        gone = _less(gone, (i for i, _ in found))
        come = _less(come, (j for _, j in found))
    pairs += [(i, None) for i in gone] + [(None, j) for j in come]
    return sorted(pairs, key=lambda pair: (pair[1] is None, pair[0] if pair[1] is None else pair[1]))


def _match(
    gone: Iterable[int],
    come: Iterable[int],
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    *,
    is_exact: bool,
) -> list[tuple[int, int]]:
    """Places of equal keys, in their order; without `is_exact` only where both sides have as many of a key."""
    before, after = _places(gone, old), _places(come, new)
    return [
        pair
        for key, places in after.items()
        if is_exact or len(places) == len(before.get(key, ()))
        for pair in zip(before.get(key, ()), places, strict=False)
    ]


def _places(places: Iterable[int], keys: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for place in places:
        found.setdefault(keys[place], []).append(place)
    return found


def _less(places: Iterable[int], taken: Iterable[int]) -> list[int]:
    without = set(taken)
    return [place for place in places if place not in without]


def _identity(rule: Rule) -> Hashable:
    return rule.is_alert, rule.name, tuple(sorted(rule.labels.items()))


def _whole(rule: Rule) -> Hashable:
    return _identity(rule), rule.expr


def _without_labels(rule: Rule) -> Hashable:
    return _name(rule), rule.expr, rule.hold


def _without_name(rule: Rule) -> Hashable:
    return rule.is_alert, rule.expr, rule.hold, tuple(sorted(rule.labels.items()))


def _name(rule: Rule) -> Hashable:
    return rule.is_alert, rule.name


# --- rules that moved


class _Spot(NamedTuple):
    """A rule where it came or went."""

    rule: Rule
    place: str
    """As `file: group`."""


def _with_moves(files: tuple[FileChange, ...], book: Book) -> tuple[FileChange, ...]:
    """A rule that one group lost and one other gained says so on both sides."""
    gone, come = _spots(files, Status.REMOVED), _spots(files, Status.ADDED)
    moves = {
        key: (spots[0], come[key][0])
        for key, spots in gone.items()
        if len(spots) == len(come.get(key, ())) == 1
    }
    if not moves:
        return files
    return tuple(
        file._replace(groups=tuple(_mark_group(group, moves, book) for group in file.groups))
        for file in files
    )


def _spots(files: Iterable[FileChange], status: Status) -> dict[Hashable, list[_Spot]]:
    found: dict[Hashable, list[_Spot]] = {}
    for file in files:
        for group in file.groups:
            place = f"{file.path}: {group.group.name}"
            for change in group.rules:
                if change.status is status:
                    found.setdefault(_identity(change.rule), []).append(_Spot(change.rule, place))
    return found


def _mark_group(group: GroupChange, moves: Mapping[Hashable, tuple[_Spot, _Spot]], book: Book) -> GroupChange:
    return group._replace(rules=tuple(_mark(change, moves, book) for change in group.rules))


def _mark(change: RuleChange, moves: Mapping[Hashable, tuple[_Spot, _Spot]], book: Book) -> RuleChange:
    if change.status not in {Status.ADDED, Status.REMOVED} or _identity(change.rule) not in moves:
        return change
    old, new = moves[_identity(change.rule)]
    if change.status is Status.REMOVED:
        return change._replace(moved_to=new.place)
    effect = Effect.IDENTITY if change.rule.is_alert else None
    move = Change("group", old.place, new.place, effect)
    changes = (move, *_changes(old.rule, new.rule, book))
    return change._replace(before=old.rule, moved_from=old.place, changes=changes)


# --- words


def _identity_effect(before: Any, after: Any, roots: Roots) -> Effect:
    return Effect.IDENTITY if roots.after.is_alert else Effect.HISTORY


def _hold_effect(before: Any, after: Any, roots: Roots) -> Effect:
    return Effect.LOOSER if _ms(after) > _ms(before) else Effect.TIGHTER


def _is_same_time(before: Any, after: Any) -> bool:
    return _ms(before) == _ms(after)


def _ms(duration: Any) -> int:
    return 0 if duration is None else int(duration.ms)


_ORIGINS = frozenset({(Rule, "origin"), (Group, "subject"), (RuleFile, "source")})
_BOOK = Book(
    names={
        (Rule, "is_alert"): "alert",
        (Rule, "hold"): "for",
        (Rule, "keep_firing_for"): "keep_firing_for",
        (Rule, "labels"): "label",
        (Rule, "annotations"): "annotation",
    },
    effects={
        (Rule, "name"): _identity_effect,
        (Rule, "labels"): _identity_effect,
        (Rule, "hold"): _hold_effect,
    },
    same={(Rule, "hold"): _is_same_time, (Rule, "keep_firing_for"): _is_same_time},
    omitted=frozenset({(Rule, "expr"), (Group, "rules"), (RuleFile, "groups")}),
)
