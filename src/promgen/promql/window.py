"""The one variable an expression may contain: `$window`, the range that an SLO's windows are put into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from promgen.promql.errors import ExpressionError
from promgen.promql.tokens import Token, tokenize

WINDOW = "$window"

_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")


def uses_window(text: str) -> bool:
    """Whether `$window` stands in a range of the text; raise ExpressionError where a variable stands elsewhere."""
    return "$" in text and check_variables(tokenize(text))


def substitute_window(text: str, window: str) -> str:
    """Put a duration such as `5m` in the place of every `$window`, and leave strings and comments as they are.

    >>> substitute_window("rate(errors_total[$window])", "1h30m")
    'rate(errors_total[1h30m])'
    """
    if not _DURATION.fullmatch(window):
        raise ValueError(f"`{window}` is not a duration of PromQL, such as 5m or 1h30m")
    return window.join(_around_windows(text))


@lru_cache(maxsize=4096)
def _around_windows(text: str) -> tuple[str, ...]:
    """What stands before, between and after the windows; cached, as each expression is taken over several windows."""
    starts = [token.start for token in _windows(tokenize(text))]
    begins = (0, *(start + len(WINDOW) for start in starts))
    return tuple(text[begin:end] for begin, end in zip(begins, (*starts, len(text)), strict=True))


def check_variables(tokens: Iterable[Token]) -> bool:
    """Whether there is a `$window`; raise ExpressionError at any other variable, and at `$window` outside a range."""
    return sum(1 for _ in _windows(tokens)) > 0


def _windows(tokens: Iterable[Token]) -> Iterator[Token]:
    ranges = 0
    for token in tokens:
        if token.text in {"[", "]"}:
            ranges = max(0, ranges + (1 if token.text == "[" else -1))
        elif token.kind == "variable":
            if token.text != WINDOW or not ranges:
                raise _refused(token)
            yield token


def _refused(token: Token) -> ExpressionError:
    message = f"`{WINDOW}` can only be a range, as in `[{WINDOW}]`"
    if token.text != WINDOW:
        message = f"`{token.text}` is not known; the only variable of an expression is `{WINDOW}`, as a range"
    return ExpressionError("unsupported", message, start=token.start, length=len(token.text))
