"""Asks a Prometheus, or what answers like one. Only for commands that were given its URL.

An answer is taken from the host that was named and from no other, up to a size and within a time, and is data until
somebody has looked at each part of it.
"""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

import orjson

from promgen.base.errors import OutsideError, UsageError
from promgen.base.printable import printable

TIMEOUT_SECONDS = 30.0
LARGEST_ANSWER = 64 * 1024 * 1024
"""In bytes."""
_PIECE = 64 * 1024
_REFUSED = frozenset({401, 403})
_BUSY = frozenset({408, 425, 429})


class UnansweredError(OutsideError):
    """The server is there, but has no answer to this question: it lacks the endpoint, or refuses the parameters."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to ask; raises UsageError for a URL that cannot be one. `authorization` is a header's value, never shown."""

    url: str
    authorization: str = field(default="", repr=False)
    timeout: float = TIMEOUT_SECONDS
    """Seconds for one answer."""

    def __post_init__(self) -> None:
        _check_url(self.url)

    def ask(self, path: str, **parameters: str | float | list[str]) -> Any:
        """The `data` of an answer below `/api/v1/`; a parameter may have several values.

        Raise UnansweredError where this question has no answer, and OutsideError where no other would have one either.
        """
        query = urlencode(parameters, doseq=True)
        body = self._read(f"{self.url.rstrip('/')}/api/v1/{path}" + (f"?{query}" if query else ""))
        try:
            answer = orjson.loads(body)
        except ValueError as error:
            raise UnansweredError(
                f"{self.url} does not answer as a Prometheus does: {path} is no JSON"
            ) from error
        if not isinstance(answer, dict) or answer.get("status") != "success" or "data" not in answer:
            raise UnansweredError(f"{self.url} does not answer as a Prometheus does: {path} has no data")
        return answer["data"]

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of an instant query; a scalar is one without labels."""
        data = self.ask("query", query=expr)
        try:
            if data["resultType"] == "scalar":
                return [({}, float(data["result"][1]))]
            return [(dict(row["metric"]), float(row["value"][1])) for row in data["result"]]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise UnansweredError(f"{self.url} does not answer as a Prometheus does: {error!r}") from error

    def _read(self, address: str) -> bytes:
        request = urllib.request.Request(address, headers={"Accept": "application/json"})
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        deadline = time.monotonic() + self.timeout
        opener = urllib.request.build_opener(_SameServer)
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                return self._body(answer, deadline)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from error
        except urllib.error.URLError as error:
            raise OutsideError(f"cannot ask {self.url}: {printable(str(error.reason))}") from error
        except TimeoutError as error:
            raise self._late() from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OutsideError(f"cannot ask {self.url}: {printable(str(error) or repr(error))}") from error

    def _body(self, answer: http.client.HTTPResponse, deadline: float) -> bytes:
        """Piece by piece, since a time-out of the connection starts again with every byte."""
        pieces: list[bytes] = []
        size = 0
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise OutsideError(
                    f"{self.url} answers with more than {LARGEST_ANSWER >> 20} MiB; ask for less"
                )
            if time.monotonic() > deadline:
                raise self._late()
        return b"".join(pieces)

    def _late(self) -> OutsideError:
        return OutsideError(f"{self.url} has not answered within {self.timeout:g} s")

    def _refused(self, error: urllib.error.HTTPError) -> OutsideError:
        if error.code in _REFUSED:
            return OutsideError(f"{self.url} answered {error.code}: it wants other credentials")
        text = _reason(error)
        message = f"{self.url} answered {error.code}{': ' if text else ''}{text}"
        is_about_question = 400 <= error.code < 500 and error.code not in _BUSY
        return UnansweredError(message) if is_about_question or error.code == 501 else OutsideError(message)


def query(url: str, expr: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series of an instant query; raise OutsideError when there is no answer."""
    return Server(url).query(expr)


def bearer(token: str) -> str:
    """The header of a token."""
    return f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """The header of a user's password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _reason(error: urllib.error.HTTPError) -> str:
    """What the server says about an error: Prometheus' own message, or the beginning of whatever it is."""
    try:
        body = error.read(2000)
    except (OSError, http.client.HTTPException):
        return ""
    try:
        text = str(orjson.loads(body)["error"])
    except (KeyError, TypeError, ValueError):
        text = body.decode(errors="replace")
    return printable(" ".join(text[:300].split()))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_address, parts = False, SplitResult("", "", "", "", "")
    if "@" in parts.netloc:
        raise UsageError("a URL must not hold credentials; give a token by `--token-file` or `--token-env`")
    if not is_address or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise UsageError(f"`{printable(url)}` is not a URL of a Prometheus, such as http://localhost:9090")


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to the same server, or from http to https on the same host: the header goes along."""

    def redirect_request(
        self,
        request: urllib.request.Request,
        answer: IO[bytes],
        code: int,
        message: str,
        headers: http.client.HTTPMessage,
        location: str,
    ) -> urllib.request.Request | None:
        before, after = urlsplit(request.full_url), urlsplit(urljoin(request.full_url, location))
        is_same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
        is_secured = before.hostname == after.hostname and (before.scheme, after.scheme) == ("http", "https")
        if not (is_same or is_secured):
            raise OutsideError(
                f"{before.scheme}://{before.netloc} redirects to {printable(f'{after.scheme}://{after.netloc}')}; "
                "give the URL that answers"
            )
        return super().redirect_request(request, answer, code, message, headers, location)
