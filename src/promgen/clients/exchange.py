"""One exchange over HTTP, and how to be patient with a server that is busy.

An answer is taken from the host that was named and from no other, up to a size and within a time. What a status means is
the caller's business.
"""

from __future__ import annotations

import base64
import email.utils
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import orjson

from promgen.base.addresses import read_address
from promgen.base.errors import OutsideError, UsageError
from promgen.base.printable import printable

TIMEOUT_SECONDS = 30.0
LARGEST_ANSWER = 64 * 1024 * 1024
"""In bytes."""
_PIECE = 64 * 1024
_REFUSAL = 2000
"""Bytes of an error's text that are read."""
_NO_ACCESS = frozenset({401, 403})


class UnreachedError(OutsideError):
    """No whole answer came: the same question may have one later. What it asked for may have been done."""


class RefusedError(OutsideError):
    """The server answered that it does not do what it was asked, and has not done it."""


class Answer(NamedTuple):
    """What came back; of an error only the beginning of the body."""

    status: int
    body: bytes
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_busy(self) -> bool:
        """Whether the same question may be answered later."""
        return self.status == 429 or (self.status >= 500 and self.status != 501)

    @property
    def reason(self) -> str:
        """What the server says about an error: a message in JSON, or the beginning of whatever it is; for a terminal."""
        return printable(" ".join(_message(self.body)[:300].split()))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask. `authorization` is a header's value, never shown."""

    url: str
    authorization: str = field(default="", repr=False)
    timeout: float = TIMEOUT_SECONDS
    """Seconds for one answer."""

    def exchange(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request below the URL, whatever its status.

        Raise UnreachedError where none came, and OutsideError for one that leads elsewhere or has no end.
        """
        request = urllib.request.Request(self.url.rstrip("/") + path, data=body, method=method)
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        deadline = time.monotonic() + self.timeout
        opener = urllib.request.build_opener(_SameServer)
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                return Answer(answer.status, self._body(answer, deadline))
        except urllib.error.HTTPError as error:
            return Answer(error.code, _beginning(error), error.headers.get("Retry-After", ""))
        except urllib.error.URLError as error:
            raise UnreachedError(f"cannot ask {self.url}: {printable(str(error.reason))}") from error
        except TimeoutError as error:
            raise self._late() from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnreachedError(f"cannot ask {self.url}: {printable(str(error) or repr(error))}") from error

    def refusal(self, answer: Answer) -> OutsideError:
        """An answer that is no success, as an error; a RefusedError unless the server failed on the way."""
        text = answer.reason or ("it wants other credentials" if answer.status in _NO_ACCESS else "")
        for secret in filter(None, (self.authorization, self.authorization.partition(" ")[2])):
            text = text.replace(secret, "<secret>")
        message = f"{self.url} answered {answer.status}{': ' if text else ''}{text}"
        return OutsideError(message) if answer.is_busy else RefusedError(message)

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

    def _late(self) -> UnreachedError:
        return UnreachedError(f"{self.url} has not answered within {self.timeout:g} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and after which pauses a question is asked again; each pause is twice the one before."""

    attempts: int = 5
    first: float = 0.5
    """Seconds of the first pause."""
    longest: float = 30.0
    """Seconds that a server may ask for; one that asks for more is not waited for."""
    sleep: Callable[[float], None] = time.sleep

    def ask(self, exchange: Callable[[], Answer]) -> Answer:
        """The first answer that another attempt would not change, or the last one; raise OutsideError as it does."""
        for attempt in range(self.attempts - 1):
            pause = self.first * 2**attempt
            try:
                answer = exchange()
            except UnreachedError:
                self.sleep(pause)
                continue
            wanted = _seconds(answer.retry_after) or 0.0
            if not answer.is_busy or wanted > self.longest:
                return answer
            self.sleep(max(pause, wanted))
        return exchange()


def bearer(token: str) -> str:
    """The header of a token."""
    return f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """The header of a user's password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def check_url(url: str, what: str, credentials: str) -> None:
    """Raise UsageError for a text that is no address of `what`, or holds `credentials` that belong elsewhere."""
    address = read_address(url)
    if address.has_credentials:
        raise UsageError(f"a URL must not hold credentials; {credentials}")
    has_more = address.parts.query or address.parts.fragment
    if not address.is_http or has_more or not url.isprintable() or " " in url:
        raise UsageError(f"`{printable(url)}` is not a URL of {what}")


def _seconds(text: str) -> float | None:
    """What a `Retry-After` asks for: seconds, or a moment; None where it says neither."""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _beginning(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_REFUSAL)
    except (OSError, http.client.HTTPException):
        return b""


def _message(body: bytes) -> str:
    try:
        data: Any = orjson.loads(body)
    except ValueError:
        return body.decode(errors="replace")
    if isinstance(data, dict):
        data = data.get("error") or data.get("message")
    return data if isinstance(data, str) else body.decode(errors="replace")


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to the same server, or from http to https on the same host: the header goes along.

    Only where something is read: what is written would arrive as a question.
    """

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
        if request.get_method() != "GET" or not (is_same or is_secured):
            raise OutsideError(
                f"{before.scheme}://{before.netloc} redirects to {printable(f'{after.scheme}://{after.netloc}')}; "
                "give the URL that answers"
            )
        return super().redirect_request(request, answer, code, message, headers, location)
