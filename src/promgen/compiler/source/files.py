"""Finds and reads specification files: only inside the project, only of a sane size, in one order everywhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from promgen.base import problems
from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import OutsideError
from promgen.base.paths import path_fault
from promgen.base.spans import Span

MAX_BYTES = 4 * 1024 * 1024
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's POSIX path from the project root, and its bytes."""

    path: str
    content: bytes


def read_sources(root: Path, folders: Iterable[str], diagnostics: Diagnostics) -> tuple[SourceFile, ...]:
    """Every specification below the folders, by path; raise OutsideError naming all files that cannot be read."""
    files: list[SourceFile] = []
    failures: list[str] = []
    for path in sorted(set(_find(root, folders, diagnostics, failures))):
        try:
            if (file := read_source(root, path, diagnostics)) is not None:
                files.append(file)
        except OutsideError as error:
            failures.append(str(error))
    if failures:
        raise OutsideError("\n".join(failures))
    return tuple(files)


def read_source(root: Path, path: str, diagnostics: Diagnostics) -> SourceFile | None:
    """One file; None when it was refused, which is reported; raise OutsideError when it cannot be read."""
    full = root / path
    if not _is_inside(root, full):
        diagnostics.error(problems.FILE_OUTSIDE, f"`{path}` leads outside of the project", _start_of(path))
        return None
    try:
        found = full.stat()
        if not stat.S_ISREG(found.st_mode):
            raise OutsideError(f"cannot read {path}: it is not a file")
        if found.st_size > MAX_BYTES:
            message = f"the file has {found.st_size:,} bytes"
            diagnostics.error(
                problems.FILE_TOO_LARGE, message, _start_of(path), allowed=f"at most {MAX_BYTES:,}; split it"
            )
            return None
        return SourceFile(path, full.read_bytes())
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}") from error


def decode(file: SourceFile, diagnostics: Diagnostics) -> str | None:
    """The text of a file, without a byte order mark; None when it is not UTF-8, which is reported."""
    try:
        return file.content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = file.content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        span = Span(file.path, line, column, line, column + 1)
        diagnostics.error(
            problems.FILE_ENCODING, f"byte 0x{file.content[error.start]:02x} is not UTF-8", span
        )
        return None


def _find(root: Path, folders: Iterable[str], diagnostics: Diagnostics, failures: list[str]) -> Iterator[str]:
    for folder in folders:
        if path_fault(folder):
            continue  # reported where it is written, in promgen.yaml
        start = root / folder
        if not start.is_dir():
            failures.append(f"cannot read {folder}: no such folder (see `inputs` in promgen.yaml)")
            continue
        if not _is_inside(root, start):
            diagnostics.error(
                problems.FILE_OUTSIDE, f"`{folder}` leads outside of the project", _start_of(folder)
            )
            continue
        yield from _walk(root, start, failures)


def _walk(root: Path, start: Path, failures: list[str]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        failures.append(f"cannot read {error.filename}: {error.strerror}")

    for folder, subfolders, names in os.walk(start, onerror=failed):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        here = Path(folder).relative_to(root)
        failures += [
            f"cannot read {here / name}: a link to a folder; list the folder itself in `inputs`"
            for name in subfolders
            if (Path(folder) / name).is_symlink()
        ]
        for name in names:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                path = (here / name).as_posix()
                if path.isprintable():
                    yield path
                else:
                    failures.append(f"cannot read {path!a}: its name is not printable text")


def _is_inside(root: Path, path: Path) -> bool:
    """Whether a path stays in the project once links are followed; one that leads in a circle is left to the reader."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _start_of(path: str) -> Span:
    return Span(path, 1, 1, 1, 1)
