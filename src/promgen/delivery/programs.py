"""Files checked by the program of the server that will read them, where this machine has it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from promgen.base.conventions import ALERTMANAGER_FILE
from promgen.base.errors import OutsideError
from promgen.base.printable import printable
from promgen.model.delivery import FolderReader

_TIMEOUT_SECONDS = 120
_MOST_LINES = 20
"""Of what a program says."""


def check_files(reader: FolderReader, files: Mapping[str, bytes]) -> None:
    """Raise OutsideError with what the program says where it refuses the files; nothing is checked without it."""
    with tempfile.TemporaryDirectory(prefix="promgen-") as folder:
        paths = [*_written(Path(folder), files)]
        command = _command(reader, paths)
        if paths and command and shutil.which(command[0]):
            _run(command, folder)


def _written(folder: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        yield path


def _command(reader: FolderReader, paths: list[str]) -> list[str]:
    match reader:
        case "prometheus":
            return ["promtool", "check", "rules", *paths]
        case "alertmanager":
            return ["amtool", "check-config", ALERTMANAGER_FILE]
        case "victoriametrics":
            return ["vmalert", "-dryRun", *(f"-rule={path}" for path in paths)]
        case "thanos":
            return []  # its rules may have fields that promtool refuses


def _run(command: list[str], folder: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=folder,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OutsideError(f"{command[0]} has not checked the files within {_TIMEOUT_SECONDS} s") from error
    except OSError as error:
        raise OutsideError(f"{command[0]} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        lines = [printable(line) for line in done.stdout.splitlines() if line.strip()][-_MOST_LINES:]
        raise OutsideError(f"{command[0]} refuses the files, nothing was pushed:\n" + "\n".join(lines))
