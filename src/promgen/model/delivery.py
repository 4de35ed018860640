"""Where the outputs of a project are brought, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FolderReader = Literal["prometheus", "thanos", "victoriametrics", "alertmanager"]
RulerKind = Literal["mimir", "loki"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Where the machine that pushes finds a secret: an environment variable or a file; one is empty."""

    env: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An HTTP API; at most one of a token and a user with a password."""

    url: str
    token: Credential | None = None
    username: str = ""
    password: Credential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """A ruler that takes one group per request."""

    kind: RulerKind
    access: Access
    tenant: str = ""
    namespace: str = "promgen"
    """Beginning of the names of all namespaces that belong to the project."""
    rules_per_group: int = 20
    """Most rules in one group; 0 is no limit."""
    groups: int = 70
    """Most groups of the tenant; 0 is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder on the machine that pushes, and the server that is asked to read it again."""

    reader: FolderReader
    folder: str
    reload: Access | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """Objects for prometheus-operator; only written, never pushed."""

    namespace: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    rules: bool = True
    alertmanager_config: bool = False
    config_map: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One place that outputs are brought to."""

    name: str
    to: Ruler | Folder | Kubernetes
    environments: tuple[str, ...] = ()
    """Only their rules; all when empty."""
    files: tuple[str, ...] = ()
    """Plain rule files of the project, instead of what is compiled."""
