"""Places in source files, so that every message and every generated rule can say where it comes from."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a file; lines and columns count from 1, in characters, and the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def narrowed(self, start: int, length: int) -> Span:
        """The part of a one-line span that starts `start` characters in; the whole span when it does not fit."""
        column = self.column + start
        if self.line != self.end_line or column + length > self.end_column:
            return self
        return Span(self.file, self.line, column, self.line, column + length)
