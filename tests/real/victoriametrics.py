"""A real VictoriaMetrics with a vmalert beside it for one test: on loopback, stopped by their own process ids."""

from __future__ import annotations

import http.client
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.real.api import Api, Connections, RuleState
from tests.real.fetch import Install
from tests.real.process import PATIENCE, ServerError, ServerProcess, wait_until
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


class _Server(ServerProcess, Api):
    """One program of VictoriaMetrics."""

    listening = r"started server at http://127\.0\.0\.1:(\d+)/"

    def __init__(self, program: Path, folder: Path, arguments: Sequence[str]) -> None:
        super().__init__(folder)
        self.program = program
        self.name = program.name
        self.arguments = arguments

    @property
    def url(self) -> str:
        """Where it answers; the port changes with every start."""
        return f"http://127.0.0.1:{self.connections.port}"

    def stop(self) -> None:
        self.connections.close()  # it waits for those that are kept
        super().stop()

    def wait_until(self, predicate: Callable[[], T], timeout: float = PATIENCE) -> T:
        """Wait for something to become true; on failure the message shows the complaints."""
        try:
            return wait_until(predicate, timeout, "the predicate")
        except TimeoutError as failure:
            raise TimeoutError("\n".join([str(failure), *self.complaints()])) from None

    def complaints(self) -> list[str]:
        """Warnings and errors in the log."""
        return re.findall(r"^.*\t(?:warn|error|fatal|panic)\t.*$", self.log(), flags=re.MULTILINE)

    def _command(self) -> tuple[list[str], Path]:
        return [str(self.program), LOOPBACK, *self.arguments], self.folder

    def _is_ready(self, port: int) -> bool:
        if self.connections.port == 0:
            self.connections = Connections(port)
        return self.connections.request("GET", "/health").status == http.client.OK

    def _reap(self) -> None:
        super()._reap()
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
