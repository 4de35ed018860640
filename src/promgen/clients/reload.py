"""Asks a server to read its files again, and what it has read then: Prometheus, Thanos Ruler, vmalert, Alertmanager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from promgen.base.errors import OutsideError
from promgen.clients.exchange import Endpoint, Patience

_JSON = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadApi:
    """A server that reads files. Methods raise RefusedError for an answer that says no, OutsideError without one."""

    endpoint: Endpoint
    patience: Patience

    def reload(self) -> None:
        """Have the files read again. A server that finds them wrong refuses, but for vmalert, which does it later."""
        answer = self.endpoint.exchange("/-/reload", method="POST", body=b"")
        if not answer.is_success:
            raise self.endpoint.refusal(answer)

    def loaded_groups(self) -> list[Any]:
        """The groups of rules that run, as the API of Prometheus lists them."""
        data = self._ask("/api/v1/rules")
        groups = data.get("data", {}).get("groups") if isinstance(data.get("data"), dict) else None
        if not isinstance(groups, list):
            raise OutsideError(f"{self.endpoint.url} does not list its rules as a Prometheus does")
        return groups

    def loaded_alertmanager(self) -> str:
        """The configuration that an Alertmanager runs, as YAML, with its defaults filled in and its secrets hidden."""
        config = self._ask("/api/v2/status").get("config")
        original = config.get("original") if isinstance(config, dict) else None
        if not isinstance(original, str):
            raise OutsideError(f"{self.endpoint.url} does not show its configuration as an Alertmanager does")
        return original

    def _ask(self, path: str) -> dict[str, Any]:
        answer = self.patience.ask(lambda: self.endpoint.exchange(path, headers=_JSON))
        if not answer.is_success:
            raise self.endpoint.refusal(answer)
        try:
            data = orjson.loads(answer.body)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise OutsideError(
                f"{self.endpoint.url}{path} answers with something else than an object of JSON"
            )
        return data
