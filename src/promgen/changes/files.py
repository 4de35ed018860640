"""Generated files that nothing else compares, such as what Prometheus scrapes, as data: layout is no difference."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from promgen.base.conventions import ALERTMANAGER_FILE, SILENCES_FILE
from promgen.base.diagnostics import Diagnostics
from promgen.changes.difference import Change, Difference, Status
from promgen.changes.fields import Book, compare
from promgen.compiler.output.tree import Artifact, ArtifactKind
from promgen.compiler.source.nodes import plain
from promgen.compiler.source.yamltext import parse_documents

_COMPARED_ELSEWHERE = frozenset({ArtifactKind.RULES, ArtifactKind.CATALOG, ArtifactKind.TESTS})
"""What is compared as rules and specifications; proof tests follow from these."""

_WRITTEN_OUT = (f"/{ALERTMANAGER_FILE}", f"/{SILENCES_FILE}")
"""Routes and silences, which are compared as such."""

FILE = "file"
"""The kind of these differences."""

_DATA = (".yaml", ".yml", ".json")


def compare_files(before: Iterable[Artifact], after: Iterable[Artifact]) -> tuple[Difference, ...]:
    """Files by path that came, went or differ, with the values that do."""
    old, new = ({one.path: one for one in found if _is_other(one)} for found in (before, after))
    return tuple(_differences(old, new))


def _is_other(artifact: Artifact) -> bool:
    """Whether nothing else compares what is in a file."""
    is_written_out = artifact.kind is ArtifactKind.ROUTES and artifact.path.endswith(_WRITTEN_OUT)
    return artifact.kind not in _COMPARED_ELSEWHERE and not is_written_out


def _differences(old: Mapping[str, Artifact], new: Mapping[str, Artifact]) -> Iterator[Difference]:
    for path in sorted({*old, *new}):
        if path not in old or path not in new:
            yield Difference(FILE, path, Status.ADDED if path in new else Status.REMOVED)
        elif old[path].content != new[path].content and (changes := _compare(old[path], new[path])):
            yield Difference(FILE, path, Status.CHANGED, changes)


def _compare(old: Artifact, new: Artifact) -> tuple[Change, ...]:
    before, after = _read(old), _read(new)
    sizes = [f"{len(one.content):,} bytes" for one in (old, new)]
    whole = (Change("content", sizes[0], sizes[1]),)
    if before is None or after is None:
        return whole
    if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True):
        return ()
    return compare(before, after, Book()) or whole  # Python takes 1 and true for equal


def _read(artifact: Artifact) -> list[Any] | None:
    """The documents of a file as data; None where it is no data, or none that can be read."""
    if not artifact.path.endswith(_DATA):
        return None
    text = artifact.content.decode("utf-8", "replace")
    if artifact.path.endswith(".json"):
        try:
            return [json.loads(text)]
        except ValueError:
            return None
    diagnostics = Diagnostics()
    documents = parse_documents(text, artifact.path, diagnostics)
    if diagnostics.has_errors:
        return None
    return [plain(document.root) for document in documents if document.root is not None]
