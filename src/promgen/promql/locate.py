"""Finds the exact place of an error for which the library gives only a sentence.

Tried in this order: what is wrong with the characters and brackets themselves; the first token that has no place; the
selector, call or bracket that is refused with the same sentence when the library is given it alone; the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from promgen.promql import library
from promgen.promql.errors import ExpressionError
from promgen.promql.layout import read_layout
from promgen.promql.strings import unquote
from promgen.promql.tokens import COMPARISONS, Token, is_significant, tokenize

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NO_GRAMMAR = "invalid promql query"
_QUOTED = re.compile(r"'([^']*)'")
_REGEX = "illegal regex for "
_NEEDS_BOOL = "comparisons between scalars must use BOOL modifier"
_ABOUT = {
    "bool modifier can only be used on comparison operators": "bool",
    "offset may not be set multiple times": "offset",
    "@ <timestamp> may not be set multiple times": "@",
    "no offset modifiers allowed before range": "[",
    "no @ modifiers allowed before range": "[",
    "ranges only allowed for vector selectors": "[",
}
"""Messages about one token: the last one of this text in the refused part."""

_EXPERIMENTAL = frozenset({"anchored", "smoothed", "</", ">/"})
_CALCULATED_RANGE = re.compile(r"unexpected character inside brackets: '[-+*/%^(]'")

_Part = tuple[int, int]
"""Indexes of the first and the last token."""


def describe(text: str, message: str) -> ExpressionError:
    """The error to raise for a text that the library refused with this message."""
    tokens = [token for token in tokenize(text) if is_significant(token)]
    if not tokens:
        return ExpressionError("syntax", "the expression is empty", start=0, length=len(text))
    return _broken_token(tokens) or _broken_bracket(tokens) or _misplaced(tokens, message)


def _broken_token(tokens: Sequence[Token]) -> ExpressionError | None:
    for token in tokens:
        if token.kind == "unterminated":
            return _at(token, "this string is not closed")
        if token.kind == "other":
            return _at(token, f"the character {token.text!r} has no meaning here")
    return None


def _broken_bracket(tokens: Sequence[Token]) -> ExpressionError | None:
    """The first closing bracket without its opening one, or the innermost one left open."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token)
        elif token.kind == "close":
            if not opened:
                return _at(token, f"`{token.text}` closes nothing")
            if _CLOSING[opened[-1].text] != token.text:
                return _at(opened[-1], f"`{opened[-1].text}` is not closed before `{token.text}`")
            opened.pop()
    return _at(opened[-1], f"`{opened[-1].text}` is not closed") if opened else None


def _misplaced(tokens: Sequence[Token], message: str) -> ExpressionError:
    """The token where the text stops being an expression; if it is one, what the library objects to."""
    layout = read_layout(tokens)
    if layout.misplaced is None:
        return _refused(tokens, layout.operands, message)
    if layout.misplaced < len(tokens):
        return _without_place(tokens[layout.misplaced])
    return ExpressionError(
        "syntax", "the expression ends too early; something is missing", start=tokens[-1].end, length=0
    )


def _without_place(token: Token) -> ExpressionError:
    if token.text.lower() in _EXPERIMENTAL:
        message = f"`{token.text}` is experimental in Prometheus, and promgen cannot read it"
        return ExpressionError("unsupported", message, start=token.start, length=len(token.text))
    return _at(token, f"`{token.text}` has no place here")


def _refused(tokens: Sequence[Token], operands: Sequence[_Part], message: str) -> ExpressionError:
    first, last = _narrow(tokens, _smallest_refused(tokens, operands, message), message)
    start, end = tokens[first].start, tokens[last].end
    if _CALCULATED_RANGE.match(message):
        message = "a calculated range is experimental in Prometheus, and promgen cannot read it"
        return ExpressionError("unsupported", message, start=start, length=end - start)
    if message == _NO_GRAMMAR:
        message = "this is not an expression of PromQL"
    return ExpressionError("syntax", message, start=start, length=end - start)


def _smallest_refused(tokens: Sequence[Token], operands: Sequence[_Part], message: str) -> _Part:
    """The first operand that the library refuses alone with the same message; inner ones come before outer ones."""
    prepared = list(_prepared(tokens))
    for first, last in operands:
        if _refusal("".join(prepared[first : last + 1])) == message:
            return first, last
    return 0, len(tokens) - 1


def _prepared(tokens: Sequence[Token]) -> Iterator[str]:
    """The texts of the tokens for the library, apart where they were apart."""
    for token, following in pairwise([*tokens, tokens[-1]]):
        gap = " " if following.start > token.end else ""
        yield library.written_for_library(token) + gap


def _refusal(text: str) -> str | None:
    try:
        library.read(text)
    except library.LibraryError as error:
        return str(error)
    return None


def _narrow(tokens: Sequence[Token], part: _Part, message: str) -> _Part:
    """The one token of a refused part that the message is about, or the part."""
    first, last = part
    found = next(_meant(tokens[first : last + 1], message), None)
    if found is not None:
        return first + found, first + found
    is_call = tokens[first].kind == "name" and "aggregat" in message
    return (first, first) if is_call else part


def _meant(tokens: Sequence[Token], message: str) -> Iterator[int]:
    """Indexes of the tokens that a message may be about, the likeliest first."""
    if message in _ABOUT:
        yield from (at for at in reversed(range(len(tokens))) if tokens[at].text.lower() == _ABOUT[message])
    elif message == _NEEDS_BOOL:
        yield from (
            at
            for at, token in enumerate(tokens)
            if token.text in COMPARISONS and tokens[at + 1].text.lower() != "bool"
        )
    elif message.startswith(_REGEX):
        yield from (
            at
            for at, token in enumerate(tokens)
            if tokens[at - 1].text in {"=~", "!~"} and _means(token, message)
        )
    else:
        for quoted in _QUOTED.findall(message):
            yield from (at for at, token in enumerate(tokens) if token.text.strip("\"'`") == quoted)


def _means(token: Token, message: str) -> bool:
    return token.kind == "string" and unquote(token.text) == message.removeprefix(_REGEX)


def _at(token: Token, message: str) -> ExpressionError:
    return ExpressionError("syntax", message, start=token.start, length=len(token.text))
