"""Proof tests as data: made-up samples, and what the rules must answer at which moment."""

from __future__ import annotations

from typing import NamedTuple

from promgen.base.durations import MINUTE, Duration


class Samples(NamedTuple):
    """One input series; `values` is in promtool's notation, one value per `interval` of its case."""

    series: str
    values: str


class Answer(NamedTuple):
    """One series that a question must give, exactly; a value within a tolerance is asked for in the expression."""

    labels: str
    """As a selector in braces, `{}` for none."""
    value: str = "1"


class Question(NamedTuple):
    """An expression asked after the rules were evaluated at a moment; no answers: it gives nothing."""

    at: Duration
    expr: str
    answers: tuple[Answer, ...] = ()


class Case(NamedTuple):
    """One thing that is proved of one subject; time begins at zero, the Unix epoch."""

    name: str
    """What is proved, unique within the subject."""
    subject: str
    """Key of the SLO or alert, `service/name`."""
    groups: tuple[str, ...]
    """The groups of rules it needs, in order of evaluation; the file's others may be loaded and must not matter."""
    samples: tuple[Samples, ...]
    questions: tuple[Question, ...]
    interval: Duration = MINUTE
    """Of the samples."""
    step: Duration = MINUTE
    """Interval of evaluations, of all groups."""
    since: tuple[int, int] = (2, 42)
    """The oldest Prometheus whose promtool can execute it."""
    origin: str = ""
    """What made it; for a case that a user wrote, `tests/0` for the first."""
    rules: tuple[str, ...] = ()
    """Names of the only rules of its groups that are evaluated, where all of them would take too long; all when empty."""


class Unproved(NamedTuple):
    """What promtool cannot show of a subject, and why; never counted as proved."""

    subject: str
    what: str
    reason: str


class Proofs(NamedTuple):
    """The cases of one file of rules; `path` and `source` are those of the RuleFile."""

    path: str
    source: str
    cases: tuple[Case, ...]
    unproved: tuple[Unproved, ...]
