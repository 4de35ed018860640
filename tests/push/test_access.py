"""Secrets are found where they are said to be, and never shown."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from promgen.base.errors import OutsideError, UsageError
from promgen.clients.exchange import Answer, Endpoint
from promgen.delivery.access import endpoint_of
from promgen.model.delivery import Access, Credential

URL = "http://localhost:9009"


def test_a_token_comes_from_a_file_below_the_project_whatever_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  s3cret\n", encoding="utf-8")
    (tmp_path / "token").chmod(0o666)
    endpoint = endpoint_of(Access(url=URL, token=Credential(file="token")), tmp_path, {})
    assert endpoint.authorization == "Bearer s3cret"
    assert "s3cret" not in repr(endpoint)


def test_a_password_comes_from_the_environment(tmp_path: Path) -> None:
    access = Access(url=URL, username="ann", password=Credential(env="PASSWORD"))
    endpoint = endpoint_of(access, tmp_path, {"PASSWORD": "s3cret"})
    assert endpoint.authorization == "Basic YW5uOnMzY3JldA=="


def test_without_credentials_nothing_is_sent(tmp_path: Path) -> None:
    assert endpoint_of(Access(url=URL), tmp_path, {}).authorization == ""


@pytest.mark.parametrize(
    ("credential", "environment", "message"),
    [
        (Credential(env="MISSING"), {}, "the environment variable `MISSING` is not set"),
        (Credential(env="EMPTY"), {"EMPTY": " \n"}, "`EMPTY` holds no secret: it is empty"),
        (Credential(file="missing"), {}, "cannot read the secret in missing"),
        (Credential(file="empty"), {}, "empty holds no secret: it is empty"),
        (Credential(env="LINES"), {"LINES": "s3cret\ns3cret"}, "is no secret: one line"),
        (Credential(env="LATIN"), {"LATIN": "s3crét"}, "is no secret: one line"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(
    tmp_path: Path, credential: Credential, environment: dict[str, str], message: str
) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(UsageError, match=message) as failure:
        endpoint_of(Access(url=URL, token=credential), tmp_path, environment)
    assert "s3cr" not in str(failure.value)


@pytest.mark.parametrize("url", ["http://ann:s3cret@localhost", "https://s3cret@localhost/x"])
def test_credentials_in_a_url_are_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="must not hold credentials") as failure:
        endpoint_of(Access(url=url), tmp_path, {})
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(
    "url", ["localhost:9009", "file:///etc/passwd", "http://", "http://h/?a=b", "http://h\n"]
)
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="is not a URL of a server"):
        endpoint_of(Access(url=url), tmp_path, {})


def test_a_secret_that_a_server_repeats_is_not_shown() -> None:
    endpoint = Endpoint(URL, "Bearer s3cret")
    refusal = endpoint.refusal(Answer(400, b'{"error": "bad header Bearer s3cret, token s3cret"}'))
    assert "s3cret" not in str(refusal)
    assert "bad header" in str(refusal)


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody to another path of the same server, which takes everything."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/there" else 302)
        self.send_header("Location", "/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not news."""


def test_what_is_read_may_be_led_to_the_same_server_and_what_is_written_may_not() -> None:
    """A client that followed would ask where it was to write, and take the answer for success."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}")
        assert endpoint.exchange("/here").status == 200
        for method in ("POST", "DELETE"):
            with pytest.raises(OutsideError, match="redirects to"):
                endpoint.exchange("/here", method=method)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
