"""From an offset in a scalar's value back to the place in the file, so that carets point into long expressions.

Block and folded scalars lose their indentation and line breaks on reading. The value and the source are walked side by
side: white space matches white space of any length, and an escape in double quotes stands for one character.
"""

from __future__ import annotations

from promgen.base.spans import Span
from promgen.compiler.source.nodes import Scalar

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def locate(text: str, scalar: Scalar, start: int, length: int) -> Span:
    """The span of `length` characters from `start` on in a scalar's value; the whole scalar when it is not found.

    `text` is the content of the file the scalar was read from.
    """
    lines = text.split("\n")
    begin = sum(len(line) + 1 for line in lines[: scalar.span.line - 1]) + scalar.span.column - 1
    position = _content_start(text, begin, scalar.style)
    value = str(scalar.value)
    for index, character in enumerate(value):
        position = _skip_to(text, position, character)
        if index == start:
            break
        position += _width(text, position, scalar.style)
    else:
        position = max(begin, position - (0 if start >= len(value) else 1))
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    shown = max(1, min(length, len(lines[line - 1]) - column + 1)) if line <= len(lines) else 1
    return Span(scalar.span.file, line, column, line, column + shown)


def _content_start(text: str, begin: int, style: str) -> int:
    if style in {"'", '"'}:
        return begin + 1
    if style in {"|", ">"}:
        return text.find("\n", begin) + 1
    return begin


def _skip_to(text: str, position: int, character: str) -> int:
    """Past the white space that reading folded away."""
    if character.isspace():
        return position
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _width(text: str, position: int, style: str) -> int:
    """How many characters of the source one character of the value takes."""
    if style == '"' and text[position : position + 1] == "\\":
        return _ESCAPE_LENGTHS.get(text[position + 1 : position + 2], 2)
    if style == "'" and text[position : position + 2] == "''":
        return 2
    return 1
