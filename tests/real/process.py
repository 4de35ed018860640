"""A server program for one test: started on loopback, its log in a folder, stopped by its own process id."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

PATIENCE = 30.0

T = TypeVar("T")


class ServerError(AssertionError):
    """A server did not start, or refused its configuration; the message has its log or its answer."""


class ServerProcess:
    """A context manager that always stops its program; ``name`` is what it is called in messages and its log.

    The kernel chooses a free port, which the log tells in the first group of ``listening``.
    """

    name: str
    listening: str

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start (again, on the same data) and return when it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command, directory = self._command()
        written = len(self.log())
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory
            )
        try:
            wait_until(lambda: self._has_started(written), PATIENCE, f"{self.name} to be ready")
        except BaseException as failure:
            self.kill()
            raise ServerError(f"{self.name}: {failure}\n{self.log()[written:]}") from failure

    def stop(self) -> None:
        """Ask it to end; a server that does not is killed."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._reap()

    def kill(self) -> None:
        """End it without a chance to write anything, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def log(self) -> str:
        """Everything the server has written, over all of its starts in this folder."""
        return self._log_path.read_text(encoding="utf-8") if self._log_path.exists() else ""

    def _command(self) -> tuple[Sequence[str], Path | None]:
        """The command and the folder it runs in; whatever it needs is written before."""
        raise NotImplementedError

    def _is_ready(self, port: int) -> bool:
        """Whether it answers on a port that it listens on."""
        raise NotImplementedError

    @property
    def _log_path(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _has_started(self, log_before: int) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise ServerError("it ended while starting")
        listening = re.search(self.listening, self.log()[log_before:])
        return listening is not None and self._is_ready(int(listening[1]))

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = None


def wait_until(predicate: Callable[[], T], timeout: float, what: str) -> T:
    """Poll until the predicate returns something true, and return that."""
    deadline = time.monotonic() + timeout
    while not (result := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(0.05)
    return result
