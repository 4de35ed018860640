"""Which answers a set of regular expressions can give for one value, found exactly, with a value for each set of answers.

The expressions become one automaton over all of them; walking through its states shows every combination of expressions that
some text matches and no other one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from re import _constants as ops  # type: ignore[attr-defined]  # the stubs leave out Python's own reader of patterns
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Literal, NamedTuple

MOST_STATES = 20_000
"""Of the automaton and of the walk through it; what needs more is not followed."""
_LAST = 0x10FFFF
_NICE = "x0a1b-_./: "
"""Tried first where a text needs any character of a class."""

Ranges = tuple[tuple[int, int], ...]
"""Characters, both ends included."""


class _State(NamedTuple):
    """One state: a character to be read, a fork, a demand on the place in the text, or the end of an expression."""

    kind: Literal["read", "fork", "begin", "end", "accept"]
    next: tuple[int, ...] = ()
    characters: Ranges = ()
    accepts: int = 0


class _Reach(NamedTuple):
    """What can be reached without reading: states that read, and the expressions that match if the text ends here."""

    reads: int
    accepts: int


def possible_matches(patterns: Mapping[int, str]) -> dict[int, str]:
    """For each set of patterns that some text matches, and no others, such a text; sets and patterns are bits.

    Raise ValueError where a pattern cannot be followed or the automaton grows beyond MOST_STATES.

    >>> possible_matches({1: "a.*", 2: ".*b"})
    {0: '', 1: 'a', 2: 'b', 3: 'ab'}
    """
    automaton = _Automaton()
    starts = [automaton.add(bit, pattern) for bit, pattern in patterns.items()]
    return dict(sorted(_walk(automaton, starts).items()))


def _walk(automaton: _Automaton, starts: Sequence[int]) -> dict[int, str]:
    """Breadth first, so that texts are short."""
    classes = automaton.classes()
    begin = _united(automaton.reach(start, at_start=True) for start in starts)
    found = {begin.accepts: ""}
    seen = {begin}
    queue = deque([(begin, "")])
    while queue:
        here, text = queue.popleft()
        for character, after in automaton.steps(here.reads, classes):
            if after not in seen:
                seen.add(after)
                if len(seen) > MOST_STATES:
                    raise ValueError("the regular expressions of one label are too many to be followed")
                found.setdefault(after.accepts, text + character)
                queue.append((after, text + character))
    return found


def _united(reaches: Iterable[_Reach]) -> _Reach:
    reads = accepts = 0
    for reach in reaches:
        reads |= reach.reads
        accepts |= reach.accepts
    return _Reach(reads, accepts)


@dataclass(slots=True)
class _Automaton:
    """States by number; each is made after those that follow it, but for loops."""

    states: list[_State] = field(default_factory=list)
    _known: dict[int, _Reach] = field(default_factory=dict)

    def add(self, bit: int, pattern: str) -> int:
        """Where a pattern starts; it ends with its bit."""
        try:
            parsed = _parser.parse(pattern, re.ASCII)
        except re.error as error:
            raise ValueError(f"the regular expression `{pattern}` cannot be followed: {error}") from None
        return self.build(parsed, self.put(_State("accept", accepts=bit)), parsed.state.flags)

    def put(self, state: _State) -> int:
        if len(self.states) >= MOST_STATES:
            raise ValueError("the regular expressions of one label are too many to be followed")
        self.states.append(state)
        return len(self.states) - 1

    def build(self, items: Iterable[tuple[Any, Any]], after: int, flags: int) -> int:
        """The start of a sequence, from its end."""
        for code, argument in reversed(list(items)):
            after = self.piece(code, argument, after, flags)
        return after

    def piece(self, code: Any, argument: Any, after: int, flags: int) -> int:
        if code is ops.SUBPATTERN:
            _, added, removed, inner = argument
            return self.build(inner, after, (flags | added) & ~removed)
        if code is ops.BRANCH:
            return self.put(_State("fork", tuple(self.build(branch, after, flags) for branch in argument[1])))
        if code in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            least, most, inner = argument
            return self.repeat(least, most, inner, after, flags)
        if code is ops.AT:
            return self.put(_State(_place(argument), (after,)))
        return self.put(_State("read", (after,), _characters(code, argument, flags)))

    def repeat(self, least: int, most: Any, inner: Any, after: int, flags: int) -> int:
        if most is ops.MAXREPEAT:
            loop = self.put(_State("fork"))
            start = self.build(inner, loop, flags)
            self.states[loop] = _State("fork", (start, after))
            after = loop
        else:
            end = after
            for _ in range(most - least):
                after = self.put(_State("fork", (self.build(inner, after, flags), end)))
        for _ in range(least):
            after = self.build(inner, after, flags)
        return after

    def reach(self, start: int, *, at_start: bool = False) -> _Reach:
        """What follows from a state; `^` holds only at the start, `$` only where nothing is read any more."""
        if not at_start and start in self._known:
            return self._known[start]
        found = _Reach(self._closure(start, at_start)[0], self._closure(start, at_start, at_end=True)[1])
        if not at_start:
            self._known[start] = found
        return found

    def _closure(self, start: int, at_start: bool, *, at_end: bool = False) -> tuple[int, int]:
        allowed = {"fork": True, "begin": at_start, "end": at_end}
        reads = accepts = 0
        seen, waiting = {start}, [start]
        while waiting:
            number = waiting.pop()
            state = self.states[number]
            accepts |= state.accepts
            if state.kind == "read":
                reads |= 1 << number
            elif allowed.get(state.kind, False):
                waiting += [one for one in state.next if one not in seen]
                seen.update(state.next)
        return reads, accepts

    def classes(self) -> tuple[tuple[int, str], ...]:
        """Stretches of characters that no state tells apart: the first, and one that reads well; letters come first."""
        borders = {0}
        for state in self.states:
            for first, last in state.characters:
                borders |= {first, last + 1}
        firsts = sorted(border for border in borders if border <= _LAST)
        found = (
            (first, _nicest(first, following - 1))
            for first, following in zip(firsts, [*firsts[1:], _LAST + 1], strict=True)
        )
        return tuple(sorted(found, key=lambda one: (not one[1].isalpha(), not one[1].isalnum())))

    def steps(self, reads: int, classes: tuple[tuple[int, str], ...]) -> Iterator[tuple[str, _Reach]]:
        """What reading a character leads to, for one character of each class."""
        states = [self.states[number] for number in _bits(reads)]
        for first, character in classes:
            yield (
                character,
                _united(
                    self.reach(state.next[0])
                    for state in states
                    if any(low <= first <= high for low, high in state.characters)
                ),
            )


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _nicest(first: int, last: int) -> str:
    for character in _NICE:
        if first <= ord(character) <= last:
            return character
    readable = (code for code in range(first, min(last, 0x7E) + 1) if code > 0x20)
    return chr(next(readable, first))


def _place(where: Any) -> Literal["begin", "end"]:
    if where in (ops.AT_BEGINNING, ops.AT_BEGINNING_STRING):
        return "begin"
    if where in (ops.AT_END, ops.AT_END_STRING):
        return "end"
    raise ValueError("a word boundary in a regular expression cannot be followed")


_CATEGORIES: dict[Any, Ranges] = {
    ops.CATEGORY_DIGIT: ((48, 57),),
    ops.CATEGORY_SPACE: ((9, 10), (12, 13), (32, 32)),
    ops.CATEGORY_WORD: ((48, 57), (65, 90), (95, 95), (97, 122)),
}
_NEGATED = {
    ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
    ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
    ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
}


def _characters(code: Any, argument: Any, flags: int) -> Ranges:
    """What one character may be."""
    if code is ops.ANY:
        return ((0, _LAST),) if flags & re.DOTALL else ((0, 9), (11, _LAST))
    if code is ops.NOT_LITERAL:
        return _others(_cased(((argument, argument),), flags))
    if code is ops.IN and argument[0][0] is ops.NEGATE:
        return _others(_cased(_union(argument[1:]), flags))
    return _cased(_union(argument if code is ops.IN else [(code, argument)]), flags)


def _union(items: Iterable[tuple[Any, Any]]) -> Ranges:
    return tuple(part for code, argument in items for part in _ranges(code, argument))


def _ranges(code: Any, argument: Any) -> Ranges:
    if code is ops.LITERAL:
        return ((argument, argument),)
    if code is ops.RANGE:
        return (argument,)
    if code is ops.CATEGORY:
        return _others(_CATEGORIES[_NEGATED[argument]]) if argument in _NEGATED else _CATEGORIES[argument]
    raise ValueError("a look around or a back reference in a regular expression cannot be followed")


def _others(ranges: Ranges) -> Ranges:
    found, start = [], 0
    for first, last in sorted(ranges):
        if start < first:
            found.append((start, first - 1))
        start = max(start, last + 1)
    return (*found, (start, _LAST)) if start <= _LAST else tuple(found)


def _cased(ranges: Ranges, flags: int) -> Ranges:
    """With the letters of the other case where case does not count."""
    if not flags & re.IGNORECASE:
        return ranges
    turned = []
    for first, last in ranges:
        for begin, end, shift in ((65, 90, 32), (97, 122, -32)):
            low, high = max(first, begin), min(last, end)
            if low <= high:
                turned.append((low + shift, high + shift))
    return (*ranges, *turned)
