"""Every alert there could be, as far as the matchers of a configuration can tell alerts apart.

For each label the values fall into classes that satisfy the same matchers; a set of classes is an integer with a bit for
each. A box has such a set for each label: all alerts whose values lie in them. Routes, alerts and rules are boxes, and what
a route leaves over is a few boxes, so that every alert is looked at without looking at each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promgen.promql import LabelMatcher
from promgen.promql.regexes import matching_texts
from promgen.proof.routes.conditions import Column, Conditions
from promgen.proof.routes.languages import possible_matches
from promgen.proof.routes.match import Node

Box = tuple[int, ...]
"""A set of classes for each label; no set is empty."""
Part = tuple[tuple[int, int], ...]
"""A box that leaves most labels alone: places of labels, with the classes allowed there."""

_FRESH = "other"


@dataclass(frozen=True, slots=True)
class Axis:
    """One label, with the classes of its values."""

    name: str
    answers: tuple[int, ...]
    """Of each class, the matchers that it satisfies."""
    examples: tuple[str, ...]
    """Of each class, a value; the empty text is the class of alerts without the label."""
    is_exact: bool
    """Whether there are no other classes; not known where a regular expression cannot be followed."""

    @property
    def whole(self) -> int:
        return (1 << len(self.answers)) - 1

    def classes(self, needs: int) -> int:
        """The classes that satisfy these matchers."""
        return sum(1 << place for place, answer in enumerate(self.answers) if answer & needs == needs)


class Space:
    """All classes of all labels that matchers name; `values` are those of known alerts, by label."""

    def __init__(self, conditions: Conditions, values: Mapping[str, Iterable[str]]) -> None:
        self.conditions = conditions
        self.axes = tuple(_axis(column, values.get(name, ())) for name, column in conditions.columns.items())
        self._places = {axis.name: place for place, axis in enumerate(self.axes)}
        self._parts: dict[int, Part | None] = {}

    @property
    def whole(self) -> Box:
        return tuple(axis.whole for axis in self.axes)

    def part(self, needs: int) -> Part | None:
        """The alerts that satisfy these matchers; None where there are none."""
        if needs not in self._parts:
            self._parts[needs] = self._part(needs)
        return self._parts[needs]

    def box(self, labels: Mapping[str, str | None]) -> Box:
        """The alerts with these labels, where None is any value, and a label that is not given is missing."""
        return tuple(
            axis.whole if value is None else self._class_of(axis, value)
            for axis, value in ((axis, labels.get(axis.name, "")) for axis in self.axes)
        )

    def example(self, box: Box) -> dict[str, str]:
        """Labels of one alert in a box."""
        values = {
            axis.name: axis.examples[(classes & -classes).bit_length() - 1]
            for axis, classes in zip(self.axes, box, strict=True)
        }
        return {name: value for name, value in values.items() if value}

    def satisfied(self, box: Box) -> int | None:
        """The matchers that every alert in a box satisfies, where all agree about all of them; None where they do not."""
        answers = 0
        for axis, classes in zip(self.axes, box, strict=True):
            if classes & (classes - 1):
                return None
            answers |= axis.answers[classes.bit_length() - 1]
        return answers

    def _class_of(self, axis: Axis, value: str) -> int:
        answer = self.conditions.columns[axis.name].satisfied(value)
        return 1 << axis.answers.index(answer)

    def _part(self, needs: int) -> Part | None:
        found = []
        for place, axis in enumerate(self.axes):
            own = needs & sum(self.conditions.columns[axis.name].matchers.values())
            if own:
                classes = axis.classes(own)
                if not classes:
                    return None
                found.append((place, classes))
        return tuple(found)


def meets(box: Box, part: Part | None) -> bool:
    """Whether they have alerts in common."""
    return part is not None and all(box[place] & classes for place, classes in part)


def split(box: Box, part: Part | None) -> tuple[Box | None, list[Box]]:
    """What of a box lies in a part, and what does not, in boxes that have nothing in common."""
    if part is None or not meets(box, part):
        return None, [box]
    inside, outside = list(box), []
    for place, classes in part:
        rest = inside[place] & ~classes
        if rest:
            piece = inside.copy()
            piece[place] = rest
            outside.append(tuple(piece))
            inside[place] &= classes
    return tuple(inside), outside


class TooManyError(Exception):
    """The alerts fall into more pieces than can be looked at."""


MOST_PIECES = 20_000


def reached_by(space: Space, node: Node, box: Box) -> list[tuple[Box, tuple[Node, ...]]]:
    """The routes that the alerts in a box reach, all of which the node wants; in pieces that reach the same."""
    waiting: list[tuple[Box, tuple[Node, ...]]] = [(box, ())]
    done: list[tuple[Box, tuple[Node, ...]]] = []
    for child in node.children:
        part = space.part(child.needs)
        further: list[tuple[Box, tuple[Node, ...]]] = []
        for piece, found in waiting:
            inside, outside = split(piece, part)
            further += [(rest, found) for rest in outside]
            if inside is not None:
                below = reached_by(space, child, inside)
                (further if child.route.is_continued else done).extend(
                    (deeper, found + more) for deeper, more in below
                )
        waiting = further
        if len(waiting) + len(done) > MOST_PIECES:
            raise TooManyError
    return [*done, *((piece, found or (node,)) for piece, found in waiting)]


def living(space: Space, root: Node) -> dict[Node, bool]:
    """The routes that some labels come through, each with whether some end there because no route below wants them."""
    found: dict[Node, bool] = {}
    _find_living(space, root, space.whole, [], found)
    return found


def _find_living(space: Space, node: Node, box: Box, taken: Sequence[Part], found: dict[Node, bool]) -> None:
    """What comes to a node is a box without the parts that routes before it, or before those above, have taken."""
    parts = [part for child in node.children if (part := space.part(child.needs)) is not None]
    found[node] = _has_rest(box, [*taken, *parts])
    earlier = [*taken]
    for child in node.children:
        part = space.part(child.needs)
        inside, _ = split(box, part)
        if part is None or inside is None:
            continue
        if _has_rest(inside, earlier):
            _find_living(space, child, inside, earlier, found)
        if not child.route.is_continued:
            earlier.append(part)


def _has_rest(box: Box, parts: Sequence[Part]) -> bool:
    """Whether something of a box is in none of the parts."""
    waiting = [(box, 0)]
    while waiting:
        piece, place = waiting.pop()
        while place < len(parts):
            inside, outside = split(piece, parts[place])
            place += 1
            if inside is not None:
                waiting += [(rest, place) for rest in outside]
                break
        else:
            return True
    return False


def _axis(column: Column, values: Iterable[str]) -> Axis:
    """The classes of a label's values; the missing label first, then what is named."""
    answers: dict[int, str] = {}
    examples, is_exact = _examples(column.matchers)
    for value in ("", *values, *examples):
        answers.setdefault(column.satisfied(value), value)
    return Axis(column.name, tuple(answers), tuple(answers.values()), is_exact)


def _examples(matchers: Mapping[LabelMatcher, int]) -> tuple[list[str], bool]:
    """A value of each class, and whether there are no other classes."""
    texts = list(dict.fromkeys(matcher.value for matcher in matchers if matcher.op in {"=", "!="}))
    patterns = list(dict.fromkeys(matcher.value for matcher in matchers if matcher.op in {"=~", "!~"}))
    fresh = _FRESH
    while fresh in texts:
        fresh += "-"
    if not patterns:
        return [*texts, fresh], True
    everything = [*patterns, *map(re.escape, texts)]
    try:
        possible = possible_matches({1 << place: text for place, text in enumerate(everything)})
    except ValueError:
        named = [text for pattern in patterns for text in matching_texts(pattern)]
        return [*texts, *named, fresh], False
    return [*texts, *possible.values()], True
