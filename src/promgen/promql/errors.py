"""The one way an expression is refused: what is wrong, and exactly where in the text."""

from __future__ import annotations

from typing import Literal

Reason = Literal["syntax", "too-large", "too-deep", "unsupported"]


class ExpressionError(ValueError):
    """An expression cannot be read; `start` and `length` are characters of the text that was given, for a caret.

    `unsupported` means that Prometheus might accept it and promgen does not. A length of 0 is the gap before `start`,
    such as the end of the text where something is missing.
    """

    def __init__(self, reason: Reason, message: str, *, start: int, length: int) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.start = start
        self.length = length

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.reason, self.message, self.start, self.length)


def _rebuild(reason: Reason, message: str, start: int, length: int) -> ExpressionError:
    return ExpressionError(reason, message, start=start, length=length)
