"""A scrape target inside the test process, for what only a live Prometheus can show."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class ScrapeTarget:
    """Serves what ``render`` returns at the moment of each scrape, on a free loopback port.

    ``render`` runs in the server's thread. A text that ends with ``# EOF`` is announced as OpenMetrics, because
    Prometheus 3 takes the format from the announcement and refuses a scrape without one.
    """

    def __init__(self, render: Callable[[], str], *, job: str = "target") -> None:
        self.job = job
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(render))
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(render: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = render()
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", OPENMETRICS if text.endswith("# EOF\n") else PLAIN_TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not news."""

    return Handler
