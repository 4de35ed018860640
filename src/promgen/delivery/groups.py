"""Groups of rules as a server takes and gives them: plain data, and what they mean, by which two are compared.

Text, order of keys, spelling of durations and defaults that are written out do not count. Every field does, those too that
promgen does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import Duration
from promgen.base.errors import OutsideError
from promgen.compiler.generate.yamltext import document
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents
from promgen.promql import ExpressionError, parse

Data = Mapping[str, Any]
"""A group, with the keys of a rule file."""
Namespaces = Mapping[str, tuple[Data, ...]]

_TOP_LEVEL: Final = re.compile(r"^(?=[^\s#\-])", re.MULTILINE)
"""Where a key of a document in block style begins."""
_DELAYS: Final = frozenset({"query_offset", "evaluation_delay"})
_KNOWN_OF_GROUP: Final = frozenset({"name", "interval", "rules"})
_KNOWN_OF_RULE: Final = frozenset(
    {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
)


class RuleMeaning(NamedTuple):
    """A rule; durations that are zero and empty mappings are as good as none."""

    name: str
    is_alert: bool
    expr: str
    hold: Duration | str | None
    keep_firing_for: Duration | str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    others: Mapping[str, Any]


class GroupMeaning(NamedTuple):
    """A group; the interval is None where the server's own counts."""

    name: str
    interval: Duration | str | None
    rules: tuple[RuleMeaning, ...]
    others: Mapping[str, Any]


def group_text(group: Data) -> bytes:
    """A group as the YAML that a ruler takes."""
    return document(group).encode()


def canonical(expr: str) -> str:
    """An expression in one layout; one of another language than PromQL as it is."""
    try:
        return parse(expr).canonical
    except ExpressionError:
        return expr.strip()


def meaning_of(group: Data) -> GroupMeaning:
    """What a group means; two are the same to a server when their meanings are equal."""
    return GroupMeaning(
        name=str(group.get("name", "")),
        interval=_duration(group.get("interval")),
        rules=tuple(map(_rule_meaning, group.get("rules") or ())),
        others=_others(group, _KNOWN_OF_GROUP),
    )


def read_namespaces(text: str, server: str, is_wanted: Callable[[str], bool]) -> tuple[Namespaces, int]:
    """The wanted namespaces in what a ruler lists, and how many others there are, of which only the names are read.

    Raise OutsideError where `server` has answered something else.
    """
    wanted: dict[str, tuple[Data, ...]] = {}
    others = 0
    for chunk in _chunks(text):
        head = chunk.partition("\n")[0].rstrip()
        names = [*_read_mapping(head if head.endswith(":") else chunk, server)]
        if any(map(is_wanted, names)):
            found = _read_mapping(chunk, server)
            wanted |= {name: _groups(found[name], server) for name in found if is_wanted(name)}
        others += sum(not is_wanted(name) for name in names)
    return wanted, others


def read_rule_file(text: str, path: str) -> tuple[Data, ...]:
    """The groups of a plain rule file; raise OutsideError where it is none."""
    return _groups(_read_mapping(text, path).get("groups"), path)


def _rule_meaning(rule: Data) -> RuleMeaning:
    is_alert = bool(rule.get("alert"))
    return RuleMeaning(
        name=str(rule.get("alert" if is_alert else "record")),
        is_alert=is_alert,
        expr=canonical(str(rule.get("expr", ""))),
        hold=_duration(rule.get("for")),
        keep_firing_for=_duration(rule.get("keep_firing_for")),
        labels=_texts(rule.get("labels")),
        annotations=_texts(rule.get("annotations")),
        others=_others(rule, _KNOWN_OF_RULE),
    )


def _duration(value: Any) -> Duration | str | None:
    """A length of time, or whatever else is written; None for nothing and zero."""
    if value in (None, "", 0):
        return None
    try:
        length = Duration.parse(str(value))
    except ValueError:
        return str(value)
    return length if length.ms else None


def _others(fields: Data, known: frozenset[str]) -> dict[str, Any]:
    """What else is said, defaults left out; a delay of zero is none, as it replaces the server's own."""
    return {
        key: (_duration(value) or "0s") if key in _DELAYS else value
        for key, value in fields.items()
        if key not in known and value not in (None, "", (), [], {}, False, 0)
    }


def _texts(values: Any) -> dict[str, str]:
    return {str(key): _text(value) for key, value in values.items()} if isinstance(values, Mapping) else {}


def _text(value: Any) -> str:
    """A value as YAML writes it, which is how a server reads it where a text belongs."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _chunks(text: str) -> Iterator[str]:
    """Parts that can be read alone, one for each namespace: a tenant may have more rules than one document may."""
    parts = _TOP_LEVEL.split(text) if _is_block(text) else [text]
    return (part for part in parts if part.strip() and not part.startswith("---"))


def _is_block(text: str) -> bool:
    return not text.lstrip().startswith("{")


def _read_mapping(text: str, origin: str) -> Mapping[str, Any]:
    diagnostics = Diagnostics()
    roots = [one.root for one in parse_documents(text, origin, diagnostics) if one.root is not None]
    found = plain(roots[0]) if roots else {}
    if diagnostics.has_errors or not isinstance(found, dict):
        raise OutsideError(f"{origin} does not hold groups of rules in YAML")
    return found


def _groups(groups: Any, origin: str) -> tuple[Data, ...]:
    if not isinstance(groups, list) or not all(map(_is_group, groups)):
        raise OutsideError(f"{origin} does not hold groups of rules: a group has a name and a list of rules")
    return tuple(groups)


def _is_group(group: Any) -> bool:
    if not isinstance(group, dict) or not isinstance(group.get("name"), str):
        return False
    rules = group.get("rules") or []
    return isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules)
