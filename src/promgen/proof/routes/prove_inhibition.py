"""Proofs about inhibition: nothing that matters is muted, and nothing mutes what it has nothing to do with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from promgen.base.conventions import Priority
from promgen.compiler.ir.alertmanager import InhibitRule
from promgen.proof.routes.alerts import ALERTNAME, Alert
from promgen.proof.routes.inhibit import matchers_of
from promgen.proof.routes.proving import Finding, Proving
from promgen.proof.routes.space import Box, Part, meets, split

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Alerts that the inhibition rules do not tell apart, or not by what is known of them; the first stands for all."""

    alert: Alert
    priority: Priority | None
    sources: int
    """The rules whose source they are, as bits."""
    targets: int


class Muting(NamedTuple):
    """By this rule the one may mute the other."""

    rule: InhibitRule
    source: Piece
    target: Piece


def inhibited_by_lower(proving: Proving) -> Iterator[Finding]:
    """What is worse is never muted by what is less bad."""
    for muting in _first_of_each(proving):
        above, below = muting.source.priority, muting.target.priority
        if above is not None and below is not None and above > below:
            yield _finding(muting, f", which is {above}, inhibits", f"which is {below}")


def inhibited_pages(proving: Proving) -> Iterator[Finding]:
    """Nothing mutes a P0."""
    for muting in _first_of_each(proving):
        if muting.target.priority is Priority.P0:
            yield _finding(muting, " inhibits", "which is P0")


def inhibition_cycles(proving: Proving) -> Iterator[Finding]:
    """Alerts that mute each other in a circle tell nobody."""
    mutings = mutings_of(proving)
    following = defaultdict(set)
    for muting in mutings:
        following[muting.source].add(muting.target)
    on_circle = {piece for circle in _circles(following) for piece in circle}
    reported = set()
    for muting in mutings:
        if muting.source in on_circle and muting.target in on_circle and muting.rule not in reported:
            reported.add(muting.rule)
            yield _finding(muting, " inhibits", "and is inhibited by it, directly or by way of others")


def lacking_equal_labels(proving: Proving) -> Iterator[Finding]:
    """A label that both lack counts as equal, which joins alerts that have nothing to do with each other."""
    reported = set()
    for muting in mutings_of(proving):
        for label in muting.rule.equal:
            lacked = muting.source.alert.value(label) == muting.target.alert.value(label) == ""
            if lacked and (muting.rule, label) not in reported:
                reported.add((muting.rule, label))
                yield _finding(muting, " inhibits", f"though both lack `{label}`, which must be equal")


@lru_cache(maxsize=1)
def mutings_of(proving: Proving) -> tuple[Muting, ...]:
    """Every pair of pieces of which the one may mute the other; the proofs share them."""
    pieces = pieces_of(proving)
    return tuple(
        muting
        for place, rule in enumerate(proving.config.inhibit_rules)
        for muting in _mutings_by(rule, 1 << place, pieces)
    )


def inhibitors(proving: Proving, labels: Mapping[str, str]) -> Iterator[tuple[Alert, InhibitRule]]:
    """The alerts that mute an alert with these labels while they fire, with the rule."""
    target = Alert(labels.get(ALERTNAME, ""), labels)
    asked = Proving(
        config=proving.config,
        alerts=(*proving.alerts, target),
        priorities=proving.priorities,
        first_day=proving.first_day,
    )
    (piece,) = _pieces_of(asked, target, asked.boxes[-1])
    for alert, box in zip(proving.alerts, asked.boxes, strict=False):
        sources = list(_pieces_of(asked, alert, box))
        for place, rule in enumerate(proving.config.inhibit_rules):
            wanted = [source for source in sources if source.sources >> place & 1]
            if any(_mutings_by(rule, 1 << place, (*wanted, piece), {piece})):
                yield alert, rule


def pieces_of(proving: Proving) -> tuple[Piece, ...]:
    """The alerts that some rule names, in pieces of which each rule names all or none."""
    equal = tuple(dict.fromkeys(name for rule in proving.config.inhibit_rules for name in rule.equal))
    found: dict[tuple[object, ...], Piece] = {}
    for alert, box in zip(proving.alerts, proving.boxes, strict=True):
        for piece in _pieces_of(proving, alert, box):
            if piece.sources or piece.targets:
                values = (alert.value(name) for name in equal)
                key = (piece.sources, piece.targets, piece.priority, *values)
                found.setdefault(key, piece)
    return tuple(found.values())


