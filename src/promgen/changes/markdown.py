"""A comparison as Markdown for a pull request: a line that sums up, and details to unfold.

Names and values come from specifications, and so stand in code: there they can neither be markup, nor a link, nor call
anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from promgen.base.printable import printable
from promgen.changes.difference import Change, Status
from promgen.changes.outline import EFFECTS, Block, Item, Section, excerpts

_MOST_ROWS = 200
"""In one section; a comment on a pull request takes 65,536 characters."""
_MOST_SUBJECTS = 10
_LONG, _LONGEST = 60, 160
"""Characters of a value from which on only what differs is shown, and at which it is cut."""
_PLAIN = re.compile(r"[^`|\\]+")


def render_markdown(sections: Iterable[Section], before: str, after: str, notes: Iterable[str] = ()) -> str:
    """The sections between two revisions with these names."""
    found = list(sections)
    head = f"### promgen diff: {code(before)} → {code(after)}\n"
    if not found:
        head += "\nNothing changed.\n"
    else:
        head += "\n" + " · ".join(f"**{one.title}**: {one.amount}" for one in found) + "\n"
    parts = [head, *map(_section, found), *(f"> {code(note)}\n" for note in notes)]
    return "\n".join(parts)


def code(text: str) -> str:
    """Any text as code that stays on its line and in its cell."""
    shown = printable(text.replace("\n", " ")).strip()
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1] + "…"
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    return "<code>" + "".join(map(_reference, shown)) + "</code>"


def _reference(character: str) -> str:
    """What could be markup as a numeric reference."""
    is_harmless = character.isalnum() or character == " " or not character.isascii()
    return character if is_harmless else f"&#{ord(character)};"


def _section(section: Section) -> str:
    rows = [row for block in section.blocks for row in _block(block)]
    left = len(rows) - _MOST_ROWS
    more = f"\n{left:,} more; `promgen diff` shows all.\n" if left > 0 else ""
    table = "\n".join(("| | field | before | after | effect |", "|---|---|---|---|---|", *rows[:_MOST_ROWS]))
    return f"<details><summary>{section.title}: {section.amount}</summary>\n\n{table}\n{more}\n</details>\n"


def _block(block: Block) -> Iterator[str]:
    if block.heading:
        yield f"| **{code(block.heading)}** | | | | |"
    for item in block.items:
        yield from _item(item)


def _item(item: Item) -> Iterator[str]:
    word = "" if item.status in {Status.CHANGED, Status.UNCHANGED} else f"{item.status.value} "
    title = word + code(item.title)
    if item.subjects:
        title += ": " + ", ".join(map(code, item.subjects[:_MOST_SUBJECTS]))
        left = len(item.subjects) - _MOST_SUBJECTS
        title += f" and {left:,} more" if left > 0 else ""
    for change in item.changes or (None,):
        yield f"| {title} | {_cells(change)} |"
        title = ""


def _cells(change: Change | None) -> str:
    if change is None:
        return " | | |"
    effect = EFFECTS[change.effect] if change.effect is not None else ""
    before, after = change.before, change.after
    if before is not None and after is not None and max(len(before), len(after)) > _LONG:
        before, after = excerpts(before, after)
    return " | ".join((code(change.field), _value(before), _value(after), effect))


def _value(text: str | None) -> str:
    return "" if text is None else code(text)
