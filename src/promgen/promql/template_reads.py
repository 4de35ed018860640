"""What the templates of annotations and labels read: labels of the alert, its value, and queries of their own.

Only what is certain from the text is told: a name that is calculated, or a dot inside `range` and `with`, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promgen.promql.strings import unquote

_ACTION = re.compile(r"\{\{-?\s*(?!/\*)(.*?)\s*-?\}\}", re.DOTALL)
_LONE_BRACES = re.compile(r"(\{\{.*?\}\})|\}\}", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`', re.DOTALL)
_LABEL = re.compile(r"\$labels\.(\w+)")
_FIELD_LABEL = re.compile(r"(?<![\w$)])\.Labels\.(\w+)")
_INDEXED = re.compile(r'index\s+\$labels\s+("[^"]+"|`[^`]+`)')
_MOVES_DOT = re.compile(r"(?:range|with|define|block)\b")
_VALUE = re.compile(r"\$value\b|(?<![\w$)])\.Value\b")
_DECIDES = re.compile(r"if\b|else\s+if\b|with\b|range\b|\$\w+\s*:?=")
_QUERY = re.compile(rf"\bquery\s+({_STRING.pattern})|^({_STRING.pattern})\s*\|\s*query\b", re.DOTALL)


def labels_read(text: str) -> tuple[str, ...]:
    """The labels of the alert that a template reads, each once.

    >>> labels_read('{{ $labels.job }} on {{ .Labels.instance }}')
    ('job', 'instance')
    """
    actions = tuple(_ACTION.findall(text))
    moves = any(_MOVES_DOT.match(action) for action in actions)
    found: list[str] = []
    for action in actions:
        plain = _STRING.sub('""', action)
        found += _LABEL.findall(plain)
        found += (unquote(literal) for literal in _INDEXED.findall(action))
        found += () if moves else _FIELD_LABEL.findall(plain)
    return tuple(dict.fromkeys(found))


def prints_value(text: str) -> bool:
    """Whether the text changes with the value of the alert, and not only by a choice between fixed texts."""
    actions = tuple(_ACTION.findall(text))
    moves = any(_MOVES_DOT.match(action) for action in actions)
    return any(
        "$value" in found[0] or not moves
        for action in actions
        if not _DECIDES.match(action) and (found := _VALUE.search(_STRING.sub('""', action)))
    )


def queries(text: str) -> Iterator[str]:
    """The expressions that a template asks the server, where they are written out."""
    for action in _ACTION.findall(text):
        for called, piped in _QUERY.findall(action):
            yield unquote(called or piped)


def without_lone_braces(text: str) -> str:
    """The template without every `}}` that ends no action: those are text like any other.

    >>> without_lone_braces("{{ $value }} of 80 }}")
    '{{ $value }} of 80 '
    """
    return _LONE_BRACES.sub(r"\1", text)
