"""What Prometheus scrapes, with everything resolved: names, intervals, and the labels of environments on their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from promgen.base.durations import Duration

Role = Literal["pod", "service", "endpoints", "node"]

IDENTITY = ("__name__", "job", "instance", "le", "quantile")
"""Labels that a series cannot lose without becoming another one: its name, its target, its bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """Addresses that have all of their labels in common; those of the environment are among them."""

    addresses: tuple[str, ...]
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace of Kubernetes, and the labels of the environment that runs in it."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A label of Kubernetes objects, and the values that it must, or must not, have."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Objects of Kubernetes; all namespaces where none is named."""

    role: Role
    namespaces: tuple[Namespace, ...] = ()
    name: str = ""
    having: tuple[Choice, ...] = ()
    lacking: tuple[Choice, ...] = ()
    jobs: Choice | None = None
    """The label whose value becomes the job, and its values."""
    port: str = ""
    """Name or number."""
    is_annotated: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    """Labels of every target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Paths on the machine of Prometheus; empty where nothing is said."""

    ca: str = ""
    server_name: str = ""
    certificate: str = ""
    key: str = ""
    is_verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A bearer token, or a user with a password; secrets are paths of files on the machine of Prometheus."""

    token_file: str = ""
    username: str = ""
    password_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of a scrape is stored, as regular expressions for whole names; all of it where none is given."""

    metrics: tuple[str, ...] = ()
    dropped_metrics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    dropped_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeJob:
    """One scrape job: target groups, or a discovery."""

    name: str
    """Unique among jobs and probes."""
    system: str
    origin: str
    """The file it is written in."""
    job: str
    """Value of the label `job`, where the discovery does not give it."""
    interval: Duration
    timeout: Duration | None = None
    is_shared: bool = False
    """Whether its series carry the labels of no environment."""
    groups: tuple[TargetGroup, ...] = ()
    discovery: Discovery | None = None
    path: str = "/metrics"
    scheme: Literal["http", "https"] = "http"
    tls: Tls | None = None
    login: Login | None = None
    honours_labels: bool = False
    sample_limit: int = 0
    label_limit: int = 0
    kept: Kept = Kept()
    fallback_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCheck:
    """`contains` and `lacks` are regular expressions for a part of the body; any 2xx where no status is named."""

    method: str = "GET"
    status: tuple[int, ...] = ()
    contains: str = ""
    lacks: str = ""
    needs_tls: bool = False
    follows_redirects: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCheck:
    """A connection that is accepted."""

    needs_tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpCheck:
    """An echo request that is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsCheck:
    """A query that is answered with one of the codes."""

    query: str
    type: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Endpoints that the blackbox exporter at an address checks."""

    name: str
    """Unique among jobs and probes."""
    system: str
    origin: str
    job: str
    interval: Duration
    timeout: Duration | None = None
    """For the endpoint's answer."""
    is_shared: bool = False
    exporter: str
    check: HttpCheck | TcpCheck | IcmpCheck | DnsCheck
    groups: tuple[TargetGroup, ...]


Scraped = ScrapeJob | Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The Prometheus that scrapes."""

    external_labels: dict[str, str] = field(default_factory=dict)
    alertmanagers: tuple[str, ...] = ()


def target_labels(scraped: Scraped) -> Iterator[dict[str, str]]:
    """The labels that are known of its targets, `job` among them, once for each combination."""
    if isinstance(scraped, ScrapeJob) and scraped.discovery is not None:
        yield from _discovered(scraped, scraped.discovery)
    else:
        yield from ({**group.labels, "job": scraped.job} for group in scraped.groups)


def _discovered(scraped: ScrapeJob, discovery: Discovery) -> Iterator[dict[str, str]]:
    places: tuple[dict[str, str], ...] = ({},)
    if discovery.namespaces and not scraped.is_shared:
        places = tuple({"namespace": place.name, **place.labels} for place in discovery.namespaces)
    for job in discovery.jobs.values if discovery.jobs else (scraped.job,):
        yield from ({**discovery.labels, **place, "job": job} for place in places)
