"""What surrounds an SLO or an alert while it is resolved: its service, its environment, and where to report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from promgen.base import problems
from promgen.base.conventions import ENVIRONMENT_LABEL, SEVERITIES, Severity, is_recorded
from promgen.base.diagnostics import Diagnostics
from promgen.base.problems import Problem
from promgen.base.versions import dotted
from promgen.compiler.resolve.index import Entry, Index
from promgen.compiler.source.nodes import Mapping, Path, Scalar, find
from promgen.compiler.source.places import locate
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest
from promgen.compiler.spec.selectors import MatchSpec, Selector
from promgen.model.catalog import Service, Target
from promgen.promql import (
    Expression,
    ExpressionError,
    LabelMatcher,
    any_of,
    conflicting_matchers,
    is_utf8_name,
    parse,
    with_matchers,
)

UTF8_SINCE = (3, 0)
NATIVE_HISTOGRAMS_SINCE = (3, 0)
"""promgen's requirement, not Prometheus' own: 2.42 has them as an experiment that its promtool cannot test."""

_PROBLEM_OF_REASON = {
    "syntax": problems.PROMQL_SYNTAX,
    "too-large": problems.PROMQL_TOO_LARGE,
    "too-deep": problems.PROMQL_TOO_LARGE,
    "unsupported": problems.PROMQL_VARIABLE,
}


class ProjectFiles(NamedTuple):
    """What the project's files are, beside the documents in them."""

    texts: dict[str, str]
    """The content of each specification, for places in it."""
    runbooks: frozenset[str]
    """Names of the files in `runbooks/`, without `.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One service in one environment."""

    index: Index
    target: Target
    service: Service
    environment: Entry[v1.EnvironmentSpec] | None
    matchers: tuple[LabelMatcher, ...]
    """Of the environment and the service; part of every selector."""
    severity_words: dict[str, Severity]
    files: ProjectFiles
    diagnostics: Diagnostics

    @property
    def environment_name(self) -> str:
        return self.environment.name if self.environment else ""

    @property
    def known_environments(self) -> list[str]:
        """Those of the service's system, else of the project."""
        environments = self.index.environments
        return [entry.name for entry in environments.get(self.service.system) or environments.get("") or []]

    def report(self, problem: Problem, message: str, node: Mapping, path: Path, *, allowed: str = "") -> None:
        """An error at a place below a node."""
        found, _ = find(node, path)
        self.diagnostics.error(problem, message, found.span, allowed=allowed)

    def expression(
        self, text: str, node: Mapping, path: Path, more: Iterable[LabelMatcher] = ()
    ) -> Expression | None:
        """An expression with the scope's matchers and more in every selector; None when it does not parse, reported.

        A series recorded by promgen is told apart by the environment's name instead, which is the label it carries.
        """
        found, _ = find(node, path)
        try:
            parsed = parse(text)
        except ExpressionError as error:
            span = found.span
            if isinstance(found, Scalar) and found.span.file in self.files.texts:
                span = locate(self.files.texts[found.span.file], found, error.start, error.length)
            self.diagnostics.error(_PROBLEM_OF_REASON[error.reason], str(error), span)
            return None
        matchers = (*self.matchers, *more)
        for metric, label in conflicting_matchers(parsed, matchers, only=_is_measured):
            message = f"`{metric}` already selects `{label}`, and the environment, service or `selector` sets another value"
            self.diagnostics.error(problems.PROMQL_CONFLICT, message, found.span)
        of_environment = (
            [LabelMatcher(ENVIRONMENT_LABEL, "=", self.environment_name)] if self.environment else []
        )
        measured = with_matchers(parsed, matchers, only=_is_measured)
        return with_matchers(measured, of_environment, only=is_recorded)

    def check_label(self, label: str, node: Mapping, path: Path) -> None:
        """Report a label name that the target cannot read."""
        if is_utf8_name(label) and self.target.prometheus < UTF8_SINCE:
            self.report(problems.TARGET_LACKS, self.needs(f"label `{label}`", UTF8_SINCE), node, path)

    def needs(self, what: str, version: tuple[int, int]) -> str:
        """A message that the target is older than something needs."""
        return f"{what} needs Prometheus {dotted(version)}; the target is {dotted(self.target.prometheus)}"

    def severity(self, word: str, node: Mapping, path: Path) -> Severity:
        """The severity a word stands for, lowered to what the environment allows; an unknown word is reported."""
        severity = self.severity_words.get(word)
        if severity is None:
            found, key = find(node, path)
            span = key if path and path[-1] == word else found.span
            allowed = nearest(word, self.severity_words)
            self.diagnostics.error(problems.SEVERITY, f"severity `{word}` is unknown", span, allowed=allowed)
            severity = Severity.INFO
        return self.lowered(severity)

    def lowered(self, severity: Severity) -> Severity:
        """At most the highest severity of the environment."""
        word = self.environment.spec.highest_severity if self.environment else None
        highest = self.severity_words.get(word) if word else None
        if highest is None:
            return severity
        return max(severity, highest, key=SEVERITIES.index)


def _is_measured(metric: str) -> bool:
    return not is_recorded(metric)


def matchers_of(selector: Selector) -> tuple[LabelMatcher, ...]:
    """The matchers of a selector as written: equality, one of a list, or a regular expression."""
    matchers: list[LabelMatcher] = []
    for label, value in selector.items():
        if isinstance(value, str):
            matchers.append(LabelMatcher(label, "=", value))
        elif isinstance(value, list):
            matchers.append(LabelMatcher(label, "=~", any_of(value)))
        else:
            matchers.extend(_matchers_of_spec(label, value))
    return tuple(matchers)


def _matchers_of_spec(label: str, spec: MatchSpec) -> Iterable[LabelMatcher]:
    if spec.matches is not None:
        yield LabelMatcher(label, "=~", spec.matches)
    if spec.not_matches is not None:
        yield LabelMatcher(label, "!~", spec.not_matches)
    if isinstance(spec.is_not, str):
        yield LabelMatcher(label, "!=", spec.is_not)
    elif spec.is_not is not None:
        yield LabelMatcher(label, "!~", any_of(spec.is_not))
