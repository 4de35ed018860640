"""The matcher and the reader agree with the real amtool on random trees and labels."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from promgen.base.diagnostics import Diagnostics
from promgen.compiler.source.alertmanager import read_alertmanager
from promgen.proof.routes.match import Dispatch
from tests.real import Install
from tests.real.fetch import read_version, release_of
from tests.routes.trees import as_arguments, random_config, random_labels

SETS = 5
"""Of labels, for each tree."""


def differences(install: Install, folder: Path, seed: int, *, utf8: bool) -> list[str]:
    """Where amtool and promgen name other receivers, for one tree."""
    random = Random(seed)
    file = folder / f"{seed}.yml"
    file.write_text(json.dumps(random_config(random, utf8=utf8)), encoding="utf-8")
    diagnostics = Diagnostics()
    config = read_alertmanager(file.read_text(encoding="utf-8"), file.name, diagnostics)
    assert config is not None
    assert diagnostics.sorted() == ()
    dispatch = Dispatch(config.route)
    found = []
    for _ in range(SETS):
        labels = random_labels(random, utf8=utf8)
        ours = ",".join(node.receiver for node in dispatch.reached(labels))
        theirs = receivers(install, file, labels)
        if ours != theirs:
            found.append(f"{file} {labels}: promgen {ours}, amtool {theirs}")
    return found


def receivers(install: Install, file: Path, labels: dict[str, str]) -> str:
    command = [
        *(install.program("amtool"), "config", "routes", "test", f"--config.file={file}"),
        *as_arguments(labels),
    ]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, (file.read_text(encoding="utf-8"), command, done.stdout + done.stderr)
    return done.stdout.strip()


def compare(install: Install, folder: Path, seeds: range) -> list[str]:
    utf8 = release_of(read_version(install.program("amtool"))) >= (0, 27)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda seed: differences(install, folder, seed, utf8=utf8), seeds)
        return [one for many in found for one in many]


def test_the_matcher_agrees_with_amtool(install: Install, tmp_path: Path) -> None:
    assert compare(install, tmp_path, range(60)) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_matcher_agrees_with_amtool_ten_thousand_times(install: Install, tmp_path: Path) -> None:
    assert compare(install, tmp_path, range(1000, 3000)) == []
