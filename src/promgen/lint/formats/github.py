"""Annotations of GitHub Actions: a workflow command per finding, printed to the log of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.spans import Span
from promgen.lint.check import Check
from promgen.lint.formats.text import explanation, harmless, last_column, last_line

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render_github(found: Sequence[Diagnostic], checks: Sequence[Check], texts: Mapping[str, str]) -> str:
    """One line for each finding; a finding can neither end its line nor begin another command."""
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in found)


def _command(diagnostic: Diagnostic) -> str:
    properties = _place(diagnostic.span) | {"title": diagnostic.problem.slug}
    written = ",".join(f"{name}={_escape(str(value), _PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.level]} {written}::{_escape(explanation(diagnostic), _DATA)}"


def _place(span: Span | None) -> dict[str, str | int]:
    """File, lines and, within one line, columns; GitHub refuses columns of more than one line."""
    if span is None:
        return {}
    place: dict[str, str | int] = {"file": span.file, "line": span.line, "endLine": last_line(span)}
    if span.line == span.end_line:
        place |= {"col": span.column, "endColumn": last_column(span)}
    return place


def _escape(text: str, codes: Mapping[str, str]) -> str:
    return "".join(codes.get(one, one) for one in harmless(text))
