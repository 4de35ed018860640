"""The guide to checks is run from top to bottom, with the files that it shows, and prints what it says."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY
from tests.docs.test_tour import Terminal, commands, is_as_said

GUIDE = REPOSITORY / "docs/guides/lint.md"
DAY = "2027-01-31"
NEXT_YEAR = (datetime.date.today() + datetime.timedelta(days=365)).isoformat()
"""What stands for the guide's day, which will pass."""
_STEP = re.compile(
    r'^```(?:yaml title="(?P<file>.+?)"|console)\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    steps = list(_STEP.finditer(GUIDE.read_text(encoding="utf-8")))
    assert len(steps) > 5
    for step in steps:
        if step["file"]:
            path = tmp_path / step["file"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(step["text"].replace(DAY, NEXT_YEAR), encoding="utf-8")
            continue
        for command, said in commands(step["text"]):
            printed = Terminal(tmp_path).run(command)
            if not is_as_said(printed, said):
                pytest.fail(f"`{command}` prints\n{printed}\nand not\n{said}")
