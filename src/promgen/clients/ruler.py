"""The configuration API of a ruler, as Mimir, Cortex and Loki have it: one group a request, in YAML, for one tenant.

Groups go and come as text; what is in them is somebody else's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from promgen.clients.exchange import Answer, Endpoint, Patience

PATHS: Final = {"mimir": "/prometheus/config/v1/rules", "loki": "/loki/api/v1/rules"}
"""Where the API is below a server's URL, by kind of ruler."""
TENANT_HEADER: Final = "X-Scope-OrgID"
_YAML: Final = {"Content-Type": "application/yaml"}
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class RulerApi:
    """The rules of one tenant. Every method raises RefusedError for an answer that says no, OutsideError without one."""

    endpoint: Endpoint
    path: str
    """Of the API, below the endpoint's URL."""
    tenant: str
    """Empty where the server has only one."""
    patience: Patience

    def read(self) -> str:
        """Every namespace with its groups, as one YAML document; empty when the tenant has none."""
        answer = self._ask("GET", self.path)
        return "" if answer.status == _NOT_FOUND else self._taken(answer).decode(errors="replace")

    def set_group(self, namespace: str, group: bytes) -> None:
        """Create a group, or replace the one of its name."""
        self._taken(self._ask("POST", f"{self.path}/{_escaped(namespace)}", group))

    def delete_group(self, namespace: str, name: str) -> None:
        """Delete a group, which may be gone already."""
        answer = self._ask("DELETE", f"{self.path}/{_escaped(namespace)}/{_escaped(name)}")
        if answer.status != _NOT_FOUND:
            self._taken(answer)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {TENANT_HEADER: self.tenant} if self.tenant else {}
        if body is not None:
            headers |= _YAML
        return self.patience.ask(
            lambda: self.endpoint.exchange(path, method=method, body=body, headers=headers)
        )

    def _taken(self, answer: Answer) -> bytes:
        if not answer.is_success:
            raise self.endpoint.refusal(answer)
        return answer.body


def _escaped(name: str) -> str:
    """As one part of a path."""
    return quote(name, safe="")
