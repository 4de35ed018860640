"""The wire format of who is told: teams, receivers, routing, silences and maintenance.

A receiver is one way to reach people. Routing says, per priority, how quickly and through which receivers a system speaks;
a team adds its own:

    apiVersion: promgen/v1
    kind: Routing
    metadata: {name: shop, system: shop}
    spec:
      priorities:
        P0: {acknowledge: 5m, repeat: 30m, receivers: [shop-pager, shop-alerts]}
        P2: {acknowledge: 1h, receivers: [shop-alerts], workingHours: true}
"""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promgen.base.addresses import read_address
from promgen.base.durations import DAY, Duration
from promgen.compiler.spec.patterns import bad
from promgen.compiler.spec.selectors import Selector
from promgen.compiler.spec.values import (
    ClockValue,
    DurationValue,
    LabelName,
    Name,
    PathValue,
    Reference,
    TimeValue,
    WaitValue,
    ZoneValue,
)
from promgen.compiler.spec.wire import Metadata, Wire

_LONGEST = DAY * 365


def _text(text: str) -> str:
    if "{{" in text or not text.isprintable():
        raise bad("spec/bad-value", f"`{text}` would be read as a template, or is no line of text")
    return text


def _url(url: str) -> str:
    address = read_address(url)
    if address.has_credentials:
        raise bad("spec/secret", "an address must not hold credentials; they would stand in every output")
    if not address.is_http or " " in url or re.search(r"%(?![0-9A-Fa-f]{2})", url):
        raise bad("spec/bad-value", f"`{url}` is no address; write for example https://hooks.example/alerts")
    return _text(url)


def _host_and_port(text: str) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:\[\]{}]+):\d{1,5}", text):
        raise bad("spec/bad-value", f"`{text}` is no host with a port; write for example smtp.example:587")
    return text


def _group_labels(labels: list[str]) -> list[str]:
    if len(set(labels)) < len(labels) or ("..." in labels and len(labels) > 1):
        raise bad("spec/bad-value", "each label once, or `...` alone, which is a message for each alert")
    return labels


def _wait(duration: Duration) -> Duration:
    if duration > _LONGEST:
        raise bad("spec/bad-value", f"`{duration}` is longer than a year")
    return duration


