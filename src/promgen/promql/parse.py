"""Text to expression: guards, the library, and an error with a place. The only door through which a text becomes one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

import promql_parser

from promgen.promql import library
from promgen.promql.limits import check_depth, check_size, check_strings, check_times, is_surely_small
from promgen.promql.locate import describe
from promgen.promql.tokens import is_significant, tokenize
from promgen.promql.window import check_variables

CACHED = 4096
"""How many texts `parse` remembers: the expressions of some hundred SLOs, about 10 MB."""

_NEEDS_CARE = re.compile(r"[#$`\\@]|\[[^\]]*[.eExX]|[\[:]\s*0|[oO][fF][fF]|[0-9]y|[0-9]{5}")
"""What may need more than the library: comments, variables, strings with escapes, and times it might misread."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A valid expression. Two are equal when they differ only in white space, comments and the order of matchers."""

    text: str = field(compare=False)
    """As it was given."""
    canonical: str
    """On one line, in one layout; parsing it gives an equal expression."""
    node: promql_parser.Expr = field(compare=False, repr=False)
    """The library's tree; for this package only."""
    has_window: bool = field(compare=False)
    """Whether `$window` stands in it."""

    def __str__(self) -> str:
        return self.canonical

    def __reduce__(self) -> tuple[object, ...]:
        return parse, (self.text,)


@lru_cache(maxsize=CACHED)
def parse(text: str) -> Expression:
    """Read an expression, which may use `$window` as a range; raise ExpressionError with the exact place otherwise."""
    check_size(text)
    prepared, has_window = text, False
    if not is_surely_small(text) or not text.isascii() or _NEEDS_CARE.search(text):
        prepared, has_window = _prepare(text)
    try:
        node = library.read(prepared)
    except library.LibraryError as error:
        raise describe(text, str(error)) from None
    return Expression(text, library.print_line(node, has_window=has_window), node, has_window)


def _prepare(text: str) -> tuple[str, bool]:
    """The text as the library reads it correctly, and whether `$window` stands in it."""
    tokens = tokenize(text)
    check_depth(tokens)
    check_strings(text, tokens)
    check_times([token for token in tokens if is_significant(token)])
    return "".join(library.written_for_library(token) for token in tokens), check_variables(tokens)
