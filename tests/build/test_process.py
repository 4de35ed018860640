"""Builds as processes: watching, being interrupted, and being quick where nothing changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compiler.projects import service, write_project

PATIENCE = 30.0
PROMGEN = (sys.executable, "-m", "promgen")
CART = """
slos:
  - {name: reach, objective: 99.5%, window: 30d, sli: {probe: {}}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one service."""
    return write_project(tmp_path, {"cart.yaml": service(CART)})


def wait_until(is_true: Callable[[], bool]) -> None:
    """Until something is seen; fails when it is not."""
    end = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def watching(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`promgen build --watch` on a project; always stopped."""
    log = (root / "log").open("wb")
    process = subprocess.Popen([*PROMGEN, "-C", str(root), "build", "--watch"], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def test_watch_builds_at_once_and_after_every_change(root: Path) -> None:
    """A mistake in between leaves the rules as they were and does not end the watch; Ctrl-C does."""
    rules, spec = root / "rules" / "cart.rules.yaml", root / "slo-specs" / "cart.yaml"
    with watching(root) as process:
        wait_until(rules.exists)
        spec.write_text(spec.read_text().replace("99.5%", "99.9%"))
        wait_until(lambda: "vector(0.999)" in rules.read_text())
        spec.write_text(spec.read_text().replace("99.9%", "999%"))
        wait_until(lambda: b"slo/objective-range" in (root / "log").read_bytes())
        assert "vector(0.999)" in rules.read_text()
        spec.write_text(spec.read_text().replace("999%", "99%"))
        wait_until(lambda: "vector(0.99)" in rules.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert b"Traceback" not in (root / "log").read_bytes()


def test_an_unchanged_build_does_not_load_the_compiler(root: Path) -> None:
    """What it imports is what it costs."""
    command = [sys.executable, "-X", "importtime", "-m", "promgen", "-C", str(root), "build"]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "pydantic" in first.stderr
    assert "pydantic" not in second.stderr
    assert second.stdout == "nothing changed\n"


def test_the_version_imports_almost_nothing() -> None:
    """Neither YAML nor PromQL nor pydantic."""
    command = [sys.executable, "-X", "importtime", "-m", "promgen", "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"yaml", "promql_parser", "pydantic", "rich"} & set(version.stderr.split())


def test_an_edited_output_is_not_taken_for_unchanged(root: Path) -> None:
    """The quick answer looks at the outputs too."""
    build = [*PROMGEN, "-C", str(root), "build"]
    subprocess.run(build, capture_output=True, check=True)
    rules = root / "rules" / "cart.rules.yaml"
    rules.write_text(rules.read_text() + "# by hand\n")
    again = subprocess.run(build, capture_output=True, text=True, check=True)
    assert "~ rules/cart.rules.yaml" in again.stdout
    assert "by hand" not in rules.read_text()


def test_another_promgen_builds_again(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The quick answer holds only for the promgen that built."""
    build = [*PROMGEN, "-C", str(root), "build"]
    subprocess.run(build, capture_output=True, check=True)
    package = tmp_path_factory.mktemp("other") / "promgen"
    source = Path(__file__).parents[2] / "src" / "promgen"
    subprocess.run(["cp", "-r", str(source), str(package)], check=True)
    (package / "added.py").write_text("")
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    again = subprocess.run(build, capture_output=True, text=True, check=True, env=environment)
    assert "nothing changed" not in again.stdout