TextValue = Annotated[str, Field(min_length=1), AfterValidator(_text)]
UrlValue = Annotated[str, AfterValidator(_url)]
GroupLabels = Annotated[list[LabelName], AfterValidator(_group_labels)]
PriorityName = Literal["P0", "P1", "P2", "P3"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WORKING_DAYS: list[Weekday] = ["monday", "tuesday", "wednesday", "thursday", "friday"]


# Teams


class Hours(Wire):
    """Working hours."""

    zone: ZoneValue
    """Time zone, such as Europe/London; clocks that change are followed."""
    days: list[Weekday] = Field(default=WORKING_DAYS, min_length=1)
    """Days of the week."""
    from_: ClockValue = Field(alias="from")
    """First minute."""
    to: ClockValue
    """First minute after; "24:00" is the end of the day, and a time before `from` is of the next day."""


class TeamSpec(Wire):
    """People who own services."""

    description: str | None = None
    """What the team is responsible for."""
    contacts: dict[str, str] = {}
    """How to reach it, such as chat and email."""
    receivers: dict[PriorityName, list[Name]] = {}
    """Its own Receivers by priority, beside those that the Routing of a system names."""
    schedules: list[str] = []
    """Names of its on-call schedules."""
    hours: Hours | None = None
    """When it works; needed where a priority waits for working hours."""


# Receivers


class KubernetesSecret(Wire):
    """A key of a Secret in the namespace of the Alertmanager."""

    name: str = Field(min_length=1)
    """Name of the Secret."""
    key: str = Field(min_length=1)
    """Key in it."""


class SecretSpec(Wire):
    """Where a secret is found; the secret itself is never written in a specification."""

    refers_to_secret = True
    file: PathValue | None = None
    """File on the machine of the Alertmanager."""
    kubernetes: KubernetesSecret | None = None
    """Secret for an AlertmanagerConfig."""


class SlackSpec(Wire):
    """A channel of Slack."""

    channel: TextValue
    """Channel, such as "#alerts"."""
    webhook: SecretSpec
    """URL of the incoming webhook."""


class TeamsSpec(Wire):
    """A channel of Microsoft Teams, through a workflow's webhook."""

    webhook: SecretSpec
    """URL of the workflow; Alertmanager knows these since 0.28, for an older one promgen's webhook passes it on."""


class PagerDutySpec(Wire):
    """A service of PagerDuty; it wakes people up."""

    routing_key: SecretSpec
    """Integration key of the Events API version 2."""
    url: UrlValue | None = None
    """Another address of the Events API."""


class OpsgenieSpec(Wire):
    """Opsgenie, or what speaks its API; it wakes people up."""

    api_key: SecretSpec
    """Key of an API integration."""
    url: UrlValue | None = None
    """Another address of the API."""


class EmailSpec(Wire):
    """Email."""

    to: list[TextValue] = Field(min_length=1)
    """Addresses."""


class WebhookSpec(Wire):
    """An HTTP service that takes Alertmanager's webhook."""

    url: UrlValue | None = None
    """Address, where it is no secret; give either this or `secretUrl`."""
    secret_url: SecretSpec | None = None
    """Address that is a secret; Alertmanager reads it from a file since 0.26."""
    token: SecretSpec | None = None
    """Bearer token."""
    timeout: DurationValue | None = None
    """For one request; Alertmanager has it since 0.28."""
    max_alerts: int = Field(default=0, ge=0)
    """Most alerts in one message; 0 for all."""
    pages: bool = False
    """It wakes people up, such as a gateway to telephones."""


class PromgenSpec(Wire):
    """promgen's own service."""

    url: UrlValue
    """Address of its webhook."""
    token: SecretSpec | None = None
    """Bearer token."""
    timeout: DurationValue | None = None
    """For one request; Alertmanager has it since 0.28."""


class ReceiverSpec(Wire):
    """One way to reach people; exactly one kind."""

    slack: SlackSpec | None = None
    """A channel of Slack."""
    teams: TeamsSpec | None = None
    """A channel of Microsoft Teams."""
    pagerduty: PagerDutySpec | None = None
    """A service of PagerDuty."""
    opsgenie: OpsgenieSpec | None = None
    """Opsgenie, or what speaks its API."""
    email: EmailSpec | None = None
    """Email."""
    webhook: WebhookSpec | None = None
    """An HTTP service."""
    promgen: PromgenSpec | None = None
    """promgen's own service."""
    description: str | None = None
    """Who reads it."""
    send_resolved: bool | None = None
    """Whether it is told that alerts ended; true but for email."""


# Routing


class SmtpSpec(Wire):
    """How email is sent."""

    smarthost: Annotated[str, AfterValidator(_host_and_port)]
    """Host and port."""
    from_: TextValue = Field(alias="from")
    """Sender."""
    username: str | None = None
    """User."""
    password: SecretSpec | None = None
    """Password."""


class PrioritySpec(Wire):
    """How one priority is told; what is left out comes from the project's Routing, then from promgen's defaults."""

    acknowledge: DurationValue | None = None
    """Within which somebody says that they look at it."""
    respond: DurationValue | None = None
    """Within which somebody works on it."""
    receivers: list[Name] | None = None
    """Receivers; those of the owning team are added."""
    working_hours: bool | None = None
    """Told only in the working hours of the owning team; what happens outside of them is told when they begin."""
    outside: list[Name] | None = None
    """Receivers outside of working hours instead."""
    group_by: GroupLabels | None = None
    """Labels that alerts of one message share; `...` for a message each."""
    group_wait: Annotated[WaitValue, AfterValidator(_wait)] | None = None
    """How long the first message of a group waits for more alerts."""
    group_interval: Annotated[DurationValue, AfterValidator(_wait)] | None = None
    """How long the next one waits; failed deliveries are repeated for as long."""
    repeat: Annotated[DurationValue, AfterValidator(_wait)] | None = None
    """How long an alert that goes on is silent before it is told again."""


class RoutingSpec(Wire):
    """Who is told, of one system; or of the whole project, for what is nobody's, when it names no system."""

    unrouted: list[Name] | None = None
    """Receivers of alerts that no system or no priority claims; the project's Routing needs them."""
    incidents: Name | None = None
    """Receiver of kind `promgen` that is told of every alert beside the others."""
    smtp: SmtpSpec | None = None
    """How email is sent; only in the project's Routing."""
    group_by: GroupLabels | None = None
    """Labels that alerts of one message share, of every priority."""
    priorities: dict[PriorityName, PrioritySpec] = {}
    """Per priority: P0 is critical, P1 high, P2 medium, P3 low and info."""


# Quiet times


class SilenceSpec(Wire):
    """Alerts that are silent for a while, once; `promgen push` brings it to Alertmanager."""

    from_: TimeValue = Field(alias="from")
    """First moment."""
    to: TimeValue
    """First moment after."""
    reason: str = Field(min_length=10)
    """Why; shown in Alertmanager."""
    owner: Name
    """Team that answers for it."""
    matchers: Selector = Field(min_length=1)
    """Which alerts: labels with a value, a list of values, `matches`, `notMatches` or `isNot`."""


class MaintenanceSpec(Wire):
    """A window that comes again; what may wait is told after it."""

    services: list[Reference] = Field(min_length=1)
    """Services that are worked on."""
    days: list[Weekday] = []
    """Days of the week; every day when empty."""
    days_of_month: list[int] = []
    """Days of the month, 1 to 31; -1 is the last."""
    from_: ClockValue = Field(alias="from")
    """First minute."""
    to: ClockValue
    """First minute after; "24:00" is the end of the day, and a time before `from` is of the next day."""
    zone: ZoneValue
    """Time zone, such as Europe/London."""
    reason: str = Field(min_length=10)
    """Why."""
    owner: Name
    """Team that answers for it."""
    environments: list[Name] = []
    """Only in these; in all when empty."""
    priorities: list[Literal["P2", "P3"]] = Field(default=["P2", "P3"], min_length=1)
    """What may wait; P0 and P1 never do. A Silence is for once and for everything."""


# Documents


class TeamDocument(Wire):
    """People who own services, and how they are reached."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Team"]
    metadata: Metadata
    spec: TeamSpec


class ReceiverDocument(Wire):
    """One way to reach people."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Receiver"]
    metadata: Metadata
    spec: ReceiverSpec


class RoutingDocument(Wire):
    """Who is told, how quickly and how often."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Routing"]
    metadata: Metadata
    spec: RoutingSpec


class SilenceDocument(Wire):
    """Alerts that are silent for a while, once."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Silence"]
    metadata: Metadata
    spec: SilenceSpec


class MaintenanceDocument(Wire):
    """A window that comes again, in which some alerts wait."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Maintenance"]
    metadata: Metadata
    spec: MaintenanceSpec
