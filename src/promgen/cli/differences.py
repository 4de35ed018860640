"""The outline of a comparison as text for a terminal: 80 columns, wider only where the terminal is."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator

import click

from promgen.base.printable import printable
from promgen.changes.difference import Change, Effect, Status
from promgen.changes.outline import EFFECTS, Block, Item, Section, excerpts

_NARROWEST = 80
_MOST_LINES = 8
"""Of one value; data has all of it."""
_MOST_SUBJECTS = 10
_MARKS = {
    Status.ADDED: ("+", "green"),
    Status.REMOVED: ("-", "red"),
    Status.RENAMED: (">", "cyan"),
    Status.CHANGED: ("~", "yellow"),
    Status.UNCHANGED: (" ", None),
}
_COLOURS = {
    Effect.LOOSER: "yellow",
    Effect.TIGHTER: "cyan",
    Effect.IDENTITY: "magenta",
    Effect.HISTORY: "magenta",
}


def render_text(sections: Iterable[Section], before: str, after: str, notes: Iterable[str] = ()) -> str:
    """The sections between two revisions with these names."""
    found = list(sections)
    lines = [f"{printable(before)} -> {printable(after)}"]
    for section in found:
        lines += ["", click.style(section.title, bold=True) + f": {section.amount}"]
        lines += [line for block in section.blocks for line in _block(block)]
    if not found:
        lines.append("nothing changed")
    lines += [f"note: {printable(note)}" for note in notes]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    if block.heading:
        yield f"  {click.style(printable(block.heading), bold=True)}"
    for item in block.items:
        yield from _item(item)


def _item(item: Item) -> Iterator[str]:
    mark, colour = _MARKS[item.status]
    for place, line in enumerate(_wrapped(printable(item.title), 6)):
        yield (f"    {click.style(mark, fg=colour)} " if place == 0 else " " * 6) + line
    for change in item.changes:
        yield from _change(change)
    for subject in item.subjects[:_MOST_SUBJECTS]:
        yield from (" " * 10 + line for line in _wrapped(printable(subject), 10))
    left = len(item.subjects) - _MOST_SUBJECTS
    if left > 0:
        yield f"{' ' * 10}and {left:,} more"


def _change(change: Change) -> Iterator[str]:
    """On one line where it fits, otherwise with both values below."""
    field = printable(change.field)
    effect = _effect(change)
    values = [None if text is None else printable(text.replace("\n", " ")) for text in change[1:3]]
    line = f"        {field} {_arrow(*values)}"
    length = len(line) + len(click.unstyle(effect))
    if length <= _width():
        yield line + effect
        return
    yield f"        {field}{effect}"
    if values[0] is not None and values[1] is not None:
        values = [*excerpts(values[0], values[1])]
    for mark, value in zip("-+", values, strict=True):
        for place, part in enumerate(_wrapped(value, 12) if value is not None else ()):
            yield f"          {mark if place == 0 else ' '} {part}"


def _arrow(before: str | None, after: str | None) -> str:
    if before is None:
        return f"added: {after}"
    return f"removed: {before}" if after is None else f"{before} -> {after}"


def _effect(change: Change) -> str:
    if change.effect is None:
        return ""
    return "  " + click.style(EFFECTS[change.effect], fg=_COLOURS[change.effect])


def _wrapped(text: str, indent: int) -> list[str]:
    lines = textwrap.wrap(text, _width() - indent, break_on_hyphens=False) or [""]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"]


def _width() -> int:
    return max(_NARROWEST, shutil.get_terminal_size((_NARROWEST, 24)).columns)
