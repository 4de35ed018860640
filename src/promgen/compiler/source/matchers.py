"""Alertmanager's matchers as text, such as `severity=~"a|b"`, in both of its notations.

The classic one is what Alertmanager had alone before 0.27, and what it still prefers where both can read a text.
"""

from __future__ import annotations

import re
from typing import Final, get_args

from promgen.promql import LabelMatcher, MatchOperator
from promgen.promql.strings import unquote

ALLOWED: Final = 'such as severity="critical", team!="web" or "http.route"=~"/api/.*"'
_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
_QUOTED_PARTS = re.compile(r'(?:[^",\\]|\\.|\\$|"(?:[^"\\]|\\.)*(?:"|$))*', re.DOTALL)
_ESCAPES = re.compile(r'\\([n"\\])')
_UNESCAPED_QUOTE = re.compile(r'(?:[^"\\]|\\.|\\$)*', re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[{},])|(?P<operator>=~|!=|!~|=)|(?P<text>"(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'`]+))""",
    re.DOTALL,
)
_OPERATORS: dict[str, MatchOperator] = {operator: operator for operator in get_args(MatchOperator)}


def parse_matchers(text: str) -> tuple[LabelMatcher, ...]:
    """The matchers of a text, separated by commas and perhaps in braces; raise ValueError that says what is wrong."""
    try:
        return tuple(map(_classic, _classic_parts(text)))
    except ValueError as classic:
        try:
            return _Reader(text).read()
        except ValueError:
            raise classic from None


def _classic_parts(text: str) -> list[str]:
    """The texts between commas outside of quotes."""
    inner = text.removeprefix("{").removesuffix("}")
    parts, start = [], 0
    while start <= len(inner):
        found = _QUOTED_PARTS.match(inner, start)
        assert found is not None
        parts.append(found[0])
        start = found.end() + 1
    return parts if parts[-1].strip() else parts[:-1]


def _classic(text: str) -> LabelMatcher:
    found = _CLASSIC.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text.strip()}` is not a matcher")
    value = found[3]
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            raise ValueError(f"the quotes in `{text.strip()}` do not end")
        value = value[1:-1]
        if (len(value) - len(value.rstrip("\\"))) % 2:
            raise ValueError(f"the quotes in `{text.strip()}` do not end")
    if not _UNESCAPED_QUOTE.fullmatch(value):
        raise ValueError(f"`{text.strip()}` has a quote in its value")
    return LabelMatcher(found[1], _OPERATORS[found[2]], _ESCAPES.sub(_meant, value))


def _meant(escape: re.Match[str]) -> str:
    return "\n" if escape[1] == "n" else escape[1]


class _Reader:
    """Reads the newer notation, in which names may have any characters when they are quoted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def read(self) -> tuple[LabelMatcher, ...]:
        is_braced = self.take("mark", "{") is not None
        found = []
        while (name := self.take("text")) is not None:
            operator, value = self.take("operator"), self.take("text")
            if operator is None or value is None:
                raise ValueError(f"`{self.text}` is not a list of matchers")
            found.append(LabelMatcher(_plain(name), _OPERATORS[operator], _plain(value)))
            if self.take("mark", ",") is None:
                break
        has_end = not is_braced or self.take("mark", "}") is not None
        if not has_end or self.text[self.at :].strip():
            raise ValueError(f"`{self.text}` is not a list of matchers")
        return tuple(found)

    def take(self, kind: str, wanted: str | None = None) -> str | None:
        """The next token if it is of this kind."""
        found = _TOKEN.match(self.text, self.at)
        if found is None or found[kind] is None or (wanted is not None and found[kind] != wanted):
            return None
        self.at = found.end()
        return str(found[kind])


def _plain(text: str) -> str:
    return unquote(text) if text.startswith('"') else text
