"""The library behind promgen's expressions: hands it texts that it reads correctly, and prints what it has read.

promql-parser 0.11 takes back-quoted strings for escaped ones inside braces and `\\xff` for a character instead of a byte,
and overflows its stack on 22,000 lines of comments. So strings are rewritten and comments removed before it sees them;
it has no positions that could shift. Its nodes are printed with `prettify`, because their `str` loses escapes of regular
expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import promql_parser

from promgen.promql.strings import quote, unquote
from promgen.promql.tokens import BINARY_OPERATORS, Token, tokenize
from promgen.promql.window import WINDOW

WINDOW_MS = 65_431
"""The range that stands for `$window` while the library holds the expression: one that nobody writes."""

_WINDOW_READ = f"{WINDOW_MS}ms"
_WINDOW_PRINTED = "1m5s431ms"
_LOST_IGNORING = re.compile(r"(?<!\) )group_(?:left|right) \(")
"""`prettify` leaves an empty `ignoring ()` out, which must stand before `group_left (…)`."""

_GROUPS = frozenset({"group_left", "group_right"})
_LINE_BREAK = re.compile(r"(?<=[(\[{])\n\s*|\n\s*(?=[)\]}])|\n(\s*)")


class LibraryError(Exception):
    """The library refused a text, with its message and no position."""


def read(text: str) -> promql_parser.Expr:
    """Parse a text that is within the limits and written for the library."""
    try:
        return promql_parser.parse(text)
    except (ValueError, OverflowError) as error:
        raise LibraryError(str(error)) from None
    except BaseException as error:  # a panic of the library is no Exception, as KeyboardInterrupt is none
        if type(error).__name__ != "PanicException":
            raise
        raise LibraryError(f"the expression cannot be read: {error}") from None


def written_for_library(token: Token) -> str:
    """The text of a token as the library reads it with its true meaning."""
    if token.kind == "comment":
        return " "
    if token.kind == "string" and (token.text[0] == "`" or "\\" in token.text):
        return quote(unquote(token.text))
    return _WINDOW_READ if token.text == WINDOW else token.text


def print_lines(node: promql_parser.Expr, *, has_window: bool) -> str:
    """The expression in the library's layout: one line if it is short, otherwise indented."""
    text = node.prettify()
    if has_window or _LOST_IGNORING.search(text) or not text.replace("\n", "").isprintable():
        text = "".join(_written_for_people(tokenize(text)))
    return text


def print_line(node: promql_parser.Expr, *, has_window: bool) -> str:
    """The same on one line."""
    text = print_lines(node, has_window=has_window).lstrip()
    return _LINE_BREAK.sub(lambda found: "" if found[1] is None else " ", text) if "\n" in text else text


def _written_for_people(tokens: Iterable[Token]) -> Iterator[str]:
    before = ""
    for token in tokens:
        if token.text in _GROUPS and (before in BINARY_OPERATORS or before == "bool"):
            yield "ignoring () "
        if token.kind == "string":
            yield quote(unquote(token.text))
        else:
            yield WINDOW if token.text == _WINDOW_PRINTED else token.text
        before = before if token.kind == "space" else token.text
