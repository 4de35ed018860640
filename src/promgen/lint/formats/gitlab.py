"""GitLab's code quality report: a list of findings that a merge request shows beside the lines it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promgen.base.conventions import PROJECT_FILE
from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.spans import Span
from promgen.lint.check import Check
from promgen.lint.fingerprint import fingerprints
from promgen.lint.formats.text import explanation, harmless, last_line, to_json

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.INFO: "info"}
_NO_PLACE = Span(PROJECT_FILE, 1, 1, 1, 1)
"""A finding about the whole project; GitLab wants a line for each."""


def render_gitlab(found: Sequence[Diagnostic], checks: Sequence[Check], texts: Mapping[str, str]) -> str:
    """JSON; the fingerprints tell GitLab which findings are new."""
    marks = fingerprints(found)
    return to_json([_entry(*pair) for pair in zip(found, marks, strict=True)])


def _entry(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    span = diagnostic.span or _NO_PLACE
    return {
        "description": explanation(diagnostic),
        "check_name": diagnostic.problem.slug,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[diagnostic.level],
        "location": {
            "path": harmless(span.file),
            "lines": {"begin": span.line, "end": last_line(span)},
        },
    }
