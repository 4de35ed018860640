"""Which checks run and how bad their findings are: the checks' own levels, promgen.yaml, and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from promgen.base.diagnostics import Diagnostic, Diagnostics, Level
from promgen.base.errors import UsageError
from promgen.base.problems import UNKNOWN_REFERENCE
from promgen.compiler.project import Project
from promgen.compiler.source.nodes import find
from promgen.compiler.spec.read import nearest
from promgen.lint.check import Check
from promgen.lint.globs import fits

OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What promgen.yaml says about a run; without one, nothing."""

    checks: tuple[Check, ...]
    """Those that run, with the levels to report at."""
    vendored: tuple[str, ...] = ()
    """Patterns of files in which whatever is found is information."""

    def judge(self, found: Diagnostic) -> Diagnostic:
        """A finding with the level that its file gives it."""
        is_vendored = found.span is not None and any(fits(found.span.file, glob) for glob in self.vendored)
        return replace(found, level=Level.INFO) if is_vendored else found


def configure(
    checks: Iterable[Check], project: Project | None, only: Iterable[str], diagnostics: Diagnostics
) -> Configuration:
    """The checks that run: those named by `only`, or all that promgen.yaml does not turn off.

    A name in promgen.yaml that is no check is reported; one in `only` raises UsageError.
    """
    by_slug = {check.problem.slug: check for check in checks}
    levels = _levels(by_slug, project, diagnostics)
    chosen = _chosen(by_slug, only) or {
        slug for slug, check in by_slug.items() if levels.get(slug, OFF) != OFF or _runs(check, slug, levels)
    }
    return Configuration(
        checks=tuple(_at(by_slug[slug], levels.get(slug)) for slug in by_slug if slug in chosen),
        vendored=tuple(project.settings.lint.vendored) if project is not None else (),
    )


def _runs(check: Check, slug: str, levels: dict[str, str]) -> bool:
    return slug not in levels and (check.is_default or check.needs == "policies")


def _levels(by_slug: dict[str, Check], project: Project | None, diagnostics: Diagnostics) -> dict[str, str]:
    written: dict[str, str] = dict(project.settings.lint.checks) if project is not None else {}
    for slug in written.keys() - by_slug.keys():
        assert project is not None
        _, key = find(project.node, ("lint", "checks", slug))
        allowed = nearest(slug, by_slug)
        diagnostics.error(UNKNOWN_REFERENCE, f"there is no check `{slug}`", key, allowed=allowed)
    return written


def _chosen(by_slug: dict[str, Check], only: Iterable[str]) -> set[str]:
    chosen = set(only)
    for slug in sorted(chosen - by_slug.keys()):
        raise UsageError(f"there is no check `{slug}`; {nearest(slug, by_slug)}")
    return chosen


def _at(check: Check, level: str | None) -> Check:
    return check if level in {None, OFF} else replace(check, level=Level(level))
