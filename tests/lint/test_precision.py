"""The page of verdicts says what its table says, and nine findings of ten are right."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.precision import draw
from promgen.lint.checks import CHECKS

PAGE = (Path(draw.__file__).parent / "verdicts.md").read_text(encoding="utf-8")
_CELLS = re.compile(r"(?<!\\)\|")


class Row(NamedTuple):
    """A finding of the table."""

    number: str
    set: str
    place: str
    rule: str
    check: str
    finding: str
    verdict: str
    why: str


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELLS.split(line)[1:-1]]


def tables() -> list[list[str]]:
    """The cells of every line of every table, without their heads."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [found for line in lines if (found := cells(line))[-1] not in {"---", "--:", "right", "why"}]


ROWS = [Row(*found) for found in tables() if len(found) == len(Row._fields)]


def judged(by: str) -> dict[str, tuple[int, int]]:
    """How many were drawn and how many are right, by what stands in a column."""
    drawn = Counter(getattr(row, by) for row in ROWS)
    right = Counter(getattr(row, by) for row in ROWS if row.verdict == "right")
    return {name: (number, right[name]) for name, number in drawn.items()}


def test_a_hundred_findings_are_judged_each_once() -> None:
    assert [row.number for row in ROWS] == [str(number) for number in range(1, draw.DRAWN + 1)]
    assert len({(row.place, row.check, row.finding) for row in ROWS}) == draw.DRAWN
    assert {row.verdict for row in ROWS} <= {"right", "wrong"}


def test_every_verdict_has_a_reason_of_its_own() -> None:
    assert all(len(row.why) > len("Because so.") for row in ROWS)
    assert Counter(row.why for row in ROWS).most_common(1)[0][1] <= 2


def test_nine_of_ten_are_right_and_the_page_says_how_many() -> None:
    right = sum(row.verdict == "right" for row in ROWS)
    assert right >= 90
    assert f"Of {draw.DRAWN} findings" in PAGE
    assert re.search(r"(\d+) are right\.", PAGE)[1] == str(right)


def test_the_summaries_agree_with_the_rows() -> None:
    by_check = {name: (int(drawn), int(right)) for name, drawn, right in of_width(3)}
    assert by_check == judged("check")
    by_set = {name: (int(drawn), int(right)) for name, *_, drawn, right in of_width(9)}
    assert by_set == judged("set")


def test_the_page_names_what_the_script_draws_from() -> None:
    assert f"its seed, {draw.SEED}," in PAGE
    written = {repository.split("]")[0].strip("[") for _, repository, *_ in of_width(9)}
    assert written == {repository for repository, _, _ in draw.SETS.values()}
    assert {commit.strip("`") for _, _, commit, *_ in of_width(9)} == {
        one for _, one, _ in draw.SETS.values()
    }


@pytest.mark.parametrize("check", sorted({row.check.strip("`") for row in ROWS}))
def test_what_was_drawn_is_on_by_default(check: str) -> None:
    assert {one.problem.slug: one.is_default for one in CHECKS}[check]


def of_width(width: int) -> list[list[str]]:
    return [found for found in tables() if len(found) == width]
