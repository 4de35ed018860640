"""Findings in the formats that other tools read; each a pure function, in which a file's text can do no harm.

Text and JSON are what every command prints, and so belong to the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from promgen.base.diagnostics import Diagnostic
from promgen.lint.check import Check
from promgen.lint.formats.github import render_github
from promgen.lint.formats.gitlab import render_gitlab
from promgen.lint.formats.junit import render_junit
from promgen.lint.formats.sarif import render_sarif

Format = Callable[[Sequence[Diagnostic], Sequence[Check], Mapping[str, str]], str]
"""From the findings in order, the checks that ran, and the texts of the files by path."""

FORMATS: dict[str, Format] = {
    "sarif": render_sarif,
    "junit": render_junit,
    "github": render_github,
    "gitlab": render_gitlab,
}
