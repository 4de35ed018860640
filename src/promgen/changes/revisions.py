"""A project as it was at a revision of git, written to a folder of its own, where it can be compiled like any other."""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from promgen.base.conventions import PROJECT_FILE
from promgen.base.errors import OutsideError, UsageError
from promgen.base.printable import printable
from promgen.clients.git import LINK_MODE, Entry, find_commit, list_files, read_contents
from promgen.compiler.source.files import MAX_BYTES, SUFFIXES

_ALLOWED = "give a commit, branch or tag, two as `REV..REV`, or a folder as `--from FOLDER`"
_MOST_LINKS = 8
_LONGEST_LINK = 4096
_TOO_LARGE = bytes(MAX_BYTES + 1)
"""Stands for a file that a build refuses to read, so that it is refused here too."""
_SHORT = 10
"""Digits of a commit that people read."""


def split_revisions(text: str) -> tuple[str, str | None]:
    """The revision before, and the one after; None for the working tree. An empty side of `..` is HEAD.

    >>> split_revisions("main"), split_revisions("v1..v2"), split_revisions("v1..")
    (('main', None), ('v1', 'v2'), ('v1', 'HEAD'))
    """
    before, dots, after = text.partition("..")
    return before or "HEAD", (after or "HEAD") if dots else None


def describe_revision(root: Path, revision: str) -> str:
    """A revision with its commit, as `main (c825562d1f)`; raise UsageError for one that git does not know."""
    commit = _commit(root, revision)[:_SHORT]
    return commit if revision.startswith(commit) else f"{revision} ({commit})"


@contextmanager
def revision_folder(root: Path, revision: str) -> Iterator[Path]:
    """A folder with the project's files of a revision, which is gone afterwards; the working tree is not touched.

    Holds YAML files and runbooks, which is all that a build reads. Links are followed within the revision alone.
    Raise UsageError where there is no such revision, or no project in it, and OutsideError where it cannot be written.
    """
    commit = _commit(root, revision)
    entries = {entry.path: entry for entry in list_files(root, commit)}
    if PROJECT_FILE not in entries:
        raise UsageError(f"there is no {PROJECT_FILE} in this folder at `{revision}`; {_ALLOWED}")
    links = _read_links(root, entries.values())
    wanted = {path: _followed(path, entries, links) for path in entries if _is_read(path)}
    files = {path: entry for path, entry in wanted.items() if entry is not None}
    contents = read_contents(root, (entry.id for entry in files.values() if entry.size <= MAX_BYTES))
    with tempfile.TemporaryDirectory(prefix="promgen-") as folder:
        for path, entry in files.items():
            _write(Path(folder), path, contents.get(entry.id, _TOO_LARGE))
        yield Path(folder)


def _commit(root: Path, revision: str) -> str:
    try:
        commit = find_commit(root, revision)
    except OutsideError as error:
        raise UsageError(f"cannot look for `{revision}`: {error}; {_ALLOWED}") from error
    if commit is None:
        raise UsageError(f"git knows no revision `{revision}`; {_ALLOWED}")
    return commit


def _is_read(path: str) -> bool:
    """Whether a build may read a file: as in the working tree, nothing that is hidden."""
    if any(not part or part.startswith(".") for part in path.split("/")):
        return False
    return path.endswith(SUFFIXES) or (path.startswith("runbooks/") and path.endswith(".md"))


def _read_links(root: Path, entries: Iterable[Entry]) -> dict[str, str]:
    """Where each link leads, as a path from the project's folder."""
    links = [entry for entry in entries if entry.mode == LINK_MODE and entry.size <= _LONGEST_LINK]
    contents = read_contents(root, (entry.id for entry in links)) if links else {}
    return {
        entry.path: posixpath.normpath(
            posixpath.join(
                posixpath.dirname(entry.path), contents[entry.id].decode("utf-8", "surrogateescape")
            )
        )
        for entry in links
    }


def _followed(path: str, entries: Mapping[str, Entry], links: Mapping[str, str]) -> Entry | None:
    """The file itself, or the one that a link leads to; None where that is no file of this folder."""
    for _ in range(_MOST_LINKS):
        if path not in links:
            break
        path = links[path]
    return entries.get(path) if path not in links else None


def _write(folder: Path, path: str, content: bytes) -> None:
    target = Path(os.path.normpath(folder / path))
    if not target.is_relative_to(folder):  # git makes no such paths, but objects can be forged
        raise OutsideError(f"`{printable(path)}` of the revision leads outside of the project")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise OutsideError(f"cannot write `{printable(path)}` of the revision: {error.strerror}") from error
