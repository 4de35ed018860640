"""What a check is: a slug with its reasons, an example that it objects to and one that it accepts, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from promgen.base.diagnostics import Diagnostic, Level, Related
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.compiler.resolve.catalog import Resolved
from promgen.lint.policy import Policy
from promgen.lint.rules import File, Group, Rule
from promgen.model.catalog import Target
from promgen.model.inventory import Inventory

Made = TypeVar("Made")

PAGES = "docs/reference/checks"
IGNORE = "write `# promgen: ignore {slug} until DATE: REASON` above it, or add it to `suppressions` in promgen.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that is checked in one run, together: a rule may depend on another file's."""

    files: tuple[File, ...]
    target: Target
    resolved: Resolved | None = None
    """The catalogue with its places, where specifications are checked."""
    inventory: Inventory | None = None
    """What a server has, where that is known."""
    policies: tuple[Policy, ...] = ()
    """What the team demands of its rules."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The files' texts by path, for what is written in comments."""
    _made: dict[Callable[[Context], Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def rules(self) -> Iterator[tuple[File, Group, Rule]]:
        """Every rule, with its group and file."""
        for file in self.files:
            for group, rule in file.rules():
                yield file, group, rule

    def once(self, make: Callable[[Context], Made]) -> Made:
        """What a function makes of the context; several checks that ask share it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Made = self._made[make]
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One objection; the check it belongs to adds slug and level."""

    message: str
    span: Span
    subject: str
    allowed: str = ""
    """What to write instead."""
    level: Level | None = None
    """Instead of the check's own, where a policy sets it."""
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check; its problem's slug is its id in every output, in suppressions and in the documentation."""

    problem: Problem
    level: Level = Level.WARNING
    is_default: bool = True
    """Whether it runs when the configuration does not name it."""
    needs: Literal["rules", "specifications", "inventory", "policies"] = "rules"
    """What it works on; one that needs policies runs wherever there are any."""
    bad: str
    """A file it objects to, once; a rule file, unless it needs specifications."""
    good: str
    """The same file mended."""
    configuration: str = ""
    """What promgen.yaml says in the examples, besides its head."""
    find: Callable[[Context], Iterable[Finding]]

    @property
    def page(self) -> str:
        """The file of its documentation."""
        return f"{PAGES}/{self.problem.slug.replace('/', '-')}.md"

    def run(self, context: Context) -> Iterator[Diagnostic]:
        """The findings as diagnostics."""
        silence = IGNORE.format(slug=self.problem.slug)
        problem = replace(self.problem, silence=silence, page=self.page)
        for found in self.find(context):
            yield Diagnostic(
                problem=problem,
                message=found.message,
                span=found.span,
                allowed=found.allowed,
                level=found.level or self.level,
                related=found.related,
                subject=found.subject,
            )
