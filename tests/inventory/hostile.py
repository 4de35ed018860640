"""A server in the test's process that answers as it likes, for what a real Prometheus never does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """The URL of a server that answers every request by `respond`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                respond(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough, which is the point

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def text(content: str | bytes, status: int = 200, **headers: str) -> Respond:
    """The same answer to every question."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        body = content if isinstance(content, bytes) else content.encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return respond


def answers(data: dict[str, Any]) -> Respond:
    """The data of each endpoint below /api/v1/, or what a function makes of the request; 404 for any other."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        path = urlsplit(request.path).path.removeprefix("/api/v1/")
        if path not in data:
            text("404 page not found\n", 404)(request)
            return
        found = data[path](request.path) if callable(data[path]) else data[path]
        text(json.dumps({"status": "success", "data": found}))(request)

    return respond
