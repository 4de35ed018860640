"""The promtool of this machine: where it is, which release it is, and running its rule tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from promgen.base.errors import OutsideError

VARIABLE = "PROMTOOL"
_VERSION = re.compile(r"promtool, version ((\d+)\.(\d+)\S*)")
_GARBAGE = "400"
"""Percent by which promtool's memory may grow between collections: a quarter less processor time, for some megabytes."""
_HOW_TO_GET_IT = (
    "it is part of Prometheus: `apt install prometheus`, `brew install prometheus`, or an archive of"
    f" https://prometheus.io/download. Name one that is elsewhere with --promtool or ${VARIABLE}."
)


class Printed(NamedTuple):
    """What a run printed on both streams, in order, and its exit code; negative: the signal that ended it."""

    text: str
    code: int


class Promtool(NamedTuple):
    """A promtool that has said its version."""

    path: Path
    version: str
    release: tuple[int, int]

    def test_rules(self, files: Sequence[str], folder: Path) -> Printed:
        """Run test files of a folder one after the other; promtool's own temporary data go there as well."""
        return _run(self.path, "test", "rules", *files, folder=folder)


def find_promtool(named: str | None = None) -> Promtool:
    """The promtool named, else that of the environment, else that on the PATH; raise OutsideError when none runs."""
    wanted = named or os.environ.get(VARIABLE) or "promtool"
    found = shutil.which(wanted)
    if found is None:
        raise OutsideError(f"there is no `{wanted}` to execute the proof tests with; {_HOW_TO_GET_IT}")
    path = Path(found).absolute()
    match = _VERSION.search(_run(path, "--version").text)
    if match is None:
        raise OutsideError(f"{path} does not say that it is promtool; {_HOW_TO_GET_IT}")
    return Promtool(path, match[1].partition("+")[0], (int(match[2]), int(match[3])))


def _run(path: Path, *arguments: str, folder: Path | None = None) -> Printed:
    environment = {"GOGC": _GARBAGE, **os.environ, **({"TMPDIR": str(folder)} if folder else {})}
    try:
        done = subprocess.run(
            [path, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=folder,
            env=environment,
            check=False,
        )
    except OSError as error:
        raise OutsideError(f"{path} cannot be run: {error.strerror}") from error
    return Printed(done.stdout, done.returncode)
