"""Finds the operands of an expression among its tokens: where the selectors are, and which token has no place.

The library keeps no positions. This reads the same grammar roughly, alternating between "an operand comes" and "an operand
was read", and so can say where a selector stands in the text and at which token a text stops being an expression. It
takes the significant tokens of a text whose brackets match, and never recurses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from promgen.promql.tokens import BINARY_OPERATORS, Token

_MATCHINGS = frozenset({"on", "ignoring", "group_left", "group_right"})
_FILLS = frozenset({"fill", "fill_left", "fill_right"})
_GROUPINGS = frozenset({"by", "without"})
_NUMBERS = frozenset({"inf", "nan"})
_MATCH_OPERATORS = frozenset({"=", "!=", "=~", "!~"})

_LABELS_FOLLOW: Mapping[str, Collection[str]] = {
    "start": {"name", "string", "close"},
    "name": {"comma", "close"},
    "string": {"comma", "close"},
    "comma": {"name", "string", "close"},
}
"""What may come after what in the list of `by (…)`."""

_MATCHERS_FOLLOW: Mapping[str, Collection[str]] = {
    "start": {"name", "string", "close"},
    "name": {"match"},
    "match": {"string"},
    "string": {"match", "comma", "close"},
    "comma": {"name", "string", "close"},
}
"""What may come after what between braces; a string is a quoted name or a value."""


class SelectorPlace(NamedTuple):
    """Indexes of tokens: the first one, and the braces if there are any."""

    first: int
    braces: tuple[int, int] | None


@dataclass(slots=True)
class Layout:
    """What was found, as indexes of tokens."""

    selectors: list[SelectorPlace] = field(default_factory=list)
    operands: list[tuple[int, int]] = field(default_factory=list)
    """First and last token of every selector, call and bracket with what modifies it, inner ones before outer ones."""
    misplaced: int | None = None
    """The first token without a place; the number of tokens where the end comes too early."""


def read_layout(tokens: Sequence[Token]) -> Layout:
    """Find the operands and the first token without a place."""
    return _Reader(tokens).read()


def _match_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """For every opening bracket the index of its closing one."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "open":
            opened.append(index)
        elif token.kind == "close":
            pairs[opened.pop()] = index
    return pairs


class _Reader:
    """One walk over the tokens; every step returns how many it has read, or 0 after a call of `_stop`."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.words = [token.text.lower() if token.kind == "name" else token.text for token in tokens]
        self.kinds = [token.kind for token in tokens]
        self.pairs = _match_brackets(tokens)
        self.layout = Layout()
        self.expects_operand = True
        self.opened: list[int] = []
        """The first tokens of the brackets and calls around the current token."""

    def read(self) -> Layout:
        at, end = 0, len(self.words)
        while at < end:
            step = self._operand(at) if self.expects_operand else self._after_operand(at)
            if not step:
                return self.layout
            at += step
        if self.expects_operand:
            self._stop(end)
        return self.layout

    def _operand(self, at: int) -> int:
        kind, word = self.kinds[at], self.words[at]
        if kind == "name":
            return self._name(at)
        if kind in {"number", "duration", "string"}:
            return self._completed(at, at)
        if word == "(":
            self.opened.append(at)
            return 1
        if word == "{":
            return self._selector(at, at)
        return 1 if word in {"+", "-"} else self._stop(at)

    def _name(self, at: int) -> int:
        following = self._word(at + 1)
        if following == "{":
            return self._selector(at, at + 1)
        if following == "(":
            return self._call(at, at + 1)
        if following in _GROUPINGS and self._word(at + 2) == "(":
            after_list = self.pairs[at + 2] + 1
            if self._word(after_list) == "(":
                return self._call(at, after_list) if self._follows(at + 2, _LABELS_FOLLOW) else 0
        if self.words[at] not in _NUMBERS:
            self.layout.selectors.append(SelectorPlace(at, None))
        return self._completed(at, at)

    def _call(self, at: int, opening: int) -> int:
        if self.pairs[opening] == opening + 1:
            return self._completed(at, opening + 1)
        self.opened.append(at)
        return opening + 1 - at

    def _selector(self, at: int, opening: int) -> int:
        if not self._follows(opening, _MATCHERS_FOLLOW):
            return 0
        closing = self.pairs[opening]
        self.layout.selectors.append(SelectorPlace(at, (opening, closing)))
        return self._completed(at, closing)

    def _completed(self, first: int, last: int) -> int:
        self.layout.operands.append((first, last))
        self.expects_operand = False
        return last + 1 - first

    def _after_operand(self, at: int) -> int:
        word = self.words[at]
        if word in BINARY_OPERATORS:
            self.expects_operand = True
            return self._operator(at)
        if word == "," and self.opened and self.kinds[self.opened[-1]] == "name":
            self.expects_operand = True
            return 1
        if word == ")" and self.opened:
            self._completed(self.opened.pop(), at)
            return 1
        if word == "[":
            return self._modified(at, self.pairs[at])
        if word in _GROUPINGS and self._word(at + 1) == "(":
            return self._modified(at, self.pairs[at + 1]) if self._follows(at + 1, _LABELS_FOLLOW) else 0
        return self._time(at) if word in {"offset", "@"} else self._stop(at)

    def _modified(self, at: int, last: int) -> int:
        """What was read belongs to the operand before it."""
        self.layout.operands[-1] = (self.layout.operands[-1][0], last)
        return last + 1 - at

    def _operator(self, start: int) -> int:
        """An operator with `bool`, `on (…)`, `group_left (…)` and so on."""
        at = start + 1
        while self._is_modifier(at):
            if self._word(at + 1) == "(" and self.words[at] != "bool":
                if self.words[at] in _MATCHINGS and not self._follows(at + 1, _LABELS_FOLLOW):
                    return 0
                at = self.pairs[at + 1]
            at += 1
        return at - start

    def _is_modifier(self, at: int) -> bool:
        word = self._word(at)
        return word == "bool" or word in _MATCHINGS or (word in _FILLS and self._word(at + 1) == "(")

    def _time(self, at: int) -> int:
        """`offset -5m`, `@ 1700000000`, `@ start()`."""
        value = at + 2 if self._word(at + 1) in {"+", "-"} else at + 1
        if value < len(self.kinds) and self.kinds[value] in {"number", "duration"}:
            return self._modified(at, value)
        if self.words[at] == "@" and self._word(value) in {"start", "end"} and self._word(value + 1) == "(":
            return self._modified(at, self.pairs[value + 1])
        return self._stop(value)

    def _follows(self, opening: int, follow: Mapping[str, Collection[str]]) -> bool:
        """Whether the inside of brackets is a list of the kind described."""
        before = "start"
        is_value = False
        for at in range(opening + 1, self.pairs[opening] + 1):
            step = self._step(at, is_value=is_value)
            if step not in follow[before] or (is_value and step == "match"):
                self._stop(at)
                return False
            is_value = before == "match"
            before = step
        return True

    def _step(self, at: int, *, is_value: bool) -> str:
        word, kind = self.words[at], self.kinds[at]
        if word in _MATCH_OPERATORS:
            return "match"
        if word == "," or (word == "or" and is_value):
            return "comma"
        return kind

    def _stop(self, at: int) -> int:
        self.layout.misplaced = at
        return 0

    def _word(self, at: int) -> str:
        return self.words[at] if at < len(self.words) else ""
