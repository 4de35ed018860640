"""The file of findings that were there when the checks were adopted: they are silent until they are gone.

A finding is known again by what it says and of which object, not by its line; equal ones are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from promgen.base.diagnostics import Diagnostic, Level
from promgen.base.errors import OutsideError
from promgen.lint.fingerprint import fingerprint
from promgen.lint.problems import BASELINE_GONE

SCHEMA = 1
_TEXTS = ("fingerprint", "problem", "path", "subject", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Findings that were accepted; all but fingerprint and count is there for whoever reads the file."""

    fingerprint: str
    problem: str
    path: str
    subject: str
    message: str
    count: int


def baseline_of(found: Iterable[Diagnostic]) -> tuple[Entry, ...]:
    """An entry for each kind of finding, by path."""
    counts: Counter[str] = Counter()
    first: dict[str, Diagnostic] = {}
    for diagnostic in found:
        mark = fingerprint(diagnostic)
        counts[mark] += 1
        first.setdefault(mark, diagnostic)
    entries = (_entry(diagnostic, mark, counts[mark]) for mark, diagnostic in first.items())
    return tuple(sorted(entries, key=lambda one: (one.path, one.problem, one.subject, one.message)))


def dump_baseline(entries: Iterable[Entry]) -> bytes:
    """The bytes of the file, an entry per line, so that branches merge easily."""
    rows = [json.dumps(_data(entry), ensure_ascii=False) for entry in entries]
    lines = ",\n".join(f"    {row}" for row in rows)
    body = f"[\n{lines}\n  ]" if rows else "[]"
    text = f'{{\n  "schema": {SCHEMA},\n  "findings": {body}\n}}\n'
    return text.encode("utf-8", "surrogateescape")


def load_baseline(content: bytes, name: str) -> tuple[Entry, ...]:
    """Read what `dump_baseline` wrote; raise OutsideError when it is something else."""
    try:
        data = json.loads(content.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise OutsideError(f"{name} is not valid JSON ({error}); write it again") from error
    rows = data.get("findings") if isinstance(data, dict) else None
    if not isinstance(rows, list) or data.get("schema") != SCHEMA or not all(map(_is_entry, rows)):
        raise OutsideError(f"{name} is no baseline that this promgen can read; write it again")
    return tuple(Entry(**row) for row in rows)


def apply_baseline(
    found: Iterable[Diagnostic], entries: Iterable[Entry], is_judged: Callable[[Entry], bool]
) -> Iterator[Diagnostic]:
    """What is not in the baseline, and a note for each entry that is gone, of those this run could have found."""
    left = Counter({entry.fingerprint: entry.count for entry in entries})
    for diagnostic in found:
        mark = fingerprint(diagnostic)
        if left[mark] > 0:
            left[mark] -= 1
        else:
            yield diagnostic
    for entry in entries:
        if left[entry.fingerprint] > 0 and is_judged(entry):
            message = f"{entry.problem} in {entry.path} is gone: {entry.message}"
            yield Diagnostic(
                problem=BASELINE_GONE, message=message, span=None, level=Level.INFO, subject=entry.subject
            )


def _entry(diagnostic: Diagnostic, mark: str, count: int) -> Entry:
    return Entry(
        fingerprint=mark,
        problem=diagnostic.problem.slug,
        path=diagnostic.span.file if diagnostic.span is not None else "",
        subject=diagnostic.subject,
        message=diagnostic.message,
        count=count,
    )


def _data(entry: Entry) -> dict[str, Any]:
    return {**{name: getattr(entry, name) for name in _TEXTS}, "count": entry.count}


def _is_entry(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() == {*_TEXTS, "count"}
        and all(isinstance(row[name], str) for name in _TEXTS)
        and type(row["count"]) is int
    )
