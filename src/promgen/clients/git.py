"""What git knows about a folder: its revisions, and the files as they were. Runs git without a shell and changes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from promgen.base.errors import OutsideError

LINK_MODE = "120000"
_FILE_MODES = frozenset({"100644", "100755", LINK_MODE})


class Entry(NamedTuple):
    """A file or link of a revision; `path` is from the folder that was asked about, `size` in bytes."""

    path: str
    mode: str
    id: str
    size: int


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git prints in a folder; nothing where it fails without a word, as for something that does not exist.

    Raise OutsideError without git, and with git's words where it fails.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, input=given, capture_output=True, check=False)
    except OSError as error:
        raise OutsideError(f"cannot run git: {error.strerror}") from error
    if done.returncode and done.stderr:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise OutsideError(f"git {arguments[0]}: {message}")
    return done.stdout


def find_commit(folder: Path, revision: str) -> str | None:
    """The commit that a revision names; None for one that git does not know."""
    wanted = f"{revision}^{{commit}}"
    found = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
    return found.decode("ascii", "replace").strip() or None


def list_files(folder: Path, commit: str) -> Iterator[Entry]:
    """The files and links below a folder as they were at a commit; of other repositories within it, none."""
    for line in git(folder, "ls-tree", "-r", "-z", "-l", commit).split(b"\0"):
        about, _, path = line.partition(b"\t")
        mode, _, id_, size = (about.decode("ascii").split() or [""] * 4)[:4]
        if mode in _FILE_MODES:
            yield Entry(path.decode("utf-8", "surrogateescape"), mode, id_, int(size))


def read_contents(folder: Path, ids: Iterable[str]) -> dict[str, bytes]:
    """The contents of files by their ids, from one run of git; raise OutsideError for one that git does not have."""
    wanted = list(dict.fromkeys(ids))
    answer = git(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in wanted).encode())
    found: dict[str, bytes] = {}
    start = 0
    for one in wanted:
        end = answer.find(b"\n", start)
        words = answer[start:end].split()
        if len(words) != 3 or words[1] != b"blob":
            raise OutsideError(f"git cat-file: cannot read {one}")
        start = end + 1 + int(words[2])
        found[one] = answer[end + 1 : start]
        start += 1
    return found
