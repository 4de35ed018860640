"""The wire format of what Prometheus scrapes: jobs, and probes of endpoints from outside.

    apiVersion: promgen/v1
    kind: ScrapeJob
    metadata: {name: cart, system: shop}
    spec:
      targets:
        - {environment: production, addresses: ["cart-1.shop.example:9100"], labels: {region: eu}}
    ---
    apiVersion: promgen/v1
    kind: Probe
    metadata: {name: shop-pages, system: shop}
    spec:
      exporter: blackbox.shop.example:9115
      http: {status: [200], tls: true}
      targets:
        - {environment: production, addresses: ["https://shop.example/"]}

The labels by which an environment selects are added to its targets.
"""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, Tag, WithJsonSchema, model_validator

from promgen.compiler.spec.patterns import Pattern, PatternValue, bad
from promgen.compiler.spec.values import DurationValue, LabelName, Name, PathValue
from promgen.compiler.spec.wire import ByShape, Metadata, Wire

_KUBERNETES_KEY = r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KUBERNETES_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_KUBERNETES_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"

_RUST_ONLY = re.compile(r"\(\?(?!:|P<|[imsU-]+[:)])|\\b\{|&&|~~|--")
"""Groups and flags that RE2 has not in every release, and set operations on classes, which it takes for characters."""
_MOST_REPEATS = 1_000


def _text(pattern: str, spoken: str) -> Any:
    """A text of a form; what is written into a selector or an address cannot become something else in it."""
    regex = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str) or not regex.fullmatch(value):
            raise bad("spec/bad-value", f"`{value}` is not {spoken}")
        return value

    return [BeforeValidator(check), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})]


def _portable(pattern: Pattern) -> Pattern:
    """A pattern that is written into a configuration is read by Go, which differs from what read it here."""
    repeats = (
        int(number)
        for bounds in re.findall(r"\{(\d+)(?:,(\d*))?\}", pattern.text)
        for number in bounds
        if number
    )
    if _RUST_ONLY.search(pattern.text) or max(repeats, default=0) > _MOST_REPEATS:
        raise bad(
            "spec/bad-value", f"`{pattern.text}` is not a regular expression that Prometheus reads (RE2)"
        )
    return pattern


Re2Value = Annotated[PatternValue, AfterValidator(_portable)]
KubernetesKey = Annotated[str, *_text(_KUBERNETES_KEY, "the name of a Kubernetes label")]
KubernetesValue = Annotated[str, *_text(_KUBERNETES_VALUE, "a value of a Kubernetes label")]
KubernetesName = Annotated[str, *_text(_KUBERNETES_NAME, "the name of a Kubernetes object")]
KubernetesValues = Annotated[
    Annotated[KubernetesValue, Tag("value")]
    | Annotated[list[KubernetesValue], Field(min_length=1), Tag("list")],
    ByShape,
]
HostAddress = Annotated[str, *_text(r"[^\s/?#@\x00-\x1f]+", "a host and a port, such as cart.example:9100")]
ProbedAddress = Annotated[str, *_text(r"[^\s\x00-\x1f]+", "an address without spaces")]
JobName = Annotated[str, *_text(r"[^\x00-\x1f\x7f]{1,200}", "the name of a job")]
UrlPath = Annotated[str, *_text(r"/[^\s?#\x00-\x1f]*", "a path, such as /metrics")]


# The server


class PrometheusSpec(Wire):
    """The Prometheus that scrapes; its configuration is written where the project has a ScrapeJob or a Probe."""

    external_labels: dict[LabelName, str] = {}
    """Labels of everything that leaves the server, such as cluster."""
    alertmanagers: list[HostAddress] = []
    """Alertmanagers that are told of alerts, as host and port."""

    @model_validator(mode="after")
    def check_dollars(self) -> Self:
        for label, value in self.external_labels.items():
            if "$" in value:
                what = (
                    "which Prometheus 3 replaces by the environment of its process and an older one does not"
                )
                raise bad("spec/bad-value", f"the value of `{label}` contains `$`, {what}")
        return self


# What both kinds have


