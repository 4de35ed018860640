"""Proofs about inhibition: nothing that matters is muted, and nothing mutes what it has nothing to do with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from promgen.base.conventions import Priority
from promgen.compiler.ir.alertmanager import InhibitRule
from promgen.proof.routes.alerts import Alert
from promgen.proof.routes.proving import Finding, Proving
from promgen.proof.routes.space import Box, split

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
            yield _finding(muting, f"which is {above}, inhibits", f"which is {below}")


def inhibited_pages(proving: Proving) -> Iterator[Finding]:
    """Nothing mutes a P0."""
    for muting in _first_of_each(proving):
        if muting.target.priority is Priority.P0:
            yield _finding(muting, "inhibits", "which is P0")


def inhibition_cycles(proving: Proving) -> Iterator[Finding]:
    """Alerts that mute each other in a circle tell nobody."""
    mutings = list(mutings_of(proving))
    following = defaultdict(set)
    for muting in mutings:
        following[muting.source].add(muting.target)
    on_circle = {piece for circle in _circles(following) for piece in circle}
    reported = set()
    for muting in mutings:
        if muting.source in on_circle and muting.target in on_circle and muting.rule not in reported:
            reported.add(muting.rule)
            yield _finding(muting, "inhibits", "and is inhibited by it, directly or by way of others")


def lacking_equal_labels(proving: Proving) -> Iterator[Finding]:
    """A label that both lack counts as equal, which joins alerts that have nothing to do with each other."""
    reported = set()
    for muting in mutings_of(proving):
        for label in muting.rule.equal:
            lacked = muting.source.alert.value(label) == muting.target.alert.value(label) == ""
            if lacked and (muting.rule, label) not in reported:
                reported.add((muting.rule, label))
                yield _finding(muting, "inhibits", f"though both lack `{label}`, which must be equal")


def mutings_of(proving: Proving) -> Iterator[Muting]:
    """Every pair of pieces of which the one may mute the other."""
    pieces = pieces_of(proving)
    for place, rule in enumerate(proving.config.inhibit_rules):
        bit = 1 << place
        targets = _by_key((piece for piece in pieces if piece.targets & bit), rule)
        for source in pieces:
            if source.sources & bit:
                for target in _agreeing(source, targets, rule):
                    if not (target.sources & bit and source.targets & bit):
                        yield Muting(rule, source, target)


def pieces_of(proving: Proving) -> tuple[Piece, ...]:
    """The alerts that some rule names, in pieces of which each rule names all or none."""
    equal = tuple(dict.fromkeys(name for rule in proving.config.inhibit_rules for name in rule.equal))
    found: dict[tuple[object, ...], Piece] = {}
    for alert, box in zip(proving.alerts, proving.boxes, strict=True):
        for part in _parts(proving, box):
            sources, targets = _sides(proving, part)
            if sources or targets:
                priority = proving.priority(alert, part)
                key = (sources, targets, priority, *(alert.value(name) for name in equal))
                found.setdefault(key, Piece(alert, priority, sources, targets))
    return tuple(found.values())


def _parts(proving: Proving, box: Box) -> list[Box]:
    """A box, cut where a side of a rule or a priority ends."""
    if proving.space.satisfied(box) is not None:
        return [box]
    pieces = [box]
    for needs in _borders(proving):
        part = proving.space.part(needs)
        cut: list[Box] = []
        for piece in pieces:
            inside, outside = split(piece, part)
            cut += outside if inside is None else (inside, *outside)
        pieces = cut
    return pieces


def _borders(proving: Proving) -> Iterator[int]:
    for rule in proving.config.inhibit_rules:
        yield proving.conditions.needs(rule.source)
        yield proving.conditions.needs(rule.target)
    for matcher, bit in proving.conditions.column(proving.priorities.label).matchers.items():
        if matcher.op == "=" and matcher.value in proving.priorities.of_value:
            yield bit


def _sides(proving: Proving, box: Box) -> tuple[int, int]:
    """The rules that name a piece as source and as target."""
    sources = targets = 0
    for place, rule in enumerate(proving.config.inhibit_rules):
        sources |= _is_within(proving, box, proving.conditions.needs(rule.source)) << place
        targets |= _is_within(proving, box, proving.conditions.needs(rule.target)) << place
    return sources, targets


def _is_within(proving: Proving, box: Box, needs: int) -> bool:
    """Whether a piece, which lies in a side or beside it, lies in it."""
    return split(box, proving.space.part(needs))[0] is not None


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
    message = f"{muting.source.alert.name} {does} {muting.target.alert.name}, {what}"
    return Finding(message, muting.rule.origin or muting.target.alert.origin)
