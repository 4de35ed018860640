"""The guide is run from top to bottom, and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

from promgen.changes.comparison import Comparison
from promgen.changes.data import to_data
from promgen.changes.outline import EFFECTS
from tests.docs.pages import REPOSITORY, blocks
from tests.docs.test_tour import Terminal, commands, is_as_said

GUIDE = REPOSITORY / "docs/guides/diff.md"


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    found = [pair for block in blocks(GUIDE, "console") for pair in commands(block.text)]
    assert found
    for command, said in found:
        printed = re.sub(r"HEAD .*", "HEAD ...", terminal.run(command))
        assert is_as_said(printed, said), f"`{command}` prints\n{printed}"


def test_the_guide_names_every_key_and_word() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [key for key in to_data(Comparison(), "a", "b") if f"`{key}`" not in text] == []
    assert [word for word in EFFECTS.values() if f"| {word} |" not in text] == []
