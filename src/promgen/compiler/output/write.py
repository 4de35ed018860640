"""Carry out a plan as one change: afterwards the disk holds the whole new output or the whole old one.

How: every new file is written to `.promgen/staging`, and every file it replaces is kept there too (as a hard
link where possible), so a full disk is met before anything changes. A journal then lists the steps, the steps
are taken (deletions first, since a file may make room for a folder), and removing the journal is the commit.
While a journal exists the change is unfinished, and it is undone: at once after an error or Ctrl-C, by the
next `recover` after a kill or a power cut. Undoing touches a path only while it holds exactly what the build
put there.

Durability: staged files are flushed to the disk before the journal is written, by a few threads at once. One
after the other, 500 files took 1.5 s on ext4, since each waits for its own commit of the file system's log; a
few at a time share commits and took 0.06 s. Removing files that are on the disk behaves alike. A single
`os.sync` is as fast, but waits for everything else that the machine has to write. Renames need no flush of
their own: file systems with a log keep their order, so the commit never outlives them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from promgen.base.errors import OutsideError
from promgen.base.paths import LOCAL_FOLDER, LOCK_FILE, folders_of, path_fault
from promgen.compiler.output.disk import File, look
from promgen.compiler.output.local import exclusive
from promgen.compiler.output.lock import Lock, digest_of, format_lock, read_lock
from promgen.compiler.output.plan import Plan

_WORKERS = 4


def apply_plan(root: Path, plan: Plan, lock: Lock) -> None:
    """Make the disk equal the plan and the lock file equal `lock`: all of it or, if anything fails, nothing.

    Raise OutsideError when the plan has foreign files, when another build runs or has changed the output
    since the plan was made, and when the disk refuses. Nothing is written when nothing changes.
    """
    if plan.foreign:
        raise OutsideError(_refusal(plan.foreign))
    if not plan.has_changes and lock == plan.previous:
        return
    with exclusive(root):
        if _roll_back(root) or read_lock(root) != plan.previous:
            raise OutsideError(
                f"the output in {root} changed while this build ran; nothing was written, run it again"
            )
        try:
            change = _stage(root, plan, lock)
            _carry_out(root, change)
        except BaseException:
            _roll_back(root)
            raise
        with suppress(OSError):
            _clear(_staging(root))


def recover(root: Path) -> bool:
    """Undo what a killed build left half done; True if there was something. Call it before making a plan."""
    if not os.path.lexists(_staging(root)):
        return False
    with exclusive(root):
        return _roll_back(root)


@dataclass(frozen=True, slots=True)
class _Step:
    """One path that changes; step N has its new content in `new-N` and the old one in `old-N`."""

    path: str
    has_old: bool
    new: str | None
    """The digest of the new content; None for a deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    steps: tuple[_Step, ...]
    """Deletions first."""
    folders: tuple[str, ...]
    """Folders that have to be made, outermost first."""


def _staging(root: Path) -> str:
    return f"{root}/{LOCAL_FOLDER}/staging"


def _journal(root: Path) -> str:
    return f"{_staging(root)}/journal.json"


def _refusal(foreign: Mapping[str, str]) -> str:
    lines = "".join(f"\n  {path}: {reason}" for path, reason in foreign.items())
    return f"what is in the way of these outputs is not promgen's; move it away, nothing was changed:{lines}"


# --- forward


def _stage(root: Path, plan: Plan, lock: Lock) -> _Change:
    """Write everything needed to go forward or back, and last the journal; no output is touched yet."""
    staging = _staging(root)
    contents = dict(plan.contents)
    if lock != plan.previous:
        contents[LOCK_FILE] = format_lock(lock)
    replaced = {*plan.updated, *plan.deleted, *([LOCK_FILE] if plan.previous else [])}
    steps = (
        *(_Step(path, True, None) for path in plan.deleted),
        *(_Step(path, path in replaced, digest_of(content)) for path, content in contents.items()),
    )
    folders = sorted({folder for path in contents for folder in folders_of(path)})
    change = _Change(steps=steps, folders=tuple(folder for folder in folders if not (root / folder).is_dir()))

    def stage(index: int, step: _Step) -> None:
        with _naming(step.path):
            if step.has_old:
                _keep(root / step.path, f"{staging}/old-{index}")
            if step.new is not None:
                _write(f"{staging}/new-{index}", contents[step.path])

    with _naming(LOCAL_FOLDER):
        os.mkdir(staging)
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(stage, range(len(steps)), steps))
    with _naming(LOCAL_FOLDER):
        _write_journal(root, change)
    return change


