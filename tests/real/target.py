"""A scrape target inside the test process, for what only a live Prometheus can show."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.real.loopback import LoopbackServer

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class ScrapeTarget(LoopbackServer):
    """Serves what ``render`` returns at the moment of each scrape, on a free loopback port.

    ``render`` runs in the server's thread. A text that ends with ``# EOF`` is announced as OpenMetrics, because
    Prometheus 3 takes the format from the announcement and refuses a scrape without one.
    """

    def __init__(self, render: Callable[[], str], *, job: str = "target") -> None:
        super().__init__(_handler(render))
        self.job = job


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
