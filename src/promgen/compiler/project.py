"""What promgen.yaml says, as the other stages need it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from promgen import __version__
from promgen.base import problems
from promgen.base.conventions import INVENTORY_FILE, PROJECT_FILE, RESERVED_LABELS, SEVERITY_LABEL, Severity
from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.paths import path_fault
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.base.versions import dotted
from promgen.compiler.source.nodes import Node, find
from promgen.compiler.source.yamltext import Document
from promgen.compiler.spec import v1
from promgen.compiler.spec.read import nearest, read_project
from promgen.model.catalog import SCRAPE_INTERVAL, Limits, Target

_VERSION = re.compile(r"(\d+)(?:\.(\d+))?(?:\.\d+)*")
_OLDEST = {"prometheus": (2, 42), "alertmanager": (0, 25)}


@dataclass(frozen=True, slots=True)
class Project:
    """Settings, and the tree they were read from, for places in it."""

    settings: v1.ProjectDocument
    node: Node
    target: Target

    def span(self, *path: str | int) -> Span:
        return find(self.node, path)[0].span


SUPPRESSIBLE = frozenset(
    problem.slug for problem in problems.PROBLEMS if problem.silence == problems.SUPPRESS
)
"""What a suppression may name of the compiler's own problems."""

Slugs = Callable[[], Collection[str]]
"""What a suppression may name beside those; asked only where one names something else, as the answer takes its time."""


def load_project(document: Document | None, diagnostics: Diagnostics, slugs: Slugs = tuple) -> Project | None:
    """The project; None when promgen.yaml is wrong, which is reported."""
    if document is None or document.root is None:
        start = Span(PROJECT_FILE, 1, 1, 1, 1)
        diagnostics.error(
            problems.API_VERSION, f"{PROJECT_FILE} is empty", start, allowed="apiVersion and kind: Project"
        )
        return None
    settings = read_project(document, diagnostics)
    if settings is None:
        return None
    project = Project(settings, document.root, _target(settings, document.root, diagnostics))
    _check_folders(project, diagnostics)
    _check_budget(project, diagnostics)
    _check_severity_label(project, diagnostics)
    _check_requires(project, diagnostics)
    _check_suppressions(project, slugs, diagnostics)
    return project


def suppress(
    found: Iterable[Diagnostic],
    project: Project,
    today: date,
    *,
    slugs: Collection[str] = SUPPRESSIBLE,
    is_whole: bool = True,
) -> tuple[Diagnostic, ...]:
    """What remains after the suppressions of these slugs that are still valid; those that ended are reported.

    So are those that match nothing, where `is_whole` says that everything was looked at.
    """
    rows = {place: row for place, row in enumerate(project.settings.suppressions) if row.problem in slugs}
    used: set[int] = set()
    remaining = []
    for diagnostic in found:
        places = [place for place, row in rows.items() if _matches(row, diagnostic)]
        used.update(places)
        if not any(rows[place].until >= today for place in places):
            remaining.append(diagnostic)
    for place, row in rows.items():
        span = project.span("suppressions", place)
        if place in used and row.until < today:
            message = f"the suppression of {row.problem} for `{row.subject}` ended on {row.until}"
            remaining.append(_warning(problems.SUPPRESSION_EXPIRED, message, span))
        elif place not in used and is_whole:
            message = f"nothing of `{row.subject}` is found by {row.problem} any more"
            remaining.append(_warning(problems.SUPPRESSION_UNUSED, message, span))
    return tuple(sorted(remaining, key=Diagnostic.sort_key))


def _warning(problem: Problem, message: str, span: Span) -> Diagnostic:
    return Diagnostic(problem=problem, message=message, span=span, level=Level.WARNING)


def _matches(row: v1.Suppression, diagnostic: Diagnostic) -> bool:
    return row.problem == diagnostic.problem.slug and row.subject in {"*", diagnostic.subject}


