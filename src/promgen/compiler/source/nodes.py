"""Data that knows where it was written: the trees that YAML files are read into and that merges keep intact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from promgen.base.spans import Span

Plain = str | int | float | bool | None


class Scalar(NamedTuple):
    """A single value."""

    value: Plain
    span: Span
    style: str = ""
    """How it was written: plain (empty), quoted (`'`, `"`) or as a block (`|`, `>`)."""


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    span: Span


class Mapping(NamedTuple):
    """Values by key, in the order of writing; `keys` are the places of the keys."""

    entries: dict[str, Node]
    span: Span
    keys: dict[str, Span]

    def get(self, key: str) -> Node | None:
        return self.entries.get(key)

    def text(self, key: str) -> str | None:
        """The value of a key when it is text."""
        node = self.entries.get(key)
        return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None

    def without(self, *keys: str) -> Mapping:
        kept = {key: node for key, node in self.entries.items() if key not in keys}
        return Mapping(kept, self.span, self.keys)

    def over(self, base: Mapping) -> Mapping:
        """This mapping with what it lacks taken from `base`, nested mappings merged; each value keeps its place."""
        entries = dict(base.entries)
        for key, node in self.entries.items():
            below = entries.get(key)
            if isinstance(node, Mapping) and isinstance(below, Mapping):
                entries[key] = node.over(below)
            else:
                entries[key] = node
        return Mapping(entries, self.span, {**base.keys, **self.keys})


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]


def plain(node: Node) -> Any:
    """The data alone."""
    if isinstance(node, Mapping):
        return {key: plain(child) for key, child in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(child) for child in node.items]
    return node.value


def find(node: Node, path: Path) -> tuple[Node, Span]:
    """The deepest node that exists along a path, and the span of its key, or of itself where it has none.

    Path elements that lead nowhere, such as the tags of a union, are stepped over.
    """
    key = node.span
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
            key = node.keys.get(step, node.span)
            node = node.entries[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            key = node.span
    return node, key


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Every scalar and the path to it, in the order of writing."""
    if isinstance(node, Mapping):
        for key, child in node.entries.items():
            yield from leaves(child, (*path, key))
    elif isinstance(node, Sequence):
        for index, child in enumerate(node.items):
            yield from leaves(child, (*path, index))
    else:
        yield path, node
