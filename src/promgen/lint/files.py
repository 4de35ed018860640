"""Finds and reads the rule files that a user names: files as they are, and in folders those that hold rules."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import OutsideError, UsageError
from promgen.base.problems import FILE_TOO_LARGE
from promgen.base.spans import Span
from promgen.compiler.source.files import MAX_BYTES, SUFFIXES, SourceFile, decode
from promgen.lint.problems import UNREADABLE
from promgen.lint.read import has_groups

_SUFFIXES = (*SUFFIXES, ".rules")


def read_rule_texts(
    root: Path, paths: Iterable[Path], generated: Iterable[str], diagnostics: Diagnostics
) -> dict[str, str]:
    """The texts by path, relative to the root where they lie in it; what promgen generated itself is left out.

    A file in a folder that cannot be read is reported. Raise UsageError for a path that does not exist, and OutsideError
    for one that is named and cannot be read.
    """
    texts: dict[str, str] = {}
    left_out = frozenset(generated)
    for path, is_named in _found(root, paths, diagnostics):
        shown = shown_path(root, path)
        if shown in left_out or shown in texts:
            continue
        try:
            text = _text(path, shown, diagnostics)
        except OSError as error:
            if is_named:
                raise OutsideError(f"cannot read {shown}: {error.strerror}") from error
            _report_unreadable(shown, error, diagnostics)
            continue
        if text is not None and (is_named or has_groups(text)):
            texts[shown] = text
    return texts


def shown_path(root: Path, path: Path) -> str:
    """What a path is called in messages."""
    full = Path(os.path.abspath(path))
    return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()


def _found(root: Path, paths: Iterable[Path], diagnostics: Diagnostics) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself."""
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in _walk(root, path, diagnostics))
        elif path.exists():
            yield path, True
        else:
            raise UsageError(f"there is no file or folder {shown_path(root, path)}")


def _walk(root: Path, start: Path, diagnostics: Diagnostics) -> Iterator[Path]:
    """The files with a suffix of rules; a link to another folder is followed, one that leads back is not."""

    def failed(error: OSError) -> None:
        _report_unreadable(shown_path(root, Path(error.filename)), error, diagnostics)

    walked = {Path(os.path.realpath(start))}
    for folder, subfolders, names in os.walk(start, onerror=failed, followlinks=True):
        here = Path(folder)
        subfolders[:] = [name for name in sorted(subfolders) if _is_new(here / name, walked)]
        for name in sorted(names):
            path = here / name
            if (
                name.endswith(_SUFFIXES)
                and not name.startswith(".")
                and (path.is_file() or path.is_symlink())
            ):
                yield path


def _is_new(folder: Path, walked: set[Path]) -> bool:
    """Whether a folder is to be walked; one that a link leads to is added to those that are."""
    if folder.name.startswith("."):
        return False
    if folder.is_symlink():
        target = Path(os.path.realpath(folder))
        if any(target.is_relative_to(one) or one.is_relative_to(target) for one in walked):
            return False
        walked.add(target)
    return True


def _report_unreadable(shown: str, error: OSError, diagnostics: Diagnostics) -> None:
    message = f"the file cannot be read: {error.strerror}"
    diagnostics.error(UNREADABLE, message, Span(shown, 1, 1, 1, 1))


def _text(path: Path, shown: str, diagnostics: Diagnostics) -> str | None:
    """The text; None when it was refused, which is reported; raise OSError when it cannot be read."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "it is not a file")
    if found.st_size > MAX_BYTES:
        message, span = f"the file has {found.st_size:,} bytes", Span(shown, 1, 1, 1, 1)
        diagnostics.error(FILE_TOO_LARGE, message, span, allowed=f"at most {MAX_BYTES:,}; divide it")
        return None
    return decode(SourceFile(shown, path.read_bytes()), diagnostics)
