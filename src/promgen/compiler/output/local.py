"""The folder `.promgen` for what is never committed, and the lock that lets one build write at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promgen.base.errors import OutsideError
from promgen.base.paths import LOCAL_FOLDER

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def make_local_folder(root: Path) -> Path:
    """The local folder, made when missing, with a `.gitignore` that keeps it out of version control."""
    folder = root / LOCAL_FOLDER
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise OSError(f"`{LOCAL_FOLDER}` is a symbolic link, and promgen writes inside the project only")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_bytes(b"*\n")
    return folder


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Keep other builds of this project out; raise OutsideError at once when one is already running.

    The system drops the lock when the process ends, however it ends, so there is nothing to clear by hand.
    """
    try:
        held = (make_local_folder(root) / "build.lock").open("ab")
    except OSError as error:
        reason = error.strerror or error
        raise OutsideError(f"cannot write in {root / LOCAL_FOLDER}: {reason}; nothing was changed") from error
    with held:
        try:
            _take(held.fileno())
        except (BlockingIOError, PermissionError) as error:
            raise OutsideError(
                f"another promgen build is writing in {root}; nothing was changed, run again after it"
            ) from error
        except OSError as error:
            raise OutsideError(f"cannot lock {held.name}: {error.strerror}; nothing was changed") from error
        yield
