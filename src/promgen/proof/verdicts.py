"""What promtool printed about test files, read back: which file passed, which question failed, and with which answer.

promtool names no test in its output, so each question carries its number in a comment at its end, which it prints.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from promgen.compiler.ir.proofs import Case
from promgen.proof.promtool import Printed

NOTHING = "nothing"
_BLOCK = re.compile(r"^  (SUCCESS|FAILED:)$", re.MULTILINE)
_HEADER = re.compile(r"^Unit Testing:  .*$", re.MULTILINE)
_FAILURE = re.compile(
    r'^    expr: ".* # (?P<case>\d+)\.(?P<question>\d+)", time: \S+,'
    r"(?: err: (?P<error>.*)|\n        exp: ?(?P<expected>.*)\n        got: ?(?P<got>.*))$",
    re.MULTILINE,
)


class Failed(NamedTuple):
    """A question of a numbered case that was answered otherwise; after an error there is no answer."""

    case: int
    question: int
    expected: str
    got: str
    error: str = ""


class Verdict(NamedTuple):
    """What is known of one test file; with a `rest` it was not understood, and nothing is proved by it."""

    failed: tuple[Failed, ...] = ()
    rest: str = ""


def numbered(case: Case, number: int) -> Case:
    """The case with its number, and that of the question, at the end of each question."""
    questions = (
        question._replace(expr=f"{question.expr} # {number}.{place}")
        for place, question in enumerate(case.questions)
    )
    return case._replace(questions=tuple(questions))


def read_verdicts(printed: Printed, files: int) -> tuple[Verdict, ...] | None:
    """One verdict for each test file, in order; None where promtool did not come to the end of them."""
    if printed.code not in {0, 1}:
        return None
    _, *parts = _BLOCK.split(_HEADER.sub("", printed.text))
    words, texts = parts[::2], parts[1::2]
    if len(words) != files or (printed.code == 0) != all(word == "SUCCESS" for word in words):
        return None
    return tuple(map(_verdict, words, texts))


def _verdict(word: str, text: str) -> Verdict:
    failed = tuple(map(_failed, _FAILURE.finditer(text)))
    rest = _FAILURE.sub("", text).strip()
    if (word == "SUCCESS") == bool(failed or rest):
        return Verdict(rest=rest or "promtool failed and does not say why")
    return Verdict(failed, rest)


def _failed(match: re.Match[str]) -> Failed:
    return Failed(
        int(match["case"]),
        int(match["question"]),
        _answer(match["expected"]),
        _answer(match["got"]),
        match["error"] or "",
    )


def _answer(printed: str | None) -> str:
    return NOTHING if printed == "nil" else printed or ""
