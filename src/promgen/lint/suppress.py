"""Comments that accept a finding for a while: `# promgen: ignore SLUG until 2027-01-31: reason`.

A comment at the end of a line, or above it, speaks of what begins on that line: a rule, a group, an SLO, a field. Within a
block of text it speaks of the field; `ignore-file` speaks of the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.compiler.source.nodes import Mapping, Node, Scalar
from promgen.compiler.spec.read import nearest
from promgen.lint.documents import extent, read_documents
from promgen.lint.problems import IGNORE_EXPIRED, IGNORE_FORM, IGNORE_UNUSED

FORM = "# promgen: ignore SLUG until YYYY-MM-DD: why it is accepted"
SHORTEST_REASON = 10

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*promgen:\s*(?P<text>.*?)\s*$")
_FORM = re.compile(
    r"(?P<verb>ignore|ignore-file)\s+(?P<slugs>.+?)\s+until\s+(?P<until>\S+?)\s*:\s*(?P<reason>.*)"
)
_EVERY_LINE = range(1, 1 << 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One comment for one slug, and the lines it speaks of."""

    slug: str
    until: date
    lines: range
    span: Span

    def covers(self, found: Diagnostic) -> bool:
        """Whether a finding of its slug in its file is what the comment means, be it still valid or not."""
        return found.span is not None and found.span.line in self.lines


class _Comment(NamedTuple):
    """A comment that begins with `promgen:`, whatever follows; `is_alone` where nothing stands before it."""

    text: str
    span: Span
    is_alone: bool


def read_ignores(
    text: str, path: str, known: Collection[str], diagnostics: Diagnostics
) -> tuple[Ignore, ...]:
    """The comments of a file; those that are not understood are reported, `known` being what may be ignored."""
    if "promgen:" not in text:
        return ()
    comments = tuple(_comments(text, path))
    stretches = _stretches(text, path) if comments else ()
    lines = text.split("\n")
    return tuple(
        ignore
        for comment in comments
        for ignore in _read(comment, _meant(comment, lines, stretches), known, diagnostics)
    )


def apply_ignores(
    found: Iterable[Diagnostic], ignores: Collection[Ignore], today: date, ran: Collection[str]
) -> Iterator[Diagnostic]:
    """What remains, and the comments that ended or cover nothing; of the latter those whose check ran."""
    used: set[Ignore] = set()
    by_place: dict[tuple[str, str], list[Ignore]] = {}
    for ignore in ignores:
        by_place.setdefault((ignore.span.file, ignore.slug), []).append(ignore)
    for diagnostic in found:
        file = diagnostic.span.file if diagnostic.span is not None else ""
        candidates = by_place.get((file, diagnostic.problem.slug), ())
        covering = [ignore for ignore in candidates if ignore.covers(diagnostic)]
        used.update(covering)
        if not any(ignore.until >= today for ignore in covering):
            yield diagnostic
    for ignore in ignores:
        if ignore in used and ignore.until < today:
            message = f"the comment for {ignore.slug} ended on {ignore.until}"
            yield _warning(IGNORE_EXPIRED, message, ignore.span)
        elif ignore not in used and ignore.slug in ran:
            yield _warning(IGNORE_UNUSED, f"nothing is found by {ignore.slug} here any more", ignore.span)


def _comments(text: str, path: str) -> Iterator[_Comment]:
    for number, line in enumerate(text.split("\n"), 1):
        if "promgen:" in line and (match := _COMMENT.search(line)):
            start = match.start() + 1
            span = Span(path, number, start, number, start + len(match[0].rstrip()))
            yield _Comment(match["text"], span, not line[: match.start()].strip())


def _read(
    comment: _Comment, lines: range, known: Collection[str], diagnostics: Diagnostics
) -> Iterator[Ignore]:
    match = _FORM.fullmatch(comment.text)
    if match is None:
        _report("the comment is not understood", comment, diagnostics, FORM)
        return
    try:
        until = date.fromisoformat(match["until"])
    except ValueError:
        _report(f"`{match['until']}` is not a date", comment, diagnostics, "YYYY-MM-DD")
        return
    if len(match["reason"]) < SHORTEST_REASON:
        allowed = f"why, in at least {SHORTEST_REASON} characters"
        _report("the comment gives no reason", comment, diagnostics, allowed)
        return
    for slug in re.split(r"[\s,]+", match["slugs"]):
        if slug in known:
            scope = _EVERY_LINE if match["verb"] == "ignore-file" else lines
            yield Ignore(slug=slug, until=until, lines=scope, span=comment.span)
        else:
            _report(f"`{slug}` cannot be ignored", comment, diagnostics, nearest(slug, known))


def _report(message: str, comment: _Comment, diagnostics: Diagnostics, allowed: str) -> None:
    diagnostics.add(
        Diagnostic(
            problem=IGNORE_FORM, message=message, span=comment.span, allowed=allowed, level=Level.WARNING
        )
    )


def _warning(problem: Problem, message: str, span: Span) -> Diagnostic:
    return Diagnostic(problem=problem, message=message, span=span, level=Level.WARNING)


class _Stretch(NamedTuple):
    """The first and last line of an entry of a mapping or a list."""

    first: int
    last: int
    is_block: bool
    """Whether its value is a block of text."""


def _stretches(text: str, path: str) -> tuple[_Stretch, ...]:
    documents = read_documents(text, path, Diagnostics())
    return tuple(
        stretch for document in documents if document.root is not None for stretch in _entries(document.root)
    )


def _entries(node: Node) -> Iterator[_Stretch]:
    if isinstance(node, Scalar):
        return
    if isinstance(node, Mapping):
        entries = [(node.keys[key], child) for key, child in node.entries.items()]
    else:
        entries = [(child.span, child) for child in node.items]
    for start, child in entries:
        if child.span.line < start.line:
            continue  # an alias of what is written elsewhere
        end = extent(child)
        is_block = isinstance(child, Scalar) and child.style in {"|", ">"}
        last = end.end_line - (end.end_column == 1 and end.end_line > end.line)
        yield _Stretch(start.line, last, is_block)
        yield from _entries(child)


def _meant(comment: _Comment, lines: list[str], stretches: tuple[_Stretch, ...]) -> range:
    """The lines of what a comment speaks of: what begins where it stands or, below it, begins next."""
    number = comment.span.line
    blocks = [one for one in stretches if one.is_block and one.first < number <= one.last]
    if blocks:
        return range(blocks[0].first, blocks[0].last + 1)
    if comment.is_alone:
        number = _next_written(lines, number)
    beginning = [one for one in stretches if one.first == number]
    around = [one for one in stretches if one.first < number <= one.last]
    found = max(beginning, key=_length, default=None) or min(around, key=_length, default=None)
    return range(found.first, found.last + 1) if found else range(number, number + 1)


def _length(stretch: _Stretch) -> int:
    return stretch.last - stretch.first


def _next_written(lines: list[str], number: int) -> int:
    """The first line below that is neither empty nor a comment."""
    below = enumerate(lines[number:], number + 1)
    return next((at for at, line in below if line.strip() and not line.lstrip().startswith("#")), number)
