"""The silences of an Alertmanager, by its API v2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from promgen.base.errors import OutsideError
from promgen.clients.exchange import Answer, Endpoint, Patience

_PATH = "/api/v2/silences"
_JSON = {"Accept": "application/json"}
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceApi:
    """Methods raise RefusedError for an answer that says no, OutsideError without a usable one."""

    endpoint: Endpoint
    patience: Patience
    creator: str
    """Who creates the silences of the project; those of others are not touched."""

    def read(self) -> list[dict[str, Any]]:
        """Every silence that is active or pending, as the API lists it, `id` among its fields."""
        listed = self._data(self.patience.ask(lambda: self.endpoint.exchange(_PATH, headers=_JSON)))
        if not isinstance(listed, list):
            raise OutsideError(f"{self.endpoint.url} does not list silences as an Alertmanager does")
        return [one for one in listed if isinstance(one, dict) and _state(one) != "expired"]

    def create(self, silence: dict[str, Any]) -> str:
        """Create a silence; its id. Asked once only: a second request would be a second silence."""
        answer = self.endpoint.exchange(
            _PATH,
            method="POST",
            body=orjson.dumps(silence),
            headers=_JSON | {"Content-Type": "application/json"},
        )
        data = self._data(answer)
        if not isinstance(data, dict) or not isinstance(data.get("silenceID"), str):
            raise OutsideError(f"{self.endpoint.url} does not say which silence it created")
        return str(data["silenceID"])

    def expire(self, identifier: str) -> None:
        """End a silence now; one that has ended or is unknown stays so."""

        def ask() -> Answer:
            answer = self.endpoint.exchange(f"/api/v2/silence/{identifier}", method="DELETE", headers=_JSON)
            is_unknown = "not found" in answer.reason  # 0.25 says so with the status 500
            return answer._replace(status=_NOT_FOUND) if is_unknown else answer

        answer = self.patience.ask(ask)
        if answer.status != _NOT_FOUND and not answer.is_success:
            raise self.endpoint.refusal(answer)

    def _data(self, answer: Answer) -> Any:
        if not answer.is_success:
            raise self.endpoint.refusal(answer)
        try:
            return orjson.loads(answer.body)
        except ValueError as error:
            raise OutsideError(f"{self.endpoint.url} answers with something else than JSON") from error


def _state(silence: dict[str, Any]) -> Any:
    status = silence.get("status")
    return status.get("state") if isinstance(status, dict) else None
