"""Wherever a build is killed, interrupted or refused by the disk, the output ends whole: old or new."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from types import FrameType
from typing import Any

import pytest

import promgen
from promgen.base.errors import OutsideError
from promgen.compiler.output import write
from promgen.compiler.output.write import recover
from tests.output import child
from tests.output.project import CALLS, Project, at_call

OLD = {"rules/a": "1", "rules/same": "0", "rules/deep/b": "2", "docs/c": "3", "turn": "5", "back/e": "6"}
NEW = {"rules/a": "new", "rules/same": "0", "rules/wide/d": "4", "turn/f": "7", "back": "8"}

Snapshot = dict[str, bytes | None]


class Killed(BaseException):
    """Stands for a kill inside this process: once raised, every later call raises it as well."""


def die() -> None:
    """Fail in a way that nothing catches."""
    raise Killed


def interrupt() -> None:
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


def refuse() -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Trial:
    """Projects that are all about to go from the same old output to the same new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first = Project(folder / "first")
        self._first.root.mkdir()
        self._first.build(OLD)
        self.old = self._first.snapshot()
        last = self.at_old("last")
        last.build(NEW)
        self.new = last.snapshot()

    def at_old(self, name: str) -> Project:
        """A new project with the old output."""
        return Project(Path(copytree(self._first.root, self._folder / name)))

    def killed_at(self, number: int, name: str) -> Project:
        """A project whose change was killed before its n-th call."""
        project = self.at_old(name)
        with pytest.raises(Killed), at_call(number, die, for_good=True):
            project.build(NEW)
        return project

    def mixture(self) -> Project:
        """A project whose change was killed shortly before its end."""
        killed = [self.killed_at(number, f"mixture-{number}") for number in range(1, self.count_calls() + 1)]
        return [project for project in killed if not self.is_whole(project)][-1]

    def is_whole(self, project: Project) -> bool:
        """The output is the old or the new one, to the last file and folder."""
        return project.snapshot() in (self.old, self.new)

    def count_calls(self) -> int:
        """How many calls the change from old to new takes."""
        project = self.at_old("counted")
        with at_call(0, die) as count:
            project.build(NEW)
        return count()


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """The trial of this test."""
    return Trial(tmp_path)


def assert_recovers(trial: Trial, project: Project) -> None:
    """One recovery makes the output whole and leaves nothing behind, and the next build succeeds."""
    recover(project.root)
    assert trial.is_whole(project)
    assert not (project.root / ".promgen/staging").exists()
    assert not recover(project.root)
    project.build(NEW)
    assert project.snapshot() == trial.new


