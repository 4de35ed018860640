"""The YAML of rule files: what Prometheus' reader accepts beyond promgen's own subset, and how far a node reaches."""

from __future__ import annotations

import re
from dataclasses import replace

from promgen.base import problems
from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence
from promgen.compiler.source.yamltext import Document, parse_documents

_TEMPLATE = re.compile(r".?\{[{%]")
_FILLED_IN = "quotes around a text with `{{`; check what Helm or Jinja fills in as it comes out of them"


def read_documents(text: str, path: str, diagnostics: Diagnostics) -> tuple[Document, ...]:
    """The documents of a rule file, with YAML's merge keys, which Prometheus' reader knows, merged."""
    found = Diagnostics()
    documents = parse_documents(text, path, found)
    lines = text.split("\n")
    for one in found.sorted():
        is_merge_key = one.problem == problems.YAML_UNSUPPORTED and _text_at(one.span, lines).startswith("<<")
        if not is_merge_key:
            diagnostics.add(_with_advice(one, lines))
    if "<<" not in text:
        return documents
    return tuple(
        document._replace(root=_merged(document.root)) if document.root is not None else document
        for document in documents
    )


def extent(node: Node) -> Span:
    """From the beginning of a node to the end of the last thing in it; YAML ends a block where the next one begins."""
    line, column = _end(node, node.span)
    return node.span._replace(end_line=line, end_column=column)


def _end(node: Node, within: Span) -> tuple[int, int]:
    if isinstance(node, Scalar):
        return node.span.end_line, node.span.end_column
    keys = node.keys.values() if isinstance(node, Mapping) else ()
    ends = [(span.end_line, span.end_column) for span in keys if span.line >= within.line]
    children = node.entries.values() if isinstance(node, Mapping) else node.items
    # an alias stands for what is written elsewhere
    written = (child for child in children if within.line <= child.span.line <= within.end_line)
    last = max(written, key=_start, default=None)
    if last is not None:
        ends.append(_end(last, within))
    return max(ends, default=(node.span.end_line, node.span.end_column))


def _start(node: Node) -> tuple[int, int]:
    return node.span.line, node.span.column


def _with_advice(found: Diagnostic, lines: list[str]) -> Diagnostic:
    """What to do about templates in a file that YAML's reader stumbles over, be it at the second bracket."""
    is_template = _TEMPLATE.match(_text_at(found.span, lines, before=1)) is not None
    return replace(found, allowed=_FILLED_IN) if is_template else found


def _text_at(span: Span | None, lines: list[str], before: int = 0) -> str:
    """The rest of the line from a place on, or from some characters before it."""
    if span is None or span.line > len(lines):
        return ""
    return lines[span.line - 1][max(0, span.column - 1 - before) :]


def _merged(node: Node) -> Node:
    if isinstance(node, Sequence):
        return node._replace(items=tuple(_merged(item) for item in node.items))
    if not isinstance(node, Mapping):
        return node
    below = _merged(node.entries["<<"]) if "<<" in node.entries else None
    own = Mapping(
        {key: _merged(child) for key, child in node.entries.items() if key != "<<"},
        node.span,
        {key: span for key, span in node.keys.items() if key != "<<"},
    )
    for base in below.items if isinstance(below, Sequence) else (below,):
        if isinstance(base, Mapping):
            own = Mapping({**base.entries, **own.entries}, own.span, {**base.keys, **own.keys})
    return own
