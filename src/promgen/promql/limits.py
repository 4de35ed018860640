"""Refuses a text before the library sees it, where the library would crash the process, hang or change the meaning.

Measured with promql-parser 0.11: it recurses, at about 2 KiB of stack for an operator, 1.5 KiB for a call and 1 KiB for
a bracket, and a stack that overflows ends the process. A chain of `a+a+…` crashes at 4,160 terms on the 8 MiB of a Linux
thread, at 512 on 1 MiB, at 256 on 512 KiB. Time and memory grow with the square of the chain: 200 terms take 6 ms. Wide
expressions are harmless: 250,000 names in a `by (…)` or matchers in braces are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from promgen.base.durations import MILLISECONDS
from promgen.promql.errors import ExpressionError, Reason
from promgen.promql.strings import unquote
from promgen.promql.tokens import BINARY_OPERATORS, Token

MAX_CHARACTERS = 65_536
"""A regular expression of this length compiles in 6 ms."""

MAX_OPERATORS = 200
"""Half of what crashes a thread with 1 MiB of stack, a twentieth of what crashes one with 8 MiB."""

MAX_NESTING = 64
"""Open brackets at once: calls crash at 670 on 1 MiB. Together with the operators this stays within 512 KiB."""

MAX_DURATION_MS = 292 * MILLISECONDS["y"]
"""What Prometheus itself can hold; beyond it the library wraps around or panics."""

MAX_TIMESTAMP = 10**11
"""Seconds after `@`; the library reads larger ones and all negative ones as another time."""

_OPERATOR = re.compile(r"[-+*/%^<>=!]|and|or|unless|atan2", re.IGNORECASE)
"""Whatever may be an operator, and more: it finds as many in names and strings."""
_DURATION_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")


def check_size(text: str) -> None:
    """Raise at the first character that is one too many."""
    if len(text) > MAX_CHARACTERS:
        message = f"the expression has {len(text):,} characters; promgen reads up to {MAX_CHARACTERS:,}"
        raise ExpressionError("too-large", message, start=MAX_CHARACTERS, length=len(text) - MAX_CHARACTERS)


def check_strings(text: str, tokens: Iterable[Token]) -> None:
    """Raise at a string that the library would read differently, and at characters that no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ExpressionError("syntax", "this is half a character", start=error.start, length=1) from None
    for token in tokens:
        if token.kind == "string" and "\\" in token.text:
            _check_string(token)


def is_surely_small(text: str) -> bool:
    """Whether the limits hold whatever the text says, so that it need not be cut into tokens."""
    if text.count("(") + text.count("[") + text.count("{") > MAX_NESTING:
        return False
    return len(text) <= MAX_OPERATORS or len(_OPERATOR.findall(text)) <= MAX_OPERATORS


def check_depth(tokens: Iterable[Token]) -> None:
    """Raise at the first bracket or operator that is one too many."""
    nesting = operators = braces = 0
    for token in tokens:
        if token.kind == "open":
            nesting += 1
            braces += token.text == "{"
            if nesting > MAX_NESTING:
                raise _refused("too-deep", f"more than {MAX_NESTING} brackets are open here", token)
        elif token.kind == "close":
            nesting = max(0, nesting - 1)
            braces = max(0, braces - (token.text == "}"))
        elif not braces and token.text.lower() in BINARY_OPERATORS:
            operators += 1
            if operators > MAX_OPERATORS:
                raise _refused(
                    "too-deep",
                    f"more than {MAX_OPERATORS} operators; record a part in a rule of its own",
                    token,
                )


def check_times(tokens: Sequence[Token]) -> None:
    """Raise at a duration or a timestamp that the library would misread; takes the significant tokens."""
    in_range = False
    before = ["", ""]
    for token in tokens:
        if token.text in {"[", "]"}:
            in_range = token.text == "["
        elif token.kind == "duration":
            parts = _DURATION_PART.findall(token.text)
            _check_duration(token, sum(int(count) * MILLISECONDS[unit] for count, unit in parts))
        elif token.kind == "number" or token.text.lower() in {"inf", "nan"}:
            after = before[0] if before[1] in {"+", "-"} else before[1]
            if in_range or after == "offset":
                _check_duration(token, _number(token.text) * 1000)
            elif after == "@":
                _check_timestamp(token, is_negative=before[1] == "-")
        before = [before[1], token.text.lower()]


def _check_string(token: Token) -> None:
    try:
        unquote(token.text)
    except UnicodeError:
        message = "the bytes of this string are not UTF-8, as every label of Prometheus is"
        raise _refused("unsupported", message, token) from None
    except ValueError as error:
        raise _refused("syntax", str(error), token) from None


def _check_duration(token: Token, milliseconds: float) -> None:
    if milliseconds < 1:
        raise _refused("syntax", f"`{token.text}` is shorter than a millisecond", token)
    if not milliseconds <= MAX_DURATION_MS:
        raise _refused("syntax", f"`{token.text}` is longer than Prometheus can hold (292y)", token)


def _check_timestamp(token: Token, *, is_negative: bool) -> None:
    if is_negative or not _number(token.text) <= MAX_TIMESTAMP:
        message = f"promgen reads times from 0 to {MAX_TIMESTAMP} seconds after `@`"
        raise _refused("unsupported", message, token)


def _number(text: str) -> float:
    plain = text.replace("_", "")
    return int(plain, 16) if plain[:2].lower() == "0x" else float(plain)


def _refused(reason: Reason, message: str, token: Token) -> ExpressionError:
    return ExpressionError(reason, message, start=token.start, length=len(token.text))
