"""A real VictoriaMetrics with a vmalert beside it for one test: on loopback, stopped by their own process ids."""

from __future__ import annotations

import http.client
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.real.api import Api, Connections, RuleState
from tests.real.fetch import Install
from tests.real.prometheus import PATIENCE, ServerError, wait_until
from tests.real.series import Series, format_selector

LOOPBACK = "-httpListenAddr=127.0.0.1:0"  # the kernel chooses a free port, the log tells which
STORAGE = (
    "-retentionPeriod=100y",
    "-search.latencyOffset=0s",  # a test asks for what it has just written
    "-inmemoryDataFlushInterval=1s",
)
ALERTING = (
    "-notifier.blackhole",
    "-rule.evalDelay=0s",
    "-remoteWrite.flushInterval=200ms",
)

T = TypeVar("T")


class _Server(Api):
    """One program whose log lies in ``folder``; a context manager that always stops it."""

    def __init__(self, program: Path, folder: Path, arguments: Sequence[str]) -> None:
        super().__init__()
        self.program = program
        self.folder = folder
        self.arguments = arguments
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

    @property
    def url(self) -> str:
        """Where it answers; the port changes with every start."""
        return f"http://127.0.0.1:{self.connections.port}"

    def start(self) -> None:
        """Start and return when it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        written = len(self.log())
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.program), LOOPBACK, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        try:
            wait_until(lambda: self._is_ready(written), PATIENCE, f"{self.program.name} to be ready")
        except BaseException as failure:
            self._process.kill()
            self._reap()
            raise ServerError(f"{self.program.name}: {failure}\n{self.log()[written:]}") from failure

    def stop(self) -> None:
        """Ask it to end; a server that does not is killed."""
        if self._process is not None:
            self.connections.close()  # it waits for those that are kept
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._reap()

    def wait_until(self, predicate: Callable[[], T], timeout: float = PATIENCE) -> T:
        """Wait for something to become true; on failure the message shows the complaints."""
        try:
            return wait_until(predicate, timeout, "the predicate")
        except TimeoutError as failure:
            raise TimeoutError("\n".join([str(failure), *self.complaints()])) from None

    def log(self) -> str:
        """Everything the server has written, over all of its starts in this folder."""
        return self._log_path.read_text(encoding="utf-8") if self._log_path.exists() else ""

    def complaints(self) -> list[str]:
        """Warnings and errors in the log."""
        return re.findall(r"^.*\t(?:warn|error|fatal|panic)\t.*$", self.log(), flags=re.MULTILINE)

    @property
    def _log_path(self) -> Path:
        return self.folder / f"{self.program.name}.log"

    def _is_ready(self, log_before: int) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise ServerError("it ended while starting")
        listening = re.search(r"started server at http://127\.0\.0\.1:(\d+)/", self.log()[log_before:])
        if listening is None:
            return False
        if self.connections.port == 0:
            self.connections = Connections(int(listening[1]))
        return self.connections.request("GET", "/health").status == http.client.OK

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = None
        self.connections.close()
        self.connections = Connections(0)


class VictoriaMetrics(_Server):
    """A server with its database below ``folder``."""

    def __init__(self, install: Install, folder: Path) -> None:
        data = f"-storageDataPath={(folder / 'data').resolve()}"
        super().__init__(install.program("victoria-metrics"), folder, (data, *STORAGE))

    def write(self, series: Iterable[Series]) -> None:
        """Store samples of any time, as the import API takes them."""
        lines = [
            f"{format_selector(one.name, one.labels)} {value} {round(at * 1000)}\n"
            for one in series
            for at, value in one.points
        ]
        answer = self.connections.request("POST", "/api/v1/import/prometheus", "".join(lines))
        if answer.status != http.client.NO_CONTENT:
            raise ServerError(answer.body.decode(errors="replace"))


class Vmalert(_Server):
    """A ruler that reads from a server and writes there; ``rules`` are files or patterns of files."""

    def __init__(
        self,
        install: Install,
        folder: Path,
        storage: VictoriaMetrics,
        *,
        rules: Iterable[Path],
        flags: Sequence[str] = (),
    ) -> None:
        addresses = (f"-datasource.url={storage.url}", f"-remoteWrite.url={storage.url}")
        files = tuple(f"-rule={path}" for path in rules)
        super().__init__(install.program("vmalert"), folder, (*addresses, *files, *ALERTING, *flags))

    def rules(self) -> list[RuleState]:
        """Every loaded rule; vmalert says more about a group than Prometheus, and less about a rule."""
        return [
            RuleState(
                group["name"],
                rule["name"],
                rule["type"],
                rule["health"],
                rule["lastError"],
                float(rule["evaluationTime"]),
            )
            for group in self.ask("rules")["groups"]
            for rule in group["rules"]
        ]


def dry_run(install: Install, *rules: Path) -> tuple[bool, str]:
    """Whether vmalert takes rule files, and what it printed."""
    command = [str(install.program("vmalert")), "-dryRun", *(f"-rule={path}" for path in rules)]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=PATIENCE)
    return done.returncode == 0, done.stdout + done.stderr
