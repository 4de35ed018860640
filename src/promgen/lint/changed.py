"""Which findings are about something that changed since a revision of git: rules by their text, not whole files.

A rule that only moved did not change; one that lost a line did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.errors import OutsideError
from promgen.base.spans import Span
from promgen.clients.git import find_commit, git
from promgen.compiler.source import nodes
from promgen.lint.documents import extent, read_documents

_ITEMS = frozenset({"rules", "slos", "alerts"})
"""Keys of lists whose entries are compared as a whole."""


def changed_since(
    found: Iterable[Diagnostic], root: Path, revision: str, texts: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """The findings on what was added or edited since the branch left `revision`; those without a place are left out.

    Raise OutsideError without git, outside a repository, and for a revision that does not exist.
    """
    history = _History(root, revision)
    by_file: dict[str, list[tuple[Span, Diagnostic]]] = {}
    for diagnostic in found:
        if diagnostic.span is not None and diagnostic.span.file in history.changed:
            by_file.setdefault(diagnostic.span.file, []).append((diagnostic.span, diagnostic))
    for path, located in by_file.items():
        parts = frozenset(_Text(history.text_before(path), path).parts())
        now = _Text(texts.get(path, ""), path)
        yield from (diagnostic for span, diagnostic in located if now.around(span) not in parts)


class _History:
    """What git knows about the files below a folder."""

    def __init__(self, root: Path, revision: str) -> None:
        self.root = root
        commit = find_commit(root, revision)
        if commit is None:
            raise OutsideError(f"git knows no revision `{revision}`")
        self.commit = self.git("merge-base", commit, "HEAD").strip() or commit
        self.changed = {**dict(self.edited()), **dict.fromkeys(self.untracked())}
        """The path at the revision by the path now; None for a file that is new."""

    def edited(self) -> Iterator[tuple[str, str | None]]:
        options = ("--name-status", "--find-renames", "--no-ext-diff", "--relative", "-z")
        words = iter(self.git("diff", *options, self.commit).split("\0"))
        for status in words:
            if status[:1] in {"R", "C"}:
                before = next(words)
                yield next(words), before
            elif status:
                path = next(words)
                yield path, None if status == "A" else path

    def untracked(self) -> list[str]:
        return self.git("ls-files", "--others", "--exclude-standard", "-z").split("\0")

    def text_before(self, path: str) -> str:
        """The file as it was; nothing for one that is new."""
        before = self.changed[path]
        if before is None:
            return ""
        return self.git("cat-file", "blob", f"{self.commit}:./{before}").replace("\r\n", "\n")

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments).decode("utf-8", "surrogateescape")


class _Text:
    """A file in parts that are compared: entries of lists of rules, documents without such, and lines."""

    def __init__(self, text: str, path: str) -> None:
        self.lines = [line.strip() for line in text.split("\n")]
        roots = (document.root for document in read_documents(text, path, Diagnostics()))
        self.stretches = [stretch for root in roots if root is not None for stretch in _parts(root)]

    def parts(self) -> Iterator[str]:
        yield from self.lines
        yield from map(self.text_of, self.stretches)

    def around(self, span: Span) -> str:
        """The part that a place is in; its line where it is in no other."""
        inside = [one for one in self.stretches if span.line in one]
        return self.text_of(min(inside, key=len, default=range(span.line, span.line + 1)))

    def text_of(self, stretch: range) -> str:
        return "\n".join(self.lines[stretch.start - 1 : stretch.stop - 1])


def _parts(root: nodes.Node) -> list[range]:
    return list(map(_lines, _items(root))) or [_lines(root)]


def _items(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.Mapping):
        for key, child in node.entries.items():
            if key in _ITEMS and isinstance(child, nodes.Sequence):
                yield from child.items
            else:
                yield from _items(child)
    elif isinstance(node, nodes.Sequence):
        for child in node.items:
            yield from _items(child)


def _lines(node: nodes.Node) -> range:
    span = extent(node)
    return range(span.line, span.end_line + (span.end_column > 1))
