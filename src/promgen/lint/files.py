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
from promgen.lint.read import has_groups

_SUFFIXES = (*SUFFIXES, ".rules")


def read_rule_texts(
    root: Path, paths: Iterable[Path], generated: Iterable[str], diagnostics: Diagnostics
) -> dict[str, str]:
    """The texts by path, relative to the root where they lie in it; what promgen generated itself is left out.

    Raise UsageError for a path that does not exist, and OutsideError naming all files that cannot be read.
    """
    texts: dict[str, str] = {}
    failures: list[str] = []
    left_out = frozenset(generated)
    for path, is_named in _found(root, paths):
        shown = shown_path(root, path)
        if shown in left_out or shown in texts:
            continue
        try:
            text = _text(path, shown, diagnostics)
        except OSError as error:
            failures.append(f"cannot read {shown}: {error.strerror}")
            continue
        if text is not None and (is_named or has_groups(text)):
            texts[shown] = text
    if failures:
        raise OutsideError("\n".join(failures))
    return texts


def shown_path(root: Path, path: Path) -> str:
    """What a path is called in messages."""
    full = Path(os.path.abspath(path))
    return (full.relative_to(root) if full.is_relative_to(root) else full).as_posix()


def _found(root: Path, paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself."""
    for path in paths:
        if path.is_dir():
            yield from ((file, False) for file in _walk(path))
        elif path.exists():
            yield path, True
        else:
            raise UsageError(f"there is no file or folder {shown_path(root, path)}")


def _walk(start: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(start):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(folder) / name


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
