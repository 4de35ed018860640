"""Comments silence what they stand beside, for a while, with a reason; those that cannot are findings themselves."""

from __future__ import annotations

import datetime

import pytest

from promgen.base.diagnostics import Diagnostic, Diagnostics
from promgen.base.problems import Problem
from promgen.base.spans import Span
from promgen.lint.suppress import apply_ignores, read_ignores

TODAY = datetime.date(2026, 1, 15)
KNOWN = {"alerts/for", "rule/name"}
UNTIL = "until 2026-02-01: the team has agreed to it"
RULES = """\
groups:
  - name: shop
    rules:
      - alert: First
        expr: |
          up == 0
          or absent(up)
        for: 1m
      - alert: Second
        expr: up == 0
        labels:
          severity: page
  - name: other
    rules: []
"""


def silenced(text: str, slug: str = "alerts/for", today: datetime.date = TODAY) -> list[int]:
    """The lines of a file, numbered without comments and empty lines, on which a finding would be silent."""
    diagnostics = Diagnostics()
    ignores = read_ignores(text, "rules.yml", KNOWN, diagnostics)
    assert diagnostics.sorted() == ()
    silent, number = [], 0
    for at, line in enumerate(text.split("\n"), 1):
        number += line.strip() != "" and not line.lstrip().startswith("#")
        here = [finding(slug, at)]
        if not any(one in here for one in apply_ignores(here, ignores, today, KNOWN)):
            silent.append(number)
    return sorted(set(silent))


def finding(slug: str, line: int) -> Diagnostic:
    return Diagnostic(problem=Problem(slug, "why"), message="wrong", span=Span("rules.yml", line, 1, line, 2))


def above(line: str, comment: str) -> str:
    """The rules with a comment above a line."""
    assert line in RULES
    indent = line[: len(line) - len(line.lstrip())]
    return RULES.replace(line, f"{indent}# promgen: {comment}\n{line}")


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("      - alert: First", [4, 5, 6, 7, 8]),
        ("      - alert: Second", [9, 10, 11, 12]),
        ("        for: 1m", [8]),
        ("        expr: |", [5, 6, 7]),
        ("          or absent(up)", [5, 6, 7]),
        ("        labels:", [11, 12]),
        ("          severity: page", [12]),
        ("  - name: other", [13, 14]),
        ("  - name: shop", list(range(2, 13))),
    ],
)
def test_a_comment_above_a_line_speaks_of_what_begins_there(line: str, lines: list[int]) -> None:
    assert silenced(above(line, f"ignore alerts/for {UNTIL}")) == lines


@pytest.mark.parametrize(("line", "lines"), [("- alert: Second", [9, 10, 11, 12]), ("for: 1m", [8])])
def test_a_comment_at_the_end_of_a_line_does_too(line: str, lines: list[int]) -> None:
    assert silenced(RULES.replace(line, f"{line}  # promgen: ignore alerts/for {UNTIL}")) == lines


def test_several_comments_stand_above_one_another() -> None:
    text = above(
        "        for: 1m", f"ignore rule/name {UNTIL}\n\n        # promgen: ignore alerts/for {UNTIL}"
    )
    assert silenced(text, "alerts/for") == [8]
    assert silenced(text, "rule/name") == [8]


def test_a_comment_speaks_of_the_whole_file_when_it_says_so() -> None:
    text = above("          severity: page", f"ignore-file alerts/for {UNTIL}")
    assert silenced(text) == list(range(1, 15))


def test_a_comment_may_name_several_checks() -> None:
    text = above("        for: 1m", f"ignore rule/name, alerts/for {UNTIL}")
    assert silenced(text, "alerts/for") == silenced(text, "rule/name") == [8]


def test_a_comment_silences_its_own_check_only() -> None:
    assert silenced(above("        for: 1m", f"ignore rule/name {UNTIL}"), "alerts/for") == []


def test_a_comment_ends_after_its_day() -> None:
    text = above("        for: 1m", f"ignore alerts/for {UNTIL}")
    assert silenced(text, today=datetime.date(2026, 2, 1)) == [8]
    assert silenced(text, today=datetime.date(2026, 2, 2)) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore alerts/for", "the comment is not understood"),
        ("ignore alerts/for: it is fine like this", "the comment is not understood"),
        ("disable alerts/for until 2026-02-01: it is fine", "the comment is not understood"),
        ("", "the comment is not understood"),
        ("ignore alerts/for until tomorrow: it is fine like this", "`tomorrow` is not a date"),
        ("ignore alerts/for until 2026-02-30: it is fine like this", "`2026-02-30` is not a date"),
        ("ignore alerts/for until 2026-02-01:", "the comment gives no reason"),
        ("ignore alerts/for until 2026-02-01: because", "the comment gives no reason"),
        ("ignore alerts/fro until 2026-02-01: it is fine like this", "`alerts/fro` cannot be ignored"),
    ],
)
def test_a_comment_that_cannot_work_is_reported_and_silences_nothing(comment: str, message: str) -> None:
    diagnostics = Diagnostics()
    text = above("        for: 1m", comment)
    assert read_ignores(text, "rules.yml", KNOWN, diagnostics) == ()
    (found,) = diagnostics.sorted()
    assert (found.problem.slug, found.message) == ("ignore/form", message)
    assert found.span is not None
    assert text.split("\n")[found.span.line - 1][found.span.column - 1 :].startswith("# promgen:")


def judged(today: datetime.date, ran: set[str], *found: Diagnostic) -> list[str]:
    ignores = read_ignores(
        above("        for: 1m", f"ignore alerts/for {UNTIL}"), "rules.yml", KNOWN, Diagnostics()
    )
    return [one.problem.slug for one in apply_ignores(found, ignores, today, ran)]


def test_a_comment_that_ended_and_one_of_nothing_are_findings() -> None:
    later = datetime.date(2026, 2, 2)
    assert judged(TODAY, KNOWN, finding("alerts/for", 9)) == []
    assert judged(later, KNOWN, finding("alerts/for", 9)) == ["alerts/for", "ignore/expired"]
    assert judged(TODAY, KNOWN) == ["ignore/unused"]
    assert judged(later, KNOWN) == ["ignore/unused"]


def test_a_comment_is_not_called_useless_by_a_run_without_its_check() -> None:
    assert judged(TODAY, {"rule/name"}) == []


@pytest.mark.parametrize("text", ["a: [", "{{ x }}: {{", "- *a", "x: |\n"])
def test_comments_are_read_where_the_rest_is_no_yaml(text: str) -> None:
    text = f"{text}\n# promgen: ignore-file alerts/for {UNTIL}\n# promgen: ignore alerts/for {UNTIL}"
    assert len(read_ignores(text, "rules.yml", KNOWN, Diagnostics())) == 2
