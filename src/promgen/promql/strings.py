"""String literals of PromQL: what one means, and how to write one that every Prometheus reads back the same."""

from __future__ import annotations

import re
import sys

_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.?)", re.DOTALL)
_MEANING = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
}
_UTF8_SURROGATE = "surrogates are not characters and cannot be written in UTF-8"


def quote(value: str) -> str:
    r"""Write a value in double quotes; what cannot be seen is escaped, so that it stays on one line.

    >>> print(quote('5..|"\\d"'))
    "5..|\"\\d\""
    """
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return '"' + "".join(_escape(character) for character in value) + '"'


def unquote(literal: str) -> str:
    """The value of a complete literal in any of the three kinds of quotes.

    As in Go, `\\xff` and `\\377` are bytes, not characters. Raises ValueError for an unknown escape and for bytes that are
    not UTF-8.
    """
    mark, inner = literal[0], literal[1:-1]
    if mark == "`" or "\\" not in inner:
        return inner
    return _ESCAPE.sub(lambda found: _unescape(found[1], mark.encode()), inner.encode()).decode()


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(_UTF8_SURROGATE)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(escape: bytes, mark: bytes) -> bytes:
    if escape == mark:
        return mark
    if escape in _MEANING:
        return _MEANING[escape]
    kind, digits = escape[:1], escape[1:].decode()
    if kind == b"x" and digits:
        return bytes([int(digits, 16)])
    if kind in {b"u", b"U"} and digits and int(digits, 16) <= sys.maxunicode:
        return chr(int(digits, 16)).encode()
    if kind.isdigit() and digits:
        return bytes([int(escape, 8)])
    raise ValueError(f"`\\{escape.decode()}` is not an escape that PromQL knows")
