"""Diagnostics for people and for machines: a message with its source line and caret, or JSON."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from typing import Any

import click

from promgen.base.diagnostics import Diagnostic
from promgen.base.printable import printable
from promgen.base.spans import Span

DOCUMENTATION = "docs/reference/problems.md"
_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_LONGEST_LINE = 160


def render_text(found: Iterable[Diagnostic], texts: Mapping[str, str]) -> str:
    """All diagnostics, each with where, what, what is allowed, why it matters and how to silence it."""
    diagnostics = tuple(found)
    secret = {(one.span.file, one.span.line) for one in diagnostics if one.is_secret and one.span}
    return "\n".join(_render(diagnostic, texts, secret) for diagnostic in diagnostics)


def summary(found: Iterable[Diagnostic]) -> str:
    """How many there are of each level, such as `2 errors, 1 warning, 3 info`."""
    levels = [diagnostic.level.value for diagnostic in found]
    counts = [(levels.count(level), level) for level in ("error", "warning", "info")]
    return (
        ", ".join(
            f"{count} {level}{'s' if count != 1 and level != 'info' else ''}"
            for count, level in counts
            if count
        )
        or "no problems"
    )


def to_json(found: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "level": diagnostic.level.value,
            "problem": diagnostic.problem.slug,
            "message": diagnostic.message,
            "allowed": diagnostic.allowed,
            "why": diagnostic.problem.why,
            "silence": diagnostic.problem.silence,
            "subject": diagnostic.subject,
            "place": _place(diagnostic.span),
            "related": [
                {"place": _place(related.span), "text": related.text} for related in diagnostic.related
            ],
        }
        for diagnostic in found
    ]


def _place(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else span._asdict()


def _render(diagnostic: Diagnostic, texts: Mapping[str, str], secret: Container[tuple[str, int]]) -> str:
    colour = _COLOURS[diagnostic.level.value]
    slug = click.style(f"{diagnostic.level.value}[{diagnostic.problem.slug}]", fg=colour, bold=True)
    lines = [f"{slug}: {printable(diagnostic.message)}"]
    if diagnostic.span is not None:
        span = diagnostic.span
        lines += excerpt(span, {} if (span.file, span.line) in secret else texts, colour)
    for related in diagnostic.related:
        lines += [f"  {printable(related.text)}:", *excerpt(related.span, texts, "blue")]
    notes = {
        "allowed": diagnostic.allowed,
        "why": diagnostic.problem.why,
        "silence": diagnostic.problem.silence,
    }
    lines += [
        f"   = {click.style(name, bold=True)}: {printable(text)}" for name, text in notes.items() if text
    ]
    page = diagnostic.problem.page or f"{DOCUMENTATION}#{diagnostic.problem.slug.replace('/', '-')}"
    lines.append(f"   = {click.style('more', bold=True)}: {page}")
    return "\n".join(lines) + "\n"


def excerpt(span: Span, texts: Mapping[str, str], colour: str) -> list[str]:
    """The place, and its line with carets below; a very long line is cut around them."""
    lines = _lines(texts.get(span.file, ""))
    place = f"  --> {printable(span.file)}:{span.line}:{span.column}"
    if span.file not in texts or not 0 < span.line <= len(lines):
        return [place]
    line = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line) + 1
    width = max(1, min(end, len(line) + 1) - span.column)
    start = max(0, span.column - 1 - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    shown = printable(line[start : start + _LONGEST_LINE].replace("\t", " "))
    number = str(span.line)
    margin = " " * len(number)
    carets = " " * _columns(shown[: span.column - 1 - start]) + click.style(
        "^" * min(width, _LONGEST_LINE // 2), fg=colour
    )
    return [place, f" {margin} |", f" {number} | {shown}", f" {margin} | {carets}"]


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    """The lines of a file; kept, as a large file may have thousands of findings one after the other."""
    return text.split("\n")


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
