"""Asks a Prometheus, or what answers like one. Only for commands that were given its URL.

An answer is data until somebody has looked at each part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from promgen.base.errors import OutsideError
from promgen.clients.exchange import TIMEOUT_SECONDS, Answer, Endpoint, check_url

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
        check_url(
            self.url,
            "a Prometheus, such as http://localhost:9090",
            "give a token by `--token-file` or `--token-env`",
        )

    def ask(self, path: str, **parameters: str | float | list[str]) -> Any:
        """The `data` of an answer below `/api/v1/`; a parameter may have several values.

        Raise UnansweredError where this question has no answer, and OutsideError where no other would have one either.
        """
        query = urlencode(parameters, doseq=True)
        body = self._read(f"/api/v1/{path}" + (f"?{query}" if query else ""))
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

    def _read(self, path: str) -> bytes:
        endpoint = Endpoint(self.url, self.authorization, self.timeout)
        answer = endpoint.exchange(path, headers={"Accept": "application/json"})
        if not answer.is_success:
            raise self._refused(answer)
        return answer.body

    def _refused(self, answer: Answer) -> OutsideError:
        status, text = answer.status, answer.reason
        if status in _REFUSED:
            return OutsideError(f"{self.url} answered {status}: it wants other credentials")
        message = f"{self.url} answered {status}{': ' if text else ''}{text}"
        is_about_question = 400 <= status < 500 and status not in _BUSY
        return UnansweredError(message) if is_about_question or status == 501 else OutsideError(message)


def query(url: str, expr: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series of an instant query; raise OutsideError when there is no answer."""
    return Server(url).query(expr)
