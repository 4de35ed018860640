"""promtool, as a program that either agrees or raises with what it printed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.real.fetch import Install

# The longest block promtool may write. It reads its whole input once per block: 30 days of 20 series took 35 s in blocks of
# a day and 4 s in blocks of a month.
LONGEST_BLOCK = "744h"


class PromtoolError(AssertionError):
    """promtool refused its input; the message is the command and everything it printed."""


def check_rules(install: Install, *files: Path) -> str:
    """Syntax and every lint of this release; a lint finding is a failure too."""
    return run(install, "check", "rules", "--lint=all", "--lint-fatal", *map(str, files))


def test_rules(install: Install, *files: Path) -> str:
    """Run rule unit tests; the rule files they name are found relative to each test file."""
    return run(install, "test", "rules", *map(str, files))


test_rules.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it wherever it is imported


def create_blocks(install: Install, openmetrics: Path, data: Path) -> None:
    """Turn samples in OpenMetrics text into TSDB blocks inside ``data``; no server may be running on it."""
    arguments = (
        "--quiet",
        f"--max-block-duration={LONGEST_BLOCK}",
        "openmetrics",
        str(openmetrics),
        str(data),
    )
    run(install, "tsdb", "create-blocks-from", *arguments)


def run(install: Install, *arguments: str, timeout: float = 600) -> str:
    """Standard output and error of one promtool command."""
    command: Sequence[str] = (str(install.promtool), *arguments)
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=timeout)
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise PromtoolError(f"promtool {install.version}: {' '.join(arguments)}\n{output}")
    return output