def _carry_out(root: Path, change: _Change) -> None:
    """Take the steps; the change is done when the journal is gone."""
    for step in change.steps:
        if step.new is None:
            with _naming(step.path):
                os.unlink(root / step.path)
    _remove_emptied(root, change.steps)
    for index, step in enumerate(change.steps):
        if step.new is not None:
            with _naming(step.path):
                _put(root / step.path, f"{_staging(root)}/new-{index}", is_replacing=step.has_old)
    with _naming(LOCAL_FOLDER):
        os.unlink(_journal(root))


def _put(target: Path, staged: str, *, is_replacing: bool) -> None:
    os.makedirs(target.parent, exist_ok=True)
    if not is_replacing and os.path.lexists(target):
        raise FileExistsError("a file appeared there during the build")
    os.replace(staged, target)


def _remove_emptied(root: Path, steps: Iterable[_Step]) -> None:
    """Remove the folders that only the deleted files were in; one that stays in use is not even replaced."""
    left = {folder for step in steps if step.new is None for folder in folders_of(step.path)}
    used = {folder for step in steps if step.new is not None for folder in folders_of(step.path)}
    _remove_empty(root, left - used)


def _remove_empty(root: Path, folders: Iterable[str]) -> None:
    for folder in sorted(folders, reverse=True):
        with suppress(OSError):
            os.rmdir(root / folder)


def _keep(path: Path, aside: str) -> None:
    """Make the file available under a second name, by copying where the file system has no hard links."""
    try:
        os.link(path, aside)
    except OSError:
        _write(aside, path.read_bytes())


def _write(path: str, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _naming(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideError(
            f"cannot write {path}: {error.strerror or error}; every output is as it was"
        ) from error


# --- back


def _roll_back(root: Path) -> bool:
    """Undo an unfinished change, if any, and clear the staging folder; may be cut short and repeated."""
    try:
        if os.path.islink(_staging(root)):
            os.unlink(_staging(root))
        change = _read_journal(root)
        if change:
            _undo(root, change)
            os.unlink(_journal(root))
        _clear(_staging(root))
    except OSError as error:
        raise OutsideError(
            f"cannot undo an interrupted build: {error.filename2 or error.filename}: {error.strerror}; "
            "the next `promgen build` tries again"
        ) from error
    return change is not None


def _undo(root: Path, change: _Change) -> None:
    for index, step in enumerate(change.steps):
        if step.new is not None and look(root, step.path) == File(step.new):
            if step.has_old:
                os.replace(f"{_staging(root)}/old-{index}", root / step.path)
            else:
                os.unlink(root / step.path)
    _remove_empty(root, change.folders)
    for index, step in enumerate(change.steps):
        if step.new is None and look(root, step.path) is None:
            os.makedirs((root / step.path).parent, exist_ok=True)
            os.replace(f"{_staging(root)}/old-{index}", root / step.path)


def _clear(staging: str) -> None:
    """Remove the staging folder, which has no folders inside."""
    if not os.path.isdir(staging):
        return
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(os.unlink, list(os.scandir(staging))))
    os.rmdir(staging)


# --- the journal


def _write_journal(root: Path, change: _Change) -> None:
    unfinished = f"{_staging(root)}/journal.tmp"
    steps = [astuple(step) for step in change.steps]
    _write(unfinished, json.dumps({"folders": change.folders, "steps": steps}).encode())
    os.replace(unfinished, _journal(root))


def _read_journal(root: Path) -> _Change | None:
    try:
        data = json.loads(Path(_journal(root)).read_bytes())
        change = _Change(steps=tuple(_Step(*step) for step in data["steps"]), folders=tuple(data["folders"]))
        paths = (*(step.path for step in change.steps if step.path != LOCK_FILE), *change.folders)
        for fault in filter(None, map(path_fault, paths)):
            raise ValueError(fault)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OutsideError(
            f"{_journal(root)} is damaged; restore the outputs from version control, then delete that folder"
        ) from error
    return change
