"""A real Alertmanager for one test, and an HTTP server that records what it delivers; both on loopback.

Debian's Alertmanager reads its standard templates from a folder of the installed package. As nothing is installed here, a
copy of the program looks for them in its working directory instead, which is that folder of the unpacked package.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar

from tests.real.fetch import Install
from tests.real.loopback import LoopbackServer
from tests.real.process import PATIENCE, ServerError, ServerProcess, wait_until

PROGRAM = "prometheus-alertmanager"
TEMPLATES = "usr/share/prometheus/alertmanager"
FLAGS = (
    "--web.listen-address=127.0.0.1:0",  # the kernel chooses a free port, the log tells which
    "--cluster.listen-address=",
)
EXPECTED = ("SIGTERM",)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert as Alertmanager holds it; what mutes it is given by fingerprints of alerts and ids of silences."""

    labels: dict[str, str]
    fingerprint: str
    state: str
    """``active``, ``suppressed`` or ``unprocessed``, which is before it was dispatched."""
    inhibited_by: tuple[str, ...]
    silenced_by: tuple[str, ...]
    muted_by: tuple[str, ...]
    """Names of time intervals; Alertmanager tells since 0.28."""
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One request that a webhook server took."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def labels(self) -> list[dict[str, str]]:
        """Those of the alerts in a message of Alertmanager's webhook."""
        return [alert["labels"] for alert in self.data["alerts"]]


class WebhookServer(LoopbackServer):
    """Takes every POST and keeps it; ``status`` is what it answers, and may be changed at any time."""

    def __init__(self) -> None:
        self.status = 200
        self.delivered: list[Delivered] = []
        super().__init__(_handler(self))

    def url(self, path: str = "/") -> str:
        """Where it answers; give each receiver a path of its own to tell them apart."""
        return f"http://{self.address}{path}"

    def at(self, path: str) -> list[Delivered]:
        """What came to one path, oldest first."""
        return [one for one in self.delivered if one.path == path]


def _handler(server: WebhookServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            server.delivered.append(Delivered(self.path, dict(self.headers.items()), body))
            self.send_response(server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Deliveries are kept, not printed."""

    return Handler


class Alertmanager(ServerProcess):
    """A server whose state and log lie in ``folder``; a context manager that always stops it.

    ``config`` is a file, or data that is written as one; it may be changed before ``reload()`` or the next ``start()``.
    """

    name = "Alertmanager"
    listening = r'msg="Listening on".* address=127\.0\.0\.1:(\d+)'

    def __init__(
        self,
        install: Install,
        folder: Path,
        config: Path | Mapping[str, Any],
        *,
        flags: Sequence[str] = (),
    ) -> None:
        super().__init__(folder)
        self.install = install
        self.config = config
        self.flags = flags
        self.port = 0

    @property
    def url(self) -> str:
        """Where it answers; the port changes with every start."""
        return f"http://127.0.0.1:{self.port}"

    def reload(self) -> None:
        """Write the configuration again where it is data, and have it loaded; raises when it is refused."""
        self._config_file()
        status, body = self.request("POST", "/-/reload")
        if status != http.client.OK:
            raise ServerError(body.decode())

    def post_alerts(
        self,
        *labels: Mapping[str, str],
        annotations: Mapping[str, str] | None = None,
        ended: bool = False,
    ) -> None:
        """Alerts that fire from now on, or ended just now; the name is the label ``alertname``."""
        now = datetime.now(UTC)
        times = {"startsAt": (now - timedelta(minutes=1)).isoformat()}
        if ended:
            times["endsAt"] = (now - timedelta(seconds=1)).isoformat()
        content = [{"labels": dict(one), "annotations": dict(annotations or {}), **times} for one in labels]
        self.ask("POST", "alerts", content)

    def alerts(self) -> list[HeldAlert]:
        """Every alert that it holds, those that are muted too."""
        return [_held(one) for one in self.ask("GET", "alerts")]

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """The answer of ``/api/v2``; anything but success raises with what it said."""
        status, body = self.request(
            method, f"/api/v2/{path}", None if content is None else json.dumps(content)
        )
        if status != http.client.OK:
            raise ServerError(f"{method} {path}: {status} {body.decode(errors='replace')}")
        return json.loads(body) if body else None

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """One exchange: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def wait_until(self, predicate: Callable[[], T], timeout: float = PATIENCE) -> T:
        """Wait for something to become true; on failure the message shows the alerts and the complaints."""
        try:
            return wait_until(predicate, timeout, "the predicate")
        except TimeoutError as failure:
            state = (*self.alerts(), *self.complaints())
            raise TimeoutError("\n".join([str(failure), *map(str, state)])) from None

    def complaints(self) -> list[str]:
        """Warnings and errors in the log."""
        lines = re.findall(r"^.*\blevel=(?:warn|error)\b.*$", self.log(), flags=re.IGNORECASE | re.MULTILINE)
        return [line for line in lines if not any(expected in line for expected in EXPECTED)]

    def _command(self) -> tuple[list[str], Path | None]:
        program, directory = runnable(self.install)
        storage = f"--storage.path={self.folder / 'data'}"
        config = f"--config.file={self._config_file()}"
        return [str(program), config, storage, *FLAGS, *self.flags], directory

    def _config_file(self) -> Path:
        """JSON, because every JSON text is YAML."""
        if isinstance(self.config, Path):
            return self.config.resolve()
        path = self.folder / "alertmanager.json"
        path.write_text(json.dumps(self.config, indent=2), encoding="utf-8")
        return path

    def _is_ready(self, port: int) -> bool:
        self.port = port
        return self.request("GET", "/-/ready")[0] == http.client.OK


def _held(one: Any) -> HeldAlert:
    status = one["status"]
    return HeldAlert(
        labels=one["labels"],
        fingerprint=one["fingerprint"],
        state=status["state"],
        inhibited_by=tuple(status["inhibitedBy"]),
        silenced_by=tuple(status["silencedBy"]),
        muted_by=tuple(status.get("mutedBy") or ()),
        receivers=tuple(receiver["name"] for receiver in one["receivers"]),
    )


def runnable(install: Install) -> tuple[Path, Path | None]:
    """The program, and the working directory in which it finds its standard templates."""
    program = install.program(PROGRAM)
    root = program.parents[2]
    folder = root / TEMPLATES
    if root == Path("/") or not folder.is_dir():
        return program, None
    copy = root / "relocated" / PROGRAM
    if not copy.exists():
        _relocate(program, copy)
    return copy, folder


def _relocate(program: Path, copy: Path) -> None:
    """A path of the same length that means the working directory; written at once, as test runs may be many."""
    absolute = f"/{TEMPLATES}".encode()
    here = (b"./" * len(absolute))[: len(absolute)]
    copy.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as file:
        file.write(program.read_bytes().replace(absolute, here))
    os.chmod(file.name, 0o755)
    os.replace(file.name, copy)
