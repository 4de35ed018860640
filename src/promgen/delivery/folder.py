"""A push of files into a folder that a server reads. What promgen wrote there is listed in a lock beside the files, as that
of a build is, and whatever else lies in the folder is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promgen import __version__
from promgen.base.errors import OutsideError, UsageError
from promgen.base.paths import LOCK_FILE
from promgen.changes.difference import Status
from promgen.clients.exchange import RefusedError
from promgen.clients.reload import ReloadApi
from promgen.compiler.output.disk import File, look
from promgen.compiler.output.lock import Lock, digest_of, read_lock
from promgen.compiler.output.plan import Plan, plan_changes
from promgen.compiler.output.tree import Artifact, ArtifactKind, Tree
from promgen.compiler.output.write import apply_plan, recover
from promgen.delivery.programs import check_files
from promgen.delivery.push import Planned, Push, Step
from promgen.delivery.read_back import Files, await_loaded, loaded_deviations
from promgen.model.delivery import Folder

_OPTION = "delivery"
"""Of the lock: whose folder it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A folder, what it holds of the project before a push and what it shall hold, and its server if it has one."""

    delivery: str
    folder: Folder
    root: Path
    server: ReloadApi | None
    wanted: Files
    before: Files
    plan: Plan

    @property
    def lock(self) -> Lock:
        return Lock(generator=__version__, options={_OPTION: self.delivery}, files=self.plan.files)


def prepare_folder(
    delivery: str, folder: Folder, wanted: Files, project: Path, server: ReloadApi | None
) -> Push:
    """What it takes that the folder holds these files and the server has read them; checks them with the reader's program.

    Raise UsageError for a folder that belongs to something else, OutsideError for one that is not there.
    """
    root = _checked_folder(project / folder.folder)
    recover(root)
    previous = read_lock(root)
    if previous is not None and previous.options.get(_OPTION) != delivery:
        owner = previous.options.get(_OPTION)
        whose = f"of the delivery `{owner}`" if owner else "of the build of a project"
        raise UsageError(f"{root} is the folder {whose}; give `{delivery}` another one")
    plan = plan_changes(root, _tree(wanted, delivery), previous)
    _refuse_foreign(root, plan)
    if plan.contents:
        check_files(folder.reader, wanted)
    target = _Target(
        delivery=delivery,
        folder=folder,
        root=root,
        server=server,
        wanted=wanted,
        before=_held(root, plan),
        plan=plan,
    )
    step = Step(f"write {root}", partial(_write, target), partial(_restore, target))
    return Push(
        delivery=delivery,
        to=f"{folder.reader} in {root}",
        planned=tuple(_planned(plan)),
        notes=tuple(_notes(target)),
        steps=(step,) if plan.has_changes or _adopts(plan) else (),
        differences=partial(_differences, target),
    )


def _adopts(plan: Plan) -> bool:
    """Whether files are there that nobody lists yet, though they are as they should be."""
    return bool(plan.unchanged) and (plan.previous is None or plan.previous.files != plan.files)


def _checked_folder(root: Path) -> Path:
    if not root.is_dir():
        raise OutsideError(f"there is no folder {root}; create it where the server reads its files")
    return root


def _tree(files: Files, delivery: str) -> Tree:
    producer = f"the delivery {delivery}"
    return Tree(
        Artifact(path=path, content=content, producer=producer, kind=ArtifactKind.RULES)
        for path, content in files.items()
    )


def _refuse_foreign(root: Path, plan: Plan) -> None:
    if plan.foreign:
        lines = "".join(f"\n  {path}: {reason}" for path, reason in plan.foreign.items())
        raise OutsideError(
            f"in {root} something is in the way that promgen did not write; move it away:{lines}"
        )


def _held(root: Path, plan: Plan) -> Files:
    """The files of the project as they lie there, those too that somebody edited."""
    paths = (*plan.updated, *plan.deleted, *plan.unchanged)
    try:
        return {path: (root / path).read_bytes() for path in paths}
    except OSError as error:
        raise OutsideError(f"cannot read {error.filename}: {error.strerror}") from error


def _planned(plan: Plan) -> Iterator[Planned]:
    statuses = {
        Status.ADDED: plan.created,
        Status.CHANGED: plan.updated,
        Status.REMOVED: plan.deleted,
        Status.UNCHANGED: plan.unchanged,
    }
    for status, paths in statuses.items():
        yield from (Planned(status, "file", path) for path in paths)


def _notes(target: _Target) -> Iterator[str]:
    for path in target.plan.edited:
        yield f"{path} was edited there since the last push; the edit will be gone"
    for path in target.plan.kept:
        yield f"{path} is not delivered any more, but was edited there; remove it yourself"
    if _adopts(target.plan):
        yield "files that are there already, as they should be, belong to the delivery from now on"
    if target.server is None and target.plan.has_changes:
        yield "no server is asked to read the files: the delivery has no `reload`"


# --- forward and back


def _write(target: _Target) -> None:
    """Write, have it read, and see whether it was; any failure may have changed the folder."""
    apply_plan(target.root, target.plan, target.lock)
    if target.server is not None:
        try:
            target.server.reload()
            await_loaded(target.server, target.folder.reader, target.wanted)
        except RefusedError as error:
            raise OutsideError(str(error)) from error  # the files are written: there is something to undo


def _restore(target: _Target) -> None:
    """Put the files back as they were, and have those read again."""
    current = read_lock(target.root)
    plan = plan_changes(target.root, _tree(target.before, target.delivery), current)
    previous = target.plan.previous
    apply_plan(
        target.root,
        plan,
        previous or Lock(generator=__version__, options={_OPTION: target.delivery}, files={}),
    )
    if previous is None:
        _remove_lock(target.root)
    if target.server is not None:
        target.server.reload()
        await_loaded(target.server, target.folder.reader, target.before, target.wanted)


def _remove_lock(root: Path) -> None:
    try:
        (root / LOCK_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise OutsideError(f"cannot remove {LOCK_FILE}: {error.strerror}") from error


def _differences(target: _Target) -> list[str]:
    """Files that are not as they were, and what the server runs that it did not, or the other way round."""
    root, before = target.root, target.before
    digests = {path: digest_of(content) for path, content in before.items()}
    found = []
    for path in sorted({*before, *target.plan.created}):
        now = look(root, path)
        if (now.digest if isinstance(now, File) else None) != digests.get(path):
            found.append(f"file {path} {'is not as it was' if path in before else 'is new'}")
    if target.server is not None:
        found += loaded_deviations(target.server, target.folder.reader, before, target.wanted)
    return found
