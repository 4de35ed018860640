"""A real Prometheus server for one test: started on loopback, asked through its HTTP API, stopped by its own process id."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.real.api import Api, Connections
from tests.real.fetch import Install
from tests.real.target import ScrapeTarget

FLAGS = (
    "--web.listen-address=127.0.0.1:0",  # the kernel chooses a free port, the log tells which
    "--web.enable-lifecycle",
    "--storage.tsdb.retention.time=100y",  # histories are made up, and may lie far in the past
    "--query.max-samples=500000000",
    "--query.timeout=10m",
)
PATIENCE = 30.0

# Being asked to stop, being killed before, and the blocks of a history, which lie over each other level by level.
EXPECTED = ("exiting gracefully", "lockfile from a previous execution", "Overlapping blocks found")

T = TypeVar("T")


class ServerError(AssertionError):
    """Prometheus did not start, or refused its configuration; the message has its log or its answer."""


class Prometheus(Api):
    """A server whose database, configuration and log lie in ``folder``; a context manager that always stops it.

    ``config`` is merged into the configuration file (``global`` key by key), ``flags`` come after our own. Rule files,
    targets and ``config`` are attributes that may be changed before ``reload()`` or the next ``start()``.
    """

    def __init__(
        self,
        install: Install,
        folder: Path,
        *,
        rule_files: Sequence[Path] = (),
        scrape_targets: Sequence[ScrapeTarget] = (),
        scrape_interval: str = "1s",
        evaluation_interval: str = "1s",
        config: Mapping[str, Any] | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.install = install
        self.folder = folder
        self.rule_files = rule_files
        self.scrape_targets = scrape_targets
        self.scrape_interval = scrape_interval
        self.evaluation_interval = evaluation_interval
        self.config = config or {}
        self.flags = flags
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
        """Start (again, on the same data) and return when it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_config()
        written = len(self.log())
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        try:
            wait_until(lambda: self._is_ready(written), PATIENCE, "Prometheus to be ready")
        except BaseException as failure:
            self.kill()
            raise ServerError(
                f"Prometheus {self.install.version}: {failure}\n{self.log()[written:]}"
            ) from failure

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

    def reload(self) -> None:
        """Write the configuration again and have it loaded; raises with the reason when it is refused."""
        self._write_config()
        answer = self.connections.request("POST", "/-/reload")
        if answer.status != http.client.OK:
            raise ServerError(answer.body.decode())

    def wait_until(self, predicate: Callable[[], T], timeout: float = PATIENCE) -> T:
        """Wait for something to become true; on failure the message shows rules, alerts and complaints."""
        try:
            return wait_until(predicate, timeout, "the predicate")
        except TimeoutError as failure:
            state = (*self.rules(), *self.alerts(), *self.complaints())
            raise TimeoutError("\n".join([str(failure), *map(str, state)])) from None

    def log(self) -> str:
        """Everything the server has written, over all of its starts in this folder."""
        return self._log_path.read_text(encoding="utf-8") if self._log_path.exists() else ""

    def complaints(self) -> list[str]:
        """Warnings and errors in the log, without those that the harness causes."""
        lines = re.findall(r"^.*\blevel=(?:warn|error)\b.*$", self.log(), flags=re.IGNORECASE | re.MULTILINE)
        return [line for line in lines if not any(expected in line for expected in EXPECTED)]

    @property
    def _config_path(self) -> Path:
        return self.folder / "prometheus.json"

    @property
    def _log_path(self) -> Path:
        return self.folder / "prometheus.log"

    def _command(self) -> list[str]:
        config = f"--config.file={self._config_path.resolve()}"
        data = f"--storage.tsdb.path={(self.folder / 'data').resolve()}"
        return [str(self.install.prometheus), config, data, *FLAGS, *self.flags]

    def _write_config(self) -> None:
        """JSON, because every JSON text is YAML."""
        intervals = {"scrape_interval": self.scrape_interval, "evaluation_interval": self.evaluation_interval}
        content = {
            "rule_files": [str(path.resolve()) for path in self.rule_files],
            "scrape_configs": self._scrape_configs(),
            **self.config,
            "global": {**intervals, **self.config.get("global", {})},
        }
        self._config_path.write_text(json.dumps(content, indent=2), encoding="utf-8")

    def _scrape_configs(self) -> list[dict[str, Any]]:
        jobs: dict[str, list[str]] = {}
        for target in self.scrape_targets:
            jobs.setdefault(target.job, []).append(target.address)
        return [
            {"job_name": job, "static_configs": [{"targets": addresses}]} for job, addresses in jobs.items()
        ]

    def _is_ready(self, log_before: int) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise ServerError("it ended while starting")
        listening = re.search(r'msg="Listening on".* address=127\.0\.0\.1:(\d+)', self.log()[log_before:])
        if listening is None:
            return False
        if self.connections.port == 0:
            self.connections = Connections(int(listening[1]))
        return self.connections.request("GET", "/-/ready").status == http.client.OK

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = None
        self.connections.close()
        self.connections = Connections(0)


def wait_until(predicate: Callable[[], T], timeout: float, what: str) -> T:
    """Poll until the predicate returns something true, and return that."""
    deadline = time.monotonic() + timeout
    while not (result := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(0.05)
    return result
