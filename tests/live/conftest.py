"""Starts the live servers as soon as it is clear that their tests will run, and asks them at the very end.

The scenario takes a quarter of an hour, in which the rest of the session has its own work. Whatever happens to the
session, its end stops the servers.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.live.run import LiveRun
from tests.live.scenario import Scenario
from tests.real import Install, installed

HERE = Path(__file__).parent
LEAD_SECONDS = 15
"""Between the decision to start and the scenario: time to compile, to write the history and to become ready."""
RUNS = pytest.StashKey[list[LiveRun]]()
FOLDER = pytest.StashKey[Path]()
REPORT_SECONDS = 60


def _is_live(item: pytest.Item) -> bool:
    return item.path.is_relative_to(HERE)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The live tests come last."""
    items.sort(key=_is_live)


def pytest_collection_finish(session: pytest.Session) -> None:
    """All servers start together, if any of their tests is still selected."""
    if session.config.option.collectonly or not any(_is_live(item) for item in session.items):
        return
    scenario = Scenario(time.time() + LEAD_SECONDS)
    folder = Path(tempfile.mkdtemp(prefix="promgen-live-"))
    runs = [LiveRun(install, folder / install.name, scenario) for install in installed()]
    session.config.stash[RUNS] = runs
    session.config.stash[FOLDER] = folder
    for run in runs:
        run.start()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing keeps running, and nothing is left behind."""
    runs = session.config.stash.get(RUNS, [])
    for run in runs:
        run.stop()
    if runs:
        shutil.rmtree(session.config.stash[FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def live_runs(request: pytest.FixtureRequest) -> list[LiveRun]:
    """Every run, when its scenario is over; meanwhile the terminal shows how long that will take."""
    runs = request.config.stash[RUNS]
    for run in runs:
        while not run.wait(REPORT_SECONDS):
            _show(request.config, f"live servers: {run.scenario.end - time.time():.0f} s to go")
    for run in runs:
        for group, seconds in sorted(run.watched.slowest.items(), key=lambda row: -row[1])[:3]:
            _show(
                request.config,
                f"Prometheus {run.install.version}: {group} took {1000 * seconds:.1f} ms at most",
            )
    return runs


def _show(config: pytest.Config, line: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    with capture.global_and_fixture_disabled():
        reporter.ensure_newline()
        reporter.write_line(line)


@pytest.fixture
def live(install: Install, live_runs: list[LiveRun]) -> LiveRun:
    """The finished run on one release; its server still answers."""
    return next(run for run in live_runs if run.install.name == install.name)
