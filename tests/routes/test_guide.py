"""The guide to the proof of routes is run from top to bottom, and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY
from tests.docs.test_tour import Terminal, commands

GUIDE = REPOSITORY / "docs/guides/routes.md"
_STEP = re.compile(
    r'^```(?:yaml title="(?P<file>.+?)"|console)\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    steps = list(_STEP.finditer(GUIDE.read_text(encoding="utf-8")))
    assert len(steps) == 6
    for step in steps:
        if step["file"]:
            path = tmp_path / step["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(step["text"], encoding="utf-8")
            continue
        for command, said in commands(step["text"]):
            printed = Terminal(tmp_path).run(command)
            if not is_as_said(printed, said):
                pytest.fail(f"`{command}` prints\n{printed}\nand not\n{said}")


def is_as_said(printed: str, said: str) -> bool:
    """Whether they are the same, but for what `...` stands for: the rest of a line, or lines."""
    pattern = re.escape(said.strip()).replace(re.escape("..."), "(?:.|\n)*?")
    return re.fullmatch(pattern, printed.strip()) is not None
