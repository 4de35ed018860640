"""Cuts PromQL into tokens without ever failing, so that a place in a text can be named even when it cannot be parsed.

Iterative and linear in the length of the text. It loses nothing: the texts of the tokens joined give the text again.
What the tokens mean together is left to the library; this knows only strings, comments, numbers, names and brackets.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

Kind = Literal[
    "space",
    "comment",
    "string",
    "unterminated",
    "duration",
    "number",
    "name",
    "variable",
    "open",
    "close",
    "operator",
    "other",
]

SET_OPERATORS = frozenset({"and", "or", "unless"})
WORD_OPERATORS = SET_OPERATORS | {"atan2"}
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
BINARY_OPERATORS = COMPARISONS | WORD_OPERATORS | frozenset("+-*/%^")

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*+"|'(?:[^'\\\n]|\\[^\n])*+'|`[^`]*`)
  | (?P<unterminated>["'`][^\n]*)
  | (?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![0-9A-Za-z_]))
  | (?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>(?:[A-Za-z_]|:(?![^\[\]]{0,100}\]))[A-Za-z0-9_:]*)  # a colon before `]` parts a range from a step
  | (?P<variable>\$(?:\{[^}\n]{0,100}\}|[A-Za-z0-9_]+))
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<operator></|>/|=~|!~|==|!=|<=|>=|[-+*/%^<>=@,:])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text and the character it starts at."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokenize(text: str) -> list[Token]:
    """All tokens in order, white space and comments included."""
    return [
        Token(cast(Kind, found.lastgroup), found.group(), found.start()) for found in _TOKEN.finditer(text)
    ]


def is_significant(token: Token) -> bool:
    """Whether it is more than white space or a comment."""
    return token.kind not in {"space", "comment"}