def run_child(
    project: Project, mode: str, number: int, files: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own."""
    roots = [
        Path(child.__file__).parents[child.__name__.count(".")],
        *(Path(path).parent for path in promgen.__path__),
    ]
    return subprocess.run(
        [sys.executable, "-m", child.__name__, mode, str(number), json.dumps(files)],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_process(trial: Trial) -> None:
    """A process killed before any of its calls leaves an output that the next build makes whole."""

    def kill_at(number: int) -> tuple[Project, int]:
        project = trial.at_old(f"killed-{number}")
        return project, run_child(project, "kill", number, NEW).returncode

    calls = trial.count_calls()
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(kill_at, range(1, calls + 2)))
    ends = {code for _, code in outcomes[:-1]}
    assert ends == {-getattr(signal, "SIGKILL", -signal.SIGTERM)}
    assert outcomes[-1][1] == 0
    mixtures = [project for project, _ in outcomes if not trial.is_whole(project)]
    assert mixtures, "no kill hit the middle, so nothing was proved"
    for project, _ in outcomes:
        assert_recovers(trial, project)


def test_killed_recovery(trial: Trial) -> None:
    """A recovery that is killed as well, at any call, can be repeated."""
    for first in range(1, trial.count_calls() + 1):
        for second in range(1, 100):
            project = trial.killed_at(first, f"killed-{first}-{second}")
            if trial.is_whole(project):
                break
            try:
                with at_call(second, die, for_good=True):
                    recover(project.root)
            except Killed:
                assert_recovers(trial, project)
            else:
                break


def test_interrupt_at_any_call(trial: Trial) -> None:
    """Ctrl-C leaves a whole output without any recovery, whichever call it hits."""
    for number in range(1, trial.count_calls() + 1):
        project = trial.at_old(f"interrupted-{number}")
        with pytest.raises(KeyboardInterrupt), at_call(number, interrupt):
            project.build(NEW)
        assert trial.is_whole(project)
        assert_recovers(trial, project)


def interrupt_at_line(number: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that lets n lines of `write.py` run and interrupts before the next."""
    left = iter(range(number))

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != write.__file__:
            return None
        if event == "line" and next(left, None) is None:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    return trace


@pytest.fixture
def restore_trace() -> Iterator[None]:
    """Give the trace function back to whoever measures coverage."""
    before = sys.gettrace()
    yield
    sys.settrace(before)


LEFT_OPEN = "ignore::pytest.PytestUnraisableExceptionWarning"
"""A file that was just opened when the interrupt came is closed by nobody."""


@pytest.mark.usefixtures("restore_trace")
@pytest.mark.filterwarnings(LEFT_OPEN)
def test_interrupt_at_any_line(trial: Trial) -> None:
    """Ctrl-C leaves a whole output without any recovery, whichever line it hits."""
    interrupts = 0
    while True:
        project = trial.at_old(f"interrupted-{interrupts}")
        plan = project.plan(NEW)
        sys.settrace(interrupt_at_line(interrupts))
        try:
            project.apply(plan)
            break
        except KeyboardInterrupt:
            interrupts += 1
        finally:
            sys.settrace(None)
        assert trial.is_whole(project)
        assert_recovers(trial, project)
    assert interrupts > 100
    assert project.snapshot() == trial.new


def test_full_disk(trial: Trial) -> None:
    """A disk that is full at any one call leaves the old output and says what could not be written."""
    messages = set()
    for number in range(1, trial.count_calls() + 1):
        project = trial.at_old(f"full-{number}")
        try:
            with at_call(number, refuse, calls=set(CALLS) - {"rmdir"}):
                project.build(NEW)
        except OutsideError as error:
            assert project.snapshot() == trial.old
            messages.add(str(error))
        else:
            assert project.snapshot() == trial.new
        assert_recovers(trial, project)
    reason = os.strerror(errno.ENOSPC)
    assert f"cannot write rules/a: {reason}; every output is as it was" in messages
    assert f"cannot write promgen.lock: {reason}; every output is as it was" in messages


def test_failing_disk(trial: Trial) -> None:
    """A disk that refuses even the undoing is undone by the next build."""
    for number in range(1, trial.count_calls() + 1):
        project = trial.at_old(f"failing-{number}")
        try:
            with at_call(number, refuse, for_good=True):
                project.build(NEW)
        except OutsideError:
            assert_recovers(trial, project)
        else:
            assert project.snapshot() == trial.new


def test_undo_keeps_later_edits(trial: Trial) -> None:
    """Undoing keeps what somebody wrote after the build was killed."""
    project = trial.mixture()
    project.write("rules/a", "by hand")
    project.write("rules/wide/d", "by hand")
    recover(project.root)
    assert project.read("rules/a") == "by hand"
    assert project.read("rules/wide/d") == "by hand"
    assert project.read("docs/c") == OLD["docs/c"]


def test_plan_of_a_mixture(trial: Trial) -> None:
    """A plan that was made without a recovery is refused, and the old output is back."""
    project = trial.mixture()
    plan = project.plan(NEW)
    with pytest.raises(
        OutsideError, match=r"changed while this build ran; nothing was written, run it again"
    ):
        project.apply(plan)
    assert project.snapshot() == trial.old
    project.build(NEW)
    assert project.snapshot() == trial.new


def test_flushed_before_the_journal(trial: Trial) -> None:
    """Every staged file and the journal are flushed before anything is renamed, so a power cut undoes as well."""
    project = trial.at_old("flushed")
    plan = project.plan(NEW)
    flushes_before_rename: list[int] = []
    with (
        at_call(0, die, calls=["fsync"]) as flushes,
        at_call(1, lambda: flushes_before_rename.append(flushes()), calls=["replace"]),
    ):
        project.apply(plan)
    assert flushes_before_rename == [len(plan.contents) + len({"promgen.lock", "the journal"})]


if os.name == "posix":

    def test_real_file_size_limit(trial: Trial) -> None:
        """A limit that the system enforces leaves the old output."""
        project = trial.at_old("limited")
        ended = run_child(project, "limit", 10_000, {**NEW, "rules/large": "x" * 20_000})
        reason = os.strerror(errno.EFBIG)
        assert ended.stdout == f"cannot write rules/large: {reason}; every output is as it was\n"
        assert ended.returncode == 4
        assert project.snapshot() == trial.old

    @pytest.mark.parametrize(
        ("folder", "path"),
        [
            ("rules", "rules/a"),
            ("docs", "docs/c"),
            (".promgen", ".promgen"),
            ("rules/deep", "rules/deep/b"),
        ],
    )
    def test_read_only_folder(trial: Trial, folder: str, path: str) -> None:
        """A folder that may not be written in leaves the old output, as root and as anybody else."""
        project = trial.at_old("read-only")
        (project.root / folder).chmod(0o555)
        ended = run_child(project, "nobody", 65534, NEW)
        (project.root / folder).chmod(0o755)
        assert ended.returncode == 4, ended.stderr
        assert (
            ended.stdout == f"cannot write {path}: {os.strerror(errno.EACCES)}; every output is as it was\n"
        )
        assert project.snapshot() == trial.old