class TlsSpec(Wire):
    """How the server's certificate is checked, and the own one; all paths are on the machine of Prometheus."""

    ca: PathValue | None = None
    """File with the certificates of the authority; the system's when left out."""
    server_name: str | None = Field(default=None, min_length=1)
    """Name that the certificate must have, where it is not the one in the address."""
    certificate: PathValue | None = None
    """File with the own certificate, with `key`."""
    key: PathValue | None = None
    """File with its key."""
    verify: bool = True
    """Whether the certificate is checked at all."""

    @model_validator(mode="after")
    def check_pair(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise bad("spec/missing-key", "a certificate needs its key, and a key its certificate")
        return self


class BasicAuthSpec(Wire):
    """A user and a password."""

    username: str = Field(min_length=1)
    """User."""
    password_file: PathValue
    """File with the password, on the machine of Prometheus."""


class ScrapeFields(Wire):
    """What is scraped, and how often."""

    description: str | None = None
    """One sentence."""
    job: JobName | None = None
    """Value of the label `job`; the name of the document when left out."""
    interval: DurationValue | None = None
    """Time between scrapes; that of the target when left out."""
    timeout: DurationValue | None = None
    """Time for one scrape; 10s, or the interval where it is shorter, when left out."""
    shared: bool = False
    """Serves all environments: the labels of none are added."""
    labels: dict[LabelName, str] = {}
    """Labels of every target."""


# Jobs


class TargetsSpec(Wire):
    """Targets that have their labels in common."""

    environment: Name | None = None
    """Environment they belong to; the labels by which it selects are added to theirs."""
    addresses: list[HostAddress] = Field(min_length=1)
    """Hosts with ports."""
    labels: dict[LabelName, str] = {}
    """Labels, such as region."""


class DiscoverySpec(Wire):
    """Targets that the API of Kubernetes lists."""

    role: Literal["pod", "service", "endpoints", "node"] = "pod"
    """What is scraped."""
    namespaces: list[KubernetesName] = []
    """Only in these; when empty in those that the system's environments select by, and in all where they select by none."""
    name: KubernetesName | None = None
    """Only the object of this name."""
    labels: dict[KubernetesKey, KubernetesValues] = {}
    """Only with these labels: a value, or one of a list."""
    without: dict[KubernetesKey, KubernetesValues] = {}
    """Only without these values of labels."""
    jobs: list[KubernetesValue] = []
    """Only where `jobLabel` has one of these values, which becomes the label `job`."""
    job_label: KubernetesKey = "app.kubernetes.io/name"
    """Label of pods, or of services, with the value for `job`."""
    port: str | int | None = None
    """Only the port of this name or number; every port when left out."""
    annotated: bool = False
    """Only what is annotated `prometheus.io/scrape: "true"`; `prometheus.io/port`, `path` and `scheme` are followed."""

    @model_validator(mode="after")
    def check_node(self) -> Self:
        if self.role == "node" and self.port is not None:
            raise bad("spec/bad-value", "a node has no ports to choose from; leave out `port`")
        if self.role == "node" and self.namespaces:
            raise bad("spec/bad-value", "a node is in no namespace; leave out `namespaces`")
        return self


class ScrapeJobSpec(ScrapeFields):
    """What Prometheus scrapes; give either `targets` or `kubernetes`."""

    targets: list[TargetsSpec] = []
    """Targets by address."""
    kubernetes: DiscoverySpec | None = None
    """Targets that the API of Kubernetes lists."""
    path: UrlPath = "/metrics"
    """Path of the metrics."""
    scheme: Literal["http", "https"] | None = None
    """How they are fetched; https where `tls` is given, otherwise http when left out."""
    tls: TlsSpec | None = None
    """How the server's certificate is checked."""
    token_file: PathValue | None = None
    """File with a bearer token, on the machine of Prometheus."""
    basic_auth: BasicAuthSpec | None = None
    """A user and a password instead."""
    honour_labels: bool = False
    """Labels that a target gives win over those that Prometheus would add; for what speaks for others."""
    sample_limit: int = Field(default=0, ge=0)
    """Most samples of one scrape; a larger one fails as a whole. 0 is no limit."""
    label_limit: int = Field(default=0, ge=0)
    """Most labels of one series; a scrape with more fails as a whole. 0 is no limit."""
    keep_metrics: list[Re2Value] = []
    """Regular expressions; only metrics that match one as a whole are stored."""
    drop_metrics: list[Re2Value] = []
    """Regular expressions; metrics that match one as a whole are not stored."""
    keep_labels: list[Re2Value] = []
    """Regular expressions; other labels are removed, but for those of targets and buckets."""
    drop_labels: list[Re2Value] = []
    """Regular expressions; labels that match one as a whole are removed."""
    fallback_protocol: (
        Literal["PrometheusText0.0.4", "PrometheusText1.0.0", "OpenMetricsText1.0.0"] | None
    ) = None
    """Format of targets that do not say which they send, and which Prometheus refuses otherwise; it has this since 3.0."""

    @model_validator(mode="after")
    def check_choices(self) -> Self:
        if bool(self.targets) == (self.kubernetes is not None):
            raise bad("spec/missing-key", "a job has either `targets` or `kubernetes`")
        if self.tls is not None and self.scheme == "http":
            raise bad("spec/bad-value", "`tls` needs the scheme https")
        if self.token_file is not None and self.basic_auth is not None:
            raise bad("spec/bad-value", "give either `tokenFile` or `basicAuth`")
        return self


class ScrapeJobDocument(Wire):
    """What Prometheus scrapes."""

    api_version: Literal["promgen/v1"]
    kind: Literal["ScrapeJob"]
    metadata: Metadata
    spec: ScrapeJobSpec


# Probes


class HttpCheck(Wire):
    """A request must be answered as expected."""

    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    """Method."""
    status: list[Annotated[int, Field(ge=100, le=599)]] = []
    """Expected status; any 2xx when empty."""
    contains: Re2Value | None = None
    """Regular expression that something in the body must match."""
    lacks: Re2Value | None = None
    """Regular expression that nothing in the body may match."""
    tls: bool = False
    """Whether the answer must come over TLS."""
    follow_redirects: bool = True
    """Whether the answer is that of the place it is redirected to."""


class TcpCheck(Wire):
    """A connection must be accepted."""

    tls: bool = False
    """Whether TLS must be agreed on as well."""


class IcmpCheck(Wire):
    """An echo request must be answered."""


class DnsCheck(Wire):
    """A name server, the target, must answer a query."""

    query: str = Field(min_length=1)
    """Name that is asked for."""
    type: Literal["A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"] = "A"
    """Type of the records."""
    codes: list[Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"]] = Field(
        default=["NOERROR"], min_length=1
    )
    """Expected codes of the answer."""


class ProbedSpec(Wire):
    """Endpoints that have their labels in common."""

    environment: Name | None = None
    """Environment they belong to; the labels by which it selects are added to theirs."""
    addresses: list[ProbedAddress] = Field(min_length=1)
    """URLs, or hosts with ports."""
    labels: dict[LabelName, str] = {}
    """Labels."""


class ProbeSpec(ScrapeFields):
    """Endpoints that the blackbox exporter checks from outside; give exactly one of `http`, `tcp`, `icmp` and `dns`."""

    exporter: HostAddress
    """Host and port of the blackbox exporter."""
    targets: list[ProbedSpec] = Field(min_length=1)
    """Endpoints."""
    http: HttpCheck | None = None
    """A request must be answered as expected."""
    tcp: TcpCheck | None = None
    """A connection must be accepted."""
    icmp: IcmpCheck | None = None
    """An echo request must be answered."""
    dns: DnsCheck | None = None
    """A name server must answer a query."""

    @model_validator(mode="after")
    def check_one(self) -> Self:
        given = [check for check in (self.http, self.tcp, self.icmp, self.dns) if check is not None]
        if len(given) != 1:
            raise bad("spec/missing-key", "a probe has exactly one of `http`, `tcp`, `icmp` and `dns`")
        return self


class ProbeDocument(Wire):
    """Endpoints that are checked from outside."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Probe"]
    metadata: Metadata
    spec: ProbeSpec
