"""What lies at the paths of outputs, seen without ever following a symbolic link. Reads only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from promgen.base.errors import OutsideError
from promgen.base.paths import folders_of
from promgen.compiler.output.lock import digest_of

_JUNCTION = 0xA0000003
"""The reparse tag of a Windows junction: a folder that leads elsewhere, as a symbolic link does."""


class Entry(StrEnum):
    """A kind of directory entry, in the words of a message."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a symbolic link"
    OTHER = "neither a file nor a folder"


@dataclass(frozen=True, slots=True)
class File:
    """A regular file, reached through real folders only."""

    digest: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something else at the path itself, or at one of its folders."""

    path: str
    entry: Entry


def look(root: Path, path: str) -> File | Obstacle | None:
    """What lies at an output's path; None when nothing does."""
    place = path
    try:
        for place in folders_of(path):
            if (entry := _entry(os.lstat(root / place))) is not Entry.FOLDER:
                return Obstacle(place, entry)
        place = path
        if (entry := _entry(os.lstat(root / path))) is not Entry.FILE:
            return Obstacle(path, entry)
        return File(digest_of((root / path).read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutsideError(f"cannot read {place}: {error.strerror}") from error


def _entry(found: os.stat_result) -> Entry:
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION:
        return Entry.LINK
    if stat.S_ISDIR(found.st_mode):
        return Entry.FOLDER
    return Entry.FILE if stat.S_ISREG(found.st_mode) else Entry.OTHER
