"""A real Prometheus server for one test: started on loopback, asked through its HTTP API, stopped by its own process id."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.real.api import Api, Connections
from tests.real.fetch import Install
from tests.real.process import PATIENCE, ServerError, ServerProcess, wait_until
from tests.real.target import ScrapeTarget

FLAGS = (
    "--web.listen-address=127.0.0.1:0",  # the kernel chooses a free port, the log tells which
    "--web.enable-lifecycle",
    "--storage.tsdb.retention.time=100y",  # histories are made up, and may lie far in the past
    "--query.max-samples=500000000",
    "--query.timeout=10m",
)
# Being asked to stop, being killed before, and the blocks of a history, which lie over each other level by level.
EXPECTED = ("exiting gracefully", "lockfile from a previous execution", "Overlapping blocks found")

T = TypeVar("T")


class Prometheus(ServerProcess, Api):
    """A server whose database, configuration and log lie in ``folder``; a context manager that always stops it.

    ``config`` is merged into the configuration file (``global`` key by key), ``flags`` come after our own. Rule files,
    targets and ``config`` are attributes that may be changed before ``reload()`` or the next ``start()``.
    """

    listening = r'msg="Listening on".* address=127\.0\.0\.1:(\d+)'

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
        super().__init__(folder)
        self.install = install
        self.name = f"Prometheus {install.version}"
        self.rule_files = rule_files
        self.scrape_targets = scrape_targets
        self.scrape_interval = scrape_interval
        self.evaluation_interval = evaluation_interval
        self.config = config or {}
        self.flags = flags

    @property
    def url(self) -> str:
        """Where it answers; the port changes with every start."""
        return f"http://127.0.0.1:{self.connections.port}"

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

    def complaints(self) -> list[str]:
        """Warnings and errors in the log, without those that the harness causes."""
        lines = re.findall(r"^.*\blevel=(?:warn|error)\b.*$", self.log(), flags=re.IGNORECASE | re.MULTILINE)
        return [line for line in lines if not any(expected in line for expected in EXPECTED)]

    @property
    def _config_path(self) -> Path:
        return self.folder / "prometheus.json"

    def _command(self) -> tuple[list[str], Path]:
        self._write_config()
        config = f"--config.file={self._config_path.resolve()}"
        data = f"--storage.tsdb.path={(self.folder / 'data').resolve()}"
        return [str(self.install.prometheus), config, data, *FLAGS, *self.flags], self.folder

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

    def _is_ready(self, port: int) -> bool:
        if self.connections.port == 0:
            self.connections = Connections(port)
        return self.connections.request("GET", "/-/ready").status == http.client.OK

    def _reap(self) -> None:
        super()._reap()
        self.connections.close()
        self.connections = Connections(0)
