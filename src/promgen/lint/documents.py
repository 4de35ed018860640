"""The YAML of rule files: what Prometheus' reader accepts beyond promgen's own subset, and how far a node reaches."""

from __future__ import annotations

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Scalar, Sequence
from promgen.compiler.source.yamltext import Document, parse_documents


def read_documents(text: str, path: str, diagnostics: Diagnostics) -> tuple[Document, ...]:
    """The documents of a rule file, with YAML's merge keys, which Prometheus' reader knows, merged."""
    if "<<" not in text:
        return parse_documents(text, path, diagnostics)
    found = Diagnostics()
    documents = parse_documents(text, path, found)
    lines = text.split("\n")
    for one in found.sorted():
        if not (one.problem == problems.YAML_UNSUPPORTED and _is_merge_key(one.span, lines)):
            diagnostics.add(one)
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
    inner = [*node.keys.values()] if isinstance(node, Mapping) else []
    children = node.entries.values() if isinstance(node, Mapping) else node.items
    ends = [(span.end_line, span.end_column) for span in inner if span.line >= within.line]
    # an alias stands for what is written elsewhere
    ends += [_end(child, within) for child in children if within.line <= child.span.line <= within.end_line]
    return max(ends, default=(within.end_line, within.end_column))


def _is_merge_key(span: Span | None, lines: list[str]) -> bool:
    if span is None or span.line > len(lines):
        return False
    return lines[span.line - 1][span.column - 1 :].startswith("<<")


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
