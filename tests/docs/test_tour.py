"""The tour of the README is run from top to bottom, and prints what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from promgen.proof.promtool import VARIABLE as PROMTOOL
from tests.cli.terminal import promgen
from tests.docs.pages import REPOSITORY, blocks
from tests.real import Install

README = REPOSITORY / "README.md"
ELIDED = "..."


class Terminal:
    """Remembers the folder between commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, command: str) -> str:
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        if words[0] == "promgen":
            done = promgen(self.folder, *words[1:])
            return done.out + done.err
        done_outside = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done_outside.stdout


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a transcript and what it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def is_as_said(printed: str, said: str) -> bool:
    """Whether the lines are the same, but for the end of a line and for lines left out by `...`."""
    lines = [re.escape(line.rstrip()) for line in said.strip("\n").split("\n")]
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == re.escape(ELIDED) else line for line in lines)
    actual = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
    return re.fullmatch(pattern, actual) is not None


def test_the_tour_prints_what_it_says(
    tmp_path: Path, installs: tuple[Install, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROMTOOL, str(installs[-1].promtool))
    terminal = Terminal(tmp_path)
    for block in blocks(README, "console"):
        for command, said in commands(block.text):
            printed = terminal.run(command)
            if not is_as_said(printed, said):
                pytest.fail(f"{block}: `{command}` prints\n{printed}\nand not\n{said}")


def test_what_the_tour_shows_of_a_file_is_in_it(tmp_path: Path) -> None:
    promgen(tmp_path, "init")
    shown = [block.text for block in blocks(README, "yaml")]
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "slo-specs").rglob("*.yaml")]
    assert shown
    assert all(any(part in text for text in texts) for part in shown)
