"""Short texts that match a regular expression of a label matcher, one for each of its ways to match.

Made from the pattern's structure and then checked against it, so that a pattern this reader does not follow gives fewer
texts and never a wrong one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

_LIMIT = 16
"""Texts kept of one pattern; more are never needed to tell a few selectors apart."""
_LETTERS = "xyzw0123456789abc-_./:ABC "
"""Tried, in this order, where a class or a dot asks for any character."""
_REPEATS = re.compile(r"([*+?]|\{(\d+)(?:,\d*)?\})\??")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]")
_ESCAPE = re.compile(r"\\(?:[pP]\{\w+\}|x[0-9a-fA-F]{2}|.)")
_GROUP_HEAD = re.compile(r"\((?:\?(?:P?<\w+>|[a-zA-Z-]*[:)]))?")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern; raise ValueError where it means nothing to Python, which reads a little less than Prometheus."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # what Python reads otherwise, such as [[:alpha:]]
            return re.compile(pattern, re.ASCII | re.DOTALL)
    except (re.error, FutureWarning) as error:
        raise ValueError(f"the regular expression `{pattern}` cannot be followed: {error}") from None


@lru_cache(maxsize=1024)
def matching_texts(pattern: str) -> tuple[str, ...]:
    """Texts that match as a whole, those from the first alternatives first; none where the pattern is not understood."""
    found = compiled(pattern)
    try:
        texts, end = _alternatives(pattern, 0)
    except (IndexError, re.error):
        return ()
    return tuple(text for text in dict.fromkeys(texts) if end == len(pattern) and found.fullmatch(text))


def _alternatives(pattern: str, at: int) -> tuple[list[str], int]:
    """The texts of everything up to the end or the closing bracket, and where that is."""
    branches: list[list[str]] = []
    pieces: list[list[str]] = []
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            branches.append(_joined(pieces))
            pieces, at = [], at + 1
            continue
        piece, at = _piece(pattern, at)
        repeat = _REPEATS.match(pattern, at)
        if repeat:
            piece, at = _repeated(piece, repeat), repeat.end()
        pieces.append(piece)
    branches.append(_joined(pieces))
    return list(islice(_in_turn(branches), _LIMIT)), at


def _piece(pattern: str, at: int) -> tuple[list[str], int]:
    """The texts of one character, class or group, and where the next begins."""
    here = pattern[at]
    if here == "(":
        head = _GROUP_HEAD.match(pattern, at)
        assert head is not None
        if head[0].endswith(")"):  # flags alone, as in `(?i)`
            return [""], head.end()
        texts, end = _alternatives(pattern, head.end())
        return texts, end + 1
    if here in "^$":
        return [""], at + 1
    atom = (_CLASS if here == "[" else _ESCAPE if here == "\\" else re.compile("(?s:.)")).match(pattern, at)
    if atom is None:
        raise IndexError(at)
    return _one_character(atom[0]), atom.end()


def _one_character(atom: str) -> list[str]:
    if len(atom) == 1 and atom != ".":
        return [atom]
    if atom in {r"\b", r"\B", r"\A", r"\z"}:
        return [""]
    if atom[0] == "\\" and not atom[1].isalnum():
        return [atom[1]]
    one = re.compile(atom, re.ASCII)
    everything = _LETTERS + "".join(map(chr, range(33, 127)))
    return list(islice((letter for letter in everything if one.fullmatch(letter)), 3))


def _repeated(texts: list[str], repeat: re.Match[str]) -> list[str]:
    times = int(repeat[2]) if repeat[2] else 1
    repeated = [text * times for text in texts]
    return [*repeated, ""] if repeat[1] in "*?" else repeated


def _joined(pieces: list[list[str]]) -> list[str]:
    return ["".join(parts) for parts in islice(product(*pieces), _LIMIT)]


def _in_turn(branches: list[list[str]]) -> Iterator[str]:
    """One text of each branch, then a second of each, so that a limit leaves none out."""
    for place in range(max(map(len, branches))):
        yield from (branch[place] for branch in branches if place < len(branch))
