"""Objects of Kubernetes as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Object(NamedTuple):
    """One object; `body` is what stands beside its metadata, and `source` what it was made from."""

    api_version: str
    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    body: Mapping[str, Any]
    source: str
