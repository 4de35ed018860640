"""Who is told of alerts: receivers, how each priority of a system is told, silences and maintenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from promgen.base.conventions import Priority
from promgen.base.durations import Duration
from promgen.base.versions import Version
from promgen.promql import LabelMatcher

TEAMS_SINCE: Version = (0, 28)
"""Alertmanager's `msteamsv2_configs`; the connectors before it do not exist any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where the Alertmanager finds a secret: a file, or a key of a Kubernetes Secret; what is not given is empty."""

    file: str = ""
    kubernetes_name: str = ""
    kubernetes_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A channel of Slack; the webhook's URL is a secret."""

    channel: str
    webhook: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """A channel of Microsoft Teams."""

    webhook: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A service of PagerDuty; an empty URL is its own."""

    routing_key: Secret
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opsgenie:
    """Opsgenie, or what speaks its API."""

    api_key: Secret
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """Addresses."""

    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An HTTP service; either `url` or `secret_url`."""

    url: str = ""
    secret_url: Secret | None = None
    token: Secret | None = None
    timeout: Duration | None = None
    max_alerts: int = 0
    """0 for all."""
    pages: bool = False
    is_promgen: bool = False
    """Whether it is promgen's own service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One way to reach people."""

    name: str
    system: str
    channel: Slack | Teams | PagerDuty | Opsgenie | Email | Webhook
    description: str = ""
    send_resolved: bool = True
    origin: str
    """The file it is written in."""

    @property
    def is_pager(self) -> bool:
        """Whether it wakes people up."""
        return isinstance(self.channel, PagerDuty | Opsgenie) or (
            isinstance(self.channel, Webhook) and self.channel.pages
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Working hours: minutes of the day, the second excluded, and before the first in a night; 0 is Sunday."""

    zone: str
    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How one priority of a system is told."""

    priority: Priority
    receivers: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Receivers outside of working hours; nobody is told until they begin where there are none."""
    working_hours: bool = False
    acknowledge: Duration | None = None
    respond: Duration | None = None
    group_by: tuple[str, ...]
    group_wait: Duration
    group_interval: Duration
    repeat: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Who is told, of one system; an empty system is the project, for what is nobody's."""

    name: str
    system: str
    unrouted: tuple[str, ...] = ()
    incidents: str = ""
    """Receiver that is told of everything."""
    handlings: tuple[Handling, ...] = ()
    """One per priority, the worst first; of the project only where it has services without a system."""
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """How email is sent."""

    smarthost: str
    sender: str
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts that are silent for a while, once."""

    name: str
    start: datetime
    end: datetime
    reason: str
    owner: str
    matchers: tuple[LabelMatcher, ...]
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window that comes again; minutes of the day, the second excluded and before the first in a night."""

    name: str
    services: tuple[str, ...]
    days: tuple[int, ...] = ()
    """Of the week, 0 is Sunday; every day when empty."""
    days_of_month: tuple[int, ...] = ()
    """-1 is the last."""
    start: int
    end: int
    zone: str
    reason: str
    owner: str
    environments: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = field(default=(Priority.P2, Priority.P3))
    origin: str
