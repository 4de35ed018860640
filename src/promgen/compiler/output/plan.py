"""What a build would change on disk, decided before anything is touched.

A file listed in the lock is promgen's: it is regenerated even when somebody edited it (the edit is reported),
and it is deleted once nothing produces it, unless it was edited. A file that is not listed belongs to
somebody else and is never overwritten or deleted; it becomes promgen's only when it holds exactly what
promgen would write.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from promgen.base.paths import fold, folders_of
from promgen.compiler.output.disk import Entry, File, Obstacle, look
from promgen.compiler.output.lock import Lock
from promgen.compiler.output.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes that make the disk equal a tree; all paths sorted."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    """Those of `updated` that somebody changed by hand since promgen wrote them."""
    kept: tuple[str, ...]
    """No longer produced, but edited, so not deleted; they stay in the lock until somebody removes them."""
    foreign: Mapping[str, str]
    """Outputs that cannot be written, with what is in their way; a plan that has any is refused."""
    contents: Mapping[str, bytes]
    """The new bytes of `created` and `updated`."""
    files: Mapping[str, str]
    """What the lock lists after this plan."""
    previous: Lock | None
    """The lock this plan was made from."""

    @property
    def has_changes(self) -> bool:
        """Some output would be written or deleted."""
        return bool(self.contents or self.deleted)


class _State(Enum):
    CREATED = auto()
    UPDATED = auto()
    EDITED = auto()
    UNCHANGED = auto()


def plan_changes(root: Path, tree: Tree, previous: Lock | None) -> Plan:
    """Compare a tree with the disk; raise OutsideError when the disk cannot be read."""
    locked = previous.files if previous else {}
    leftovers = {path: look(root, path) for path in sorted(locked) if path not in tree}
    deleted = [path for path, found in leftovers.items() if found == File(locked[path])]
    kept = [
        path for path, found in leftovers.items() if isinstance(found, File) and found.digest != locked[path]
    ]
    leaving = _Leaving(root, deleted)
    digests = tree.digests()
    verdicts = {
        path: _judge(root, path, digests[path], locked=locked.get(path), leaving=leaving) for path in tree
    }

    def paths_in(*states: _State) -> tuple[str, ...]:
        return tuple(path for path, verdict in verdicts.items() if verdict in states)

    written = paths_in(_State.CREATED, _State.UPDATED, _State.EDITED)
    return Plan(
        created=paths_in(_State.CREATED),
        updated=paths_in(_State.UPDATED, _State.EDITED),
        deleted=tuple(deleted),
        unchanged=paths_in(_State.UNCHANGED),
        edited=paths_in(_State.EDITED),
        kept=tuple(kept),
        foreign={path: verdict for path, verdict in verdicts.items() if isinstance(verdict, str)},
        contents={path: tree[path].content for path in written},
        files=digests | {path: locked[path] for path in kept},
        previous=previous,
    )


class _Leaving:
    """What is out of the way after the deletions: a file whose place a folder takes, or the other way round.

    Where letter case does not count, `Cart.yaml` is found when only `cart.yaml`, to be deleted, is there.
    """

    def __init__(self, root: Path, deleted: Iterable[str]) -> None:
        self._root = root
        self._files = {fold(path): path for path in deleted}
        self._places = {place for path in self._files.values() for place in (*folders_of(path), path)}

    def has_file(self, path: str) -> bool:
        old = self._files.get(fold(path))
        return old is not None and os.path.samestat(os.lstat(self._root / old), os.lstat(self._root / path))

    def has_folder(self, path: str) -> bool:
        return path in self._places and all(
            Path(folder, name).relative_to(self._root).as_posix() in self._places
            for folder, folders, files in os.walk(self._root / path)
            for name in (*folders, *files)
        )


def _judge(root: Path, path: str, digest: str, *, locked: str | None, leaving: _Leaving) -> _State | str:
    """What has to be done for one output, or what is in its way."""
    match look(root, path):
        case None:
            return _State.CREATED
        case Obstacle(place, Entry.FILE) if leaving.has_file(place):
            return _State.CREATED
        case Obstacle(place, Entry.FOLDER) if leaving.has_folder(place):
            return _State.CREATED
        case Obstacle(place, entry):
            return f"`{place}` is {entry}"
        case File() if leaving.has_file(path):
            return _State.CREATED
        case File(found) if found == digest:
            return _State.UNCHANGED
        case File(found) if locked is not None:
            return _State.UPDATED if found == locked else _State.EDITED
        case File():
            return "promgen did not write it"
