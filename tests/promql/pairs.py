"""Reads the fixture files in `pairs/`: blocks between empty lines, each a title, a text and what is expected of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "pairs"


class Pair(NamedTuple):
    """One block: `# title`, the text on one line, and the lines after it."""

    title: str
    text: str
    expected: str


def read_pairs(name: str) -> list[Pair]:
    """All blocks of a file; the first one is prose about the file."""
    blocks = (FOLDER / name).read_text(encoding="utf-8").strip("\n").split("\n\n")[1:]
    return [_read_block(block) for block in blocks]


def _read_block(block: str) -> Pair:
    title, text, *expected = block.split("\n")
    assert title.startswith("# "), block
    return Pair(title.removeprefix("# "), text, "\n".join(expected))
