"""What became of mutants, for people and for machines: a row for each SLO and alert, then whoever was not killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import click

from promgen.base.printable import printable
from promgen.cli.report import excerpt
from promgen.proof.mutation import Fate, Status
from promgen.proof.promtool import Promtool

_COLOURS: dict[Status, str] = {
    "killed": "green",
    "equivalent": "yellow",
    "unseen": "yellow",
    "survived": "red",
}
_EXPLAINED: tuple[Status, ...] = ("equivalent", "unseen")


def fate_lines(fates: Sequence[Fate], promtool: Promtool, texts: Mapping[str, str]) -> Iterator[str]:
    """What is printed about fates in order; `texts` are the specifications by path."""
    for source, group in groupby(fates, lambda fate: fate.prey.subject.source):
        yield click.style(source, bold=True)
        yield from _rows(group)
    for fate in fates:
        if fate.status == "survived":
            yield ""
            yield from _described(fate, texts)
    yield from _explained(fates)
    yield f"\n{_counts(fates)} with promtool {promtool.version}"


def fates_data(fates: Sequence[Fate], promtool: Promtool) -> dict[str, Any]:
    """The same as data, with every mutant."""
    counts = Counter(fate.status for fate in fates)
    return {
        "promtool": promtool.version,
        **{status: counts[status] for status in _COLOURS},
        "mutants": list(map(_row, fates)),
    }


def _rows(fates: Iterable[Fate]) -> Iterator[str]:
    rows = {key: list(found) for key, found in groupby(fates, lambda fate: fate.prey.subject.key)}
    width = max(map(len, rows))
    for key, found in rows.items():
        yield f"  {key:{width}}  {_counts(found)}"


def _counts(fates: Iterable[Fate]) -> str:
    """Such as `120 killed, 1 survived`."""
    counts = Counter(fate.status for fate in fates)
    return ", ".join(
        click.style(f"{counts[status]} {status}", fg=colour)
        for status, colour in _COLOURS.items()
        if counts[status]
    )


def _described(fate: Fate, texts: Mapping[str, str]) -> Iterator[str]:
    """A survivor: what was changed where, and its place in the specification."""
    subject, mutant = fate.prey.subject, fate.prey.mutant
    where = f" ({subject.environment})" if subject.environment else ""
    status = click.style(fate.status, fg=_COLOURS[fate.status], bold=True)
    yield f"{status}: {subject.key}{where}: {mutant.operator} of {fate.prey.rule.name}"
    yield from excerpt(subject.place, texts, _COLOURS[fate.status])
    notes = {"before": mutant.before, "after": mutant.after, "reason": fate.why}
    for name, text in notes.items():
        if text:
            yield f"   = {click.style(name, bold=True)}: {printable(text)}"


def _explained(fates: Sequence[Fate]) -> Iterator[str]:
    """Who cannot be killed, by the reason."""
    alike = sorted(
        (fate for fate in fates if fate.status in _EXPLAINED), key=lambda fate: (fate.status, fate.why)
    )
    for (status, why), group in groupby(alike, lambda fate: (fate.status, fate.why)):
        yield f"\n{click.style(status, fg=_COLOURS[status], bold=True)}: {why}"
        for fate in group:
            environment = f" ({fate.prey.subject.environment})" if fate.prey.subject.environment else ""
            change = printable(f"{fate.prey.mutant.before} -> {fate.prey.mutant.after}")
            yield f"  {fate.prey.subject.key}{environment}: {fate.prey.rule.name}: {change}"


def _row(fate: Fate) -> dict[str, Any]:
    subject, mutant = fate.prey.subject, fate.prey.mutant
    return {
        "subject": subject.key,
        "environment": subject.environment,
        "rule": fate.prey.rule.name,
        "operator": mutant.operator,
        "before": mutant.before,
        "after": mutant.after,
        "status": fate.status,
        "why": fate.why,
        "place": subject.place._asdict(),
    }
