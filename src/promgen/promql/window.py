"""The one variable an expression may contain: `$window`, the range that an SLO's windows are put into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from promgen.promql.errors import ExpressionError
from promgen.promql.tokens import Token, tokenize

WINDOW = "$window"

_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")


def uses_window(text: str) -> bool:
    """Whether `$window` stands in a range of the text; raise ExpressionError where a variable stands elsewhere."""
    return WINDOW in text and any(_windows(tokenize(text)))


def substitute_window(text: str, window: str) -> str:
    """Put a duration such as `5m` in the place of every `$window`, and leave strings and comments as they are.

    >>> substitute_window("rate(errors_total[$window])", "1h30m")
    'rate(errors_total[1h30m])'
    """
    if not _DURATION.fullmatch(window):
        raise ValueError(f"`{window}` is not a duration of PromQL, such as 5m or 1h30m")
    tokens = tokenize(text)
    starts = {token.start for token in _windows(tokens)}
    return "".join(window if token.start in starts else token.text for token in tokens)


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
