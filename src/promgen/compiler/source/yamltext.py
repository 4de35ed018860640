"""YAML text to trees of nodes: the strict subset that reads the same everywhere.

Works on libyaml's events with a stack of its own, so that neither depth nor aliases can exhaust the process. Scalars are
resolved by YAML 1.2's core schema (`no` is text, `012` a number); duplicate keys, tags and complex keys are errors.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics, Related
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Plain, Scalar, Sequence

MAX_DEPTH = 40
MAX_NODES = 200_000
"""Per file, aliases counted as often as they are used; a file of 1,000 SLOs has about 45,000."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Document(NamedTuple):
    """One document of a file; `root` is None when the document is empty."""

    root: Node | None
    span: Span


def parse_documents(text: str, file: str, diagnostics: Diagnostics) -> tuple[Document, ...]:
    """The documents of a file, as far as they could be read; what is wrong is reported."""
    return _Reader(file, diagnostics).read(text)


def resolve_scalar(text: str) -> Plain:
    """The value of a plain scalar by YAML 1.2's core schema, without hexadecimal, octal, infinities and NaN."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return text if math.isinf(float(text)) else float(text)
    return text


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    start: Span
    is_mapping: bool
    anchor: str | None
    nodes_before: int
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Span] = field(default_factory=dict)
    pending: tuple[str, Span] | None = None
    awaits_key: bool = True


class _Stop(Exception):
    """Reading this file cannot go on; the reason was reported."""


class _Reader:
    def __init__(self, file: str, diagnostics: Diagnostics) -> None:
        self.file = file
        self.diagnostics = diagnostics
        self.documents: list[Document] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.root: Node | None = None
        self.nodes = 0

    def read(self, text: str) -> tuple[Document, ...]:
        try:
            parser = CParser(text)
            while (event := parser.get_event()) is not None:
                self.take(event)
        except _Stop:
            pass
        except yaml.YAMLError as error:
            self.report_syntax(error, text)
        return tuple(self.documents)

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.begin(event, is_mapping=isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.end(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.root, self.anchors = None, {}
        elif isinstance(event, yaml.DocumentEndEvent):
            span = self.root.span if self.root is not None else self.span(event)
            self.documents.append(Document(self.root, span))

    def span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        return Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def scalar(self, event: yaml.ScalarEvent) -> None:
        span = self.span(event)
        if event.tag is not None:
            self.refuse_tag(event.tag, span)
        owner = self.stack[-1] if self.stack else None
        if owner is not None and owner.is_mapping and owner.awaits_key:
            self.key(owner, event.value, span)
            return
        value = event.value if event.style else resolve_scalar(event.value)
        node = Scalar(value, span, event.style or "")
        self.count(1, span)
        self.name(event.anchor, node, 1)
        self.place(node)

    def key(self, owner: _Open, name: str, span: Span) -> None:
        if name == "<<":
            self.diagnostics.error(
                problems.YAML_UNSUPPORTED, "merge key `<<`", span, allowed="a Defaults or Template document"
            )
        if name in owner.keys:
            first = Related(span=owner.keys[name], text="first defined here")
            self.diagnostics.error(
                problems.YAML_DUPLICATE_KEY, f"key `{name}` is defined twice", span, related=[first]
            )
        owner.pending = (name, span)
        owner.awaits_key = False

    def begin(self, event: yaml.CollectionStartEvent, *, is_mapping: bool) -> None:
        span = self.span(event)
        if event.tag is not None:
            self.refuse_tag(event.tag, span)
        if len(self.stack) >= MAX_DEPTH:
            self.diagnostics.error(
                problems.YAML_TOO_DEEP, "nested too deeply", span, allowed=f"at most {MAX_DEPTH} levels"
            )
            raise _Stop
        if self.stack and self.stack[-1].is_mapping and self.stack[-1].awaits_key:
            self.refuse_complex_key(span)
        self.count(1, span)
        self.stack.append(_Open(span, is_mapping, event.anchor, self.nodes))

    def end(self, event: yaml.Event) -> None:
        opened = self.stack.pop()
        end = self.span(event)
        span = opened.start._replace(end_line=end.end_line, end_column=end.end_column)
        node: Node = (
            Mapping(opened.entries, span, opened.keys)
            if opened.is_mapping
            else Sequence(tuple(opened.items), span)
        )
        self.name(opened.anchor, node, self.nodes - opened.nodes_before + 1)
        self.place(node)

    def alias(self, event: yaml.AliasEvent) -> None:
        span = self.span(event)
        if self.stack and self.stack[-1].is_mapping and self.stack[-1].awaits_key:
            self.refuse_complex_key(span)
        if event.anchor not in self.anchors:
            self.diagnostics.error(
                problems.YAML_SYNTAX, f"alias `*{event.anchor}` has no anchor before it", span
            )
            raise _Stop
        node, size = self.anchors[event.anchor]
        self.count(size, span)
        self.place(node)

    def place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        owner = self.stack[-1]
        if not owner.is_mapping:
            owner.items.append(node)
            return
        assert owner.pending is not None
        name, span = owner.pending
        owner.entries.setdefault(name, node)
        owner.keys.setdefault(name, span)
        owner.awaits_key = True

    def name(self, anchor: str | None, node: Node, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, size)

    def count(self, more: int, span: Span) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            message = f"more than {MAX_NODES:,} values once aliases are expanded"
            self.diagnostics.error(
                problems.YAML_TOO_MANY_NODES, message, span, allowed=f"at most {MAX_NODES:,} per file"
            )
            raise _Stop

    def refuse_tag(self, tag: str, span: Span) -> None:
        self.diagnostics.error(
            problems.YAML_UNSUPPORTED, f"tag `{tag}`", span, allowed="values without tags; quote what is text"
        )

    def refuse_complex_key(self, span: Span) -> None:
        self.diagnostics.error(problems.YAML_UNSUPPORTED, "a key that is not text", span, allowed="text keys")
        raise _Stop

    def report_syntax(self, error: yaml.YAMLError, text: str) -> None:
        related = []
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            span = self.point(error.problem_mark)
            message = " ".join(part for part in (error.context, error.problem) if part)
            if error.context_mark is not None and self.point(error.context_mark) != span:
                related = [Related(span=self.point(error.context_mark), text="it begins here")]
        else:
            position = getattr(error, "position", 0)
            before = text[:position]
            line, column = before.count("\n") + 1, position - before.rfind("\n")
            span = Span(self.file, line, column, line, column + 1)
            message = getattr(error, "reason", str(error))
        self.diagnostics.error(problems.YAML_SYNTAX, message, span, related=related)

    def point(self, mark: Any) -> Span:
        return Span(self.file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
