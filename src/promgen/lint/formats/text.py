"""What a finding says as plain text, for formats that show it among texts of others."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from promgen.base.diagnostics import Diagnostic
from promgen.base.spans import Span


def harmless(text: str) -> str:
    """Without control characters, escapes of terminals and marks that turn the direction of writing; lines stay lines.

    What remains is allowed in XML, too.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in text)


def one_line(text: str) -> str:
    """The same on one line."""
    return harmless(" ".join(text.split()))


def statement(diagnostic: Diagnostic) -> str:
    """What is wrong and, on a second line, what is allowed."""
    allowed = f"\n{one_line(diagnostic.allowed)}" if diagnostic.allowed else ""
    return one_line(diagnostic.message) + allowed


def explanation(diagnostic: Diagnostic) -> str:
    """The same with what explains it elsewhere, for formats that have no second place."""
    places = (
        f"\n{one_line(related.text)} ({one_line(related.span.file)}:{related.span.line})"
        for related in diagnostic.related
    )
    return statement(diagnostic) + "".join(places)


def last_line(span: Span) -> int:
    """The last line that a place covers; its end is exclusive."""
    return span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line


def last_column(span: Span) -> int:
    """The last column that a place within one line covers."""
    return max(span.column, span.end_column - 1)


def file_uri(path: str) -> str:
    """A path as a URI, relative where the path is."""
    encoded = quote(path, errors="surrogatepass")
    return f"file://{encoded}" if path.startswith("/") else encoded


def to_json(data: Any) -> str:
    """Data, all of its texts harmless, as JSON."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n"