def _target(settings: v1.ProjectDocument, node: Node, diagnostics: Diagnostics) -> Target:
    target = settings.target
    return Target(
        prometheus=_oldest(target.prometheus, "prometheus", node, diagnostics),
        alertmanager=_oldest(target.alertmanager, "alertmanager", node, diagnostics),
        scrape_interval=target.scrape_interval or SCRAPE_INTERVAL,
        retention=target.retention,
        external_labels=tuple(target.external_labels),
        severity_label=settings.severities.label,
        severity_values={Severity(word): value for word, value in settings.severities.values.items()},
        runbook_url=settings.runbook_url,
        dialect=target.dialect,
        limits=Limits(rules_per_group=target.limits.rules_per_group, groups=target.limits.groups),
    )


def _oldest(text: str, program: str, node: Node, diagnostics: Diagnostics) -> tuple[int, int]:
    version, oldest = _version(text), _OLDEST[program]
    if version is None or version < oldest:
        message = f"`{text}` is not a version of {program.title()} that promgen compiles for"
        allowed = f"{dotted(oldest)} or newer"
        span = find(node, ("target", program))[0].span
        diagnostics.error(problems.TARGET_LACKS, message, span, allowed=allowed)
        return oldest
    return version


def _version(text: str) -> tuple[int, int] | None:
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2] or 0)) if match else None


def _check_folders(project: Project, diagnostics: Diagnostics) -> None:
    places: dict[tuple[str | int, ...], str] = {("outputs", "rules"): project.settings.outputs.rules}
    places |= {("inputs", place): folder for place, folder in enumerate(project.settings.inputs)}
    for path, folder in places.items():
        if fault := path_fault(folder):
            message = f"`{folder}` is no folder of the project: {fault}"
            allowed = "a path below promgen.yaml, with / between its parts"
            diagnostics.error(problems.FILE_OUTSIDE, message, project.span(*path), allowed=allowed)


def _check_budget(project: Project, diagnostics: Diagnostics) -> None:
    if (inventory := project.settings.inventory) and (fault := path_fault(inventory)):
        message = f"`{inventory}` is no file of the project: {fault}"
        allowed = f"a path below {PROJECT_FILE}, such as {INVENTORY_FILE}"
        diagnostics.error(problems.FILE_OUTSIDE, message, project.span("inventory"), allowed=allowed)
    if project.settings.budget is not None and not inventory:
        message = "a budget is counted with an inventory, and none is named"
        allowed = f"`inventory: {INVENTORY_FILE}`, which `promgen inventory record URL` writes"
        diagnostics.error(problems.MISSING_KEY, message, project.span("budget"), allowed=allowed)


def _check_severity_label(project: Project, diagnostics: Diagnostics) -> None:
    label = project.settings.severities.label
    if label in RESERVED_LABELS - {SEVERITY_LABEL}:
        message = f"`{label}` cannot carry the severity: promgen sets it to something else"
        span = project.span("severities", "label")
        diagnostics.error(problems.BAD_VALUE, message, span, allowed="a label of its own, such as `severity`")


def _check_requires(project: Project, diagnostics: Diagnostics) -> None:
    wanted = _version(project.settings.requires)
    have = _version(__version__)
    if wanted is None or (have is not None and wanted > have):
        message = f"the project needs promgen `{project.settings.requires}`, this is {__version__}"
        diagnostics.error(
            problems.VERSION_REQUIRED, message, project.span("requires"), allowed="a newer promgen"
        )


def _check_suppressions(project: Project, slugs: Slugs, diagnostics: Diagnostics) -> None:
    unknown = {
        place: row.problem
        for place, row in enumerate(project.settings.suppressions)
        if row.problem not in SUPPRESSIBLE
    }
    known = SUPPRESSIBLE.union(slugs()) if unknown else SUPPRESSIBLE
    for place, problem in unknown.items():
        if problem not in known:
            span = project.span("suppressions", place, "problem")
            message = f"`{problem}` cannot be suppressed"
            diagnostics.error(problems.UNKNOWN_REFERENCE, message, span, allowed=nearest(problem, known))
