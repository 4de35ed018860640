"""What is wrong in a user's input, as values: collected in one run, sorted by place, rendered elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from promgen.base.problems import Problem
from promgen.base.spans import Span


class Level(StrEnum):
    """How bad it is; only an error stops a build."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A second place that explains the first, such as the other definition of a name."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem at one place: what is wrong (quoting the user's token) and what is allowed or nearest."""

    problem: Problem
    message: str
    span: Span | None
    allowed: str = ""
    level: Level = Level.ERROR
    related: tuple[Related, ...] = ()
    subject: str = ""
    """The object it is about, such as `system/service/slo`; what a suppression names."""
    is_secret: bool = False
    """Whether its line may hold a secret, and so is not shown."""

    @property
    def is_error(self) -> bool:
        return self.level is Level.ERROR

    def sort_key(self) -> tuple[str, int, int, str, str]:
        if self.span is None:
            return ("", 0, 0, self.problem.slug, self.message)
        return (self.span.file, self.span.line, self.span.column, self.problem.slug, self.message)


@dataclass(slots=True)
class Diagnostics:
    """Collects diagnostics while a stage goes on; the same problem at the same place is kept once."""

    _found: dict[tuple[str, Span | None, str], Diagnostic] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        self._found.setdefault((diagnostic.problem.slug, diagnostic.span, diagnostic.message), diagnostic)

    def error(
        self,
        problem: Problem,
        message: str,
        span: Span | None,
        *,
        allowed: str = "",
        related: Iterable[Related] = (),
    ) -> None:
        """Add an error."""
        self.add(
            Diagnostic(problem=problem, message=message, span=span, allowed=allowed, related=tuple(related))
        )

    @property
    def has_errors(self) -> bool:
        return any(found.is_error for found in self._found.values())

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them, by file, line and column."""
        return tuple(sorted(self._found.values(), key=Diagnostic.sort_key))