def _pieces_of(proving: Proving, alert: Alert, box: Box) -> Iterator[Piece]:
    sources, targets = proving.sides
    satisfied = proving.space.satisfied(box)
    if satisfied is not None:
        yield Piece(
            alert,
            proving.priority(alert, box),
            _bits(satisfied & needs == needs for needs in sources),
            _bits(satisfied & needs == needs for needs in targets),
        )
        return
    part = proving.space.part
    for piece in _cut(box, [*map(part, (*sources, *targets)), *_priority_parts(proving)]):
        yield Piece(
            alert,
            proving.priority(alert, piece),
            _bits(meets(piece, part(needs)) for needs in sources),
            _bits(meets(piece, part(needs)) for needs in targets),
        )


def _cut(box: Box, parts: Iterable[Part | None]) -> list[Box]:
    """A box in pieces, each of which lies in each part or beside it."""
    pieces = [box]
    for part in parts:
        if meets(box, part):
            cut: list[Box] = []
            for piece in pieces:
                inside, outside = split(piece, part)
                cut += outside if inside is None else (inside, *outside)
            pieces = cut
    return pieces


def _priority_parts(proving: Proving) -> Iterator[Part | None]:
    for matcher, bit in proving.conditions.column(proving.priorities.label).matchers.items():
        if matcher.op == "=" and matcher.value in proving.priorities.of_value:
            yield proving.space.part(bit)


def _bits(answers: Iterable[bool]) -> int:
    return sum(1 << place for place, answer in enumerate(answers) if answer)


def _mutings_by(
    rule: InhibitRule, bit: int, pieces: Sequence[Piece], muted: Container[Piece] | None = None
) -> Iterator[Muting]:
    """By one rule; only of those that are `muted`, where that is given."""
    wanted = (piece for piece in pieces if piece.targets & bit and (muted is None or piece in muted))
    targets = _by_key(wanted, rule)
    for source in pieces:
        if source.sources & bit:
            for target in _agreeing(source, targets, rule):
                if not (target.sources & bit and source.targets & bit):
                    yield Muting(rule, source, target)


def _by_key(pieces: Iterable[Piece], rule: InhibitRule) -> dict[Key, list[Piece]]:
    found = defaultdict(list)
    for piece in pieces:
        found[_key(piece, rule)].append(piece)
    return found


def _key(piece: Piece, rule: InhibitRule) -> Key:
    return tuple(piece.alert.value(name) for name in rule.equal)


def _agreeing(source: Piece, targets: dict[Key, list[Piece]], rule: InhibitRule) -> Iterator[Piece]:
    """Targets whose `equal` labels may agree; None is a value that is not known."""
    wanted = _key(source, rule)
    if None not in wanted:
        yield from targets.get(wanted, ())
    for key, pieces in targets.items():
        is_open = None in wanted or None in key
        if is_open and all(
            one is None or other is None or one == other for one, other in zip(wanted, key, strict=True)
        ):
            yield from pieces


def _first_of_each(proving: Proving) -> Iterator[Muting]:
    """For each rule and each two priorities the first pair."""
    seen = set()
    for muting in mutings_of(proving):
        key = muting.rule, muting.source.priority, muting.target.priority
        if key not in seen:
            seen.add(key)
            yield muting


def _circles(following: dict[Piece, set[Piece]]) -> Iterator[set[Piece]]:
    """Strongly connected parts of more than one piece."""
    order: list[Piece] = []
    _visit_all(following, order)
    backwards = defaultdict(set)
    for source, targets in following.items():
        for target in targets:
            backwards[target].add(source)
    assigned: set[Piece] = set()
    for start in reversed(order):
        part = _reachable(start, backwards, assigned)
        assigned |= part
        if len(part) > 1:
            yield part


def _visit_all(following: dict[Piece, set[Piece]], order: list[Piece]) -> None:
    """Every piece after all that follow it, as far as there is no circle."""
    seen: set[Piece] = set()
    for start in list(following):
        waiting: list[tuple[Piece, bool]] = [(start, False)]
        while waiting:
            piece, is_done = waiting.pop()
            if is_done:
                order.append(piece)
            elif piece not in seen:
                seen.add(piece)
                waiting.append((piece, True))
                waiting += [(one, False) for one in following.get(piece, ()) if one not in seen]


def _reachable(start: Piece, edges: dict[Piece, set[Piece]], left_out: set[Piece]) -> set[Piece]:
    found: set[Piece] = set()
    waiting = [start]
    while waiting:
        piece = waiting.pop()
        if piece not in found and piece not in left_out:
            found.add(piece)
            waiting += edges.get(piece, ())
    return found


def _finding(muting: Muting, does: str, what: str) -> Finding:
    """With the labels of the muted alert that the rule looks at."""
    rule, target = muting.rule, muting.target.alert
    names = dict.fromkeys([*rule.equal, *(matcher.name for matcher in matchers_of(rule))])
    example = {name: value for name in names if (value := target.labels.get(name))}
    message = f"{muting.source.alert.name}{does} {target.name}, {what}"
    return Finding(message, rule.origin or target.origin, example)
