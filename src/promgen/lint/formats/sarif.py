"""SARIF 2.1.0, the format of static analysis that code hosts and editors read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promgen import __version__
from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.lint.check import Check
from promgen.lint.fingerprint import fingerprints
from promgen.lint.formats.text import file_uri, harmless, statement, to_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_FINGERPRINT = "promgen/v1"
_PROBLEMS = "docs/reference/problems.md"


def render_sarif(found: Sequence[Diagnostic], checks: Sequence[Check], texts: Mapping[str, str]) -> str:
    """A log with one run; its rules are the checks, and whatever else was found."""
    rules = _rules(found, checks)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    results = [
        _result(diagnostic, index[diagnostic.problem.slug], mark)
        for diagnostic, mark in zip(found, fingerprints(found), strict=True)
    ]
    driver = {"name": "promgen", "semanticVersion": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(found: Sequence[Diagnostic], checks: Sequence[Check]) -> list[dict[str, Any]]:
    by_slug = {check.problem.slug: _rule(check.problem, check.level, check.page) for check in checks}
    for diagnostic in found:
        problem = diagnostic.problem
        if problem.slug not in by_slug:
            page = problem.page or f"{_PROBLEMS}#{problem.slug.replace('/', '-')}"
            by_slug[problem.slug] = _rule(problem, diagnostic.level, page)
    return [by_slug[slug] for slug in sorted(by_slug)]


def _rule(problem: Problem, level: Level, page: str) -> dict[str, Any]:
    """What a rule is; its page is part of the help, because SARIF wants the URI of a help to be absolute."""
    notes = [f"To live with it, {problem.silence}."] if problem.silence else []
    notes.append(f"More: {page}")
    return {
        "id": problem.slug,
        "shortDescription": {"text": problem.why},
        "fullDescription": {"text": problem.why},
        "help": {"text": "\n".join([problem.why, *notes])},
        "defaultConfiguration": {"level": _LEVELS[level]},
    }


def _result(diagnostic: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    locations = [] if diagnostic.span is None else [_location(diagnostic.span)]
    if diagnostic.subject and locations:
        locations[0]["logicalLocations"] = [{"fullyQualifiedName": _plain(diagnostic.subject)}]
    return {
        "ruleId": diagnostic.problem.slug,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.level],
        "message": {"text": _plain(statement(diagnostic))},
        "locations": locations,
        "relatedLocations": [
            {"id": number, **_location(related.span), "message": {"text": _plain(related.text)}}
            for number, related in enumerate(diagnostic.related)
        ],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
        "suppressions": [],  # a finding that is suppressed is not reported
    }


def _location(span: Span) -> dict[str, Any]:
    """SARIF's end is exclusive, as a span's is."""
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": file_uri(span.file)}, "region": region}}


def _plain(text: str) -> str:
    """Text in which a reader finds no link: SARIF has `[text](target)` even in plain messages."""
    return harmless(text).replace("](", "] (")
