"""Outcomes of proof tests for people and for machines: a row for each SLO and alert, and whatever failed in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import click

from promgen.base.printable import printable
from promgen.cli.report import excerpt
from promgen.proof.junit import said
from promgen.proof.project import Outcome, Status
from promgen.proof.promtool import Promtool

_COLOURS: dict[Status, str] = {"passed": "green", "failed": "red", "unproved": "yellow"}


def outcome_lines(
    outcomes: Sequence[Outcome], promtool: Promtool, texts: Mapping[str, str], show_unproved: bool
) -> Iterator[str]:
    """What is printed about outcomes in order; `texts` are the specifications by path."""
    for source, group in groupby(outcomes, lambda outcome: outcome.proof.subject.source):
        yield click.style(source, bold=True)
        yield from _rows(group)
    for outcome in outcomes:
        if outcome.status == "failed" or (show_unproved and outcome.status == "unproved"):
            yield ""
            yield from _described(outcome, texts)
    yield f"\n{_counts(outcomes)} with promtool {promtool.version}"


def outcomes_data(outcomes: Sequence[Outcome], promtool: Promtool) -> dict[str, Any]:
    """The same as data, with every proof."""
    return {
        "promtool": promtool.version,
        **{status: count(outcomes, status) for status in _COLOURS},
        "cases": list(map(_row, outcomes)),
    }


def count(outcomes: Iterable[Outcome], status: Status) -> int:
    """How many ended like this."""
    return sum(outcome.status == status for outcome in outcomes)


def _rows(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The SLOs and alerts of one file, each with all its environments in one row."""
    rows = {key: list(found) for key, found in groupby(outcomes, lambda outcome: outcome.proof.subject.key)}
    width = max(map(len, rows))
    for key, found in rows.items():
        yield f"  {key:{width}}  {_counts(found)}"


def _counts(outcomes: Sequence[Outcome]) -> str:
    """Such as `12 passed, 1 failed`."""
    counts = ((count(outcomes, status), status, colour) for status, colour in _COLOURS.items())
    return ", ".join(
        click.style(f"{number} {status}", fg=colour) for number, status, colour in counts if number
    )


def _described(outcome: Outcome, texts: Mapping[str, str]) -> Iterator[str]:
    """What failed or is not proved, its place, and what was asked, expected and got."""
    proof, colour = outcome.proof, _COLOURS[outcome.status]
    where = f" ({proof.subject.environment})" if proof.subject.environment else ""
    status = click.style(outcome.status, fg=colour, bold=True)
    yield f"{status}: {proof.subject.key}{where}: {printable(proof.name)}"
    yield from excerpt(proof.place, texts, colour)
    notes = [note for failure in outcome.failures for note in said(failure)]
    for name, text in notes or [("reason", proof.reason)]:
        yield f"   = {click.style(name, bold=True)}: {printable(text)}"


def _row(outcome: Outcome) -> dict[str, Any]:
    proof = outcome.proof
    return {
        "subject": proof.subject.key,
        "environment": proof.subject.environment,
        "case": proof.name,
        "status": outcome.status,
        "reason": proof.reason,
        "failures": [dict(said(failure)) for failure in outcome.failures],
        "place": proof.place._asdict(),
    }
