"""Expressions as text for people and files; both texts parse to an expression equal to the one printed."""

from __future__ import annotations

from promgen.promql.library import print_lines
from promgen.promql.parse import Expression


def one_line(expression: Expression) -> str:
    """The canonical text on one line, without comments."""
    return expression.canonical


def pretty(expression: Expression) -> str:
    """Over several indented lines if it is longer than a line."""
    return print_lines(expression.node, has_window=expression.has_window)
