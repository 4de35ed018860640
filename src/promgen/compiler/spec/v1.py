"""Version 1 of the wire format, `apiVersion: promgen/v1`.

One class per shape; the text below a field is its documentation, in the reference pages and in the JSON Schema. A Service
with one SLO and one alert:

    apiVersion: promgen/v1
    kind: Service
    metadata: {name: trading-decision, system: quantivista}
    spec:
      owner: trading-platform
      criticality: critical
      dependsOn: [market-data]
      slos:
        - name: latency
          description: 95 % of decisions are taken within 500 ms
          objective: 95%
          window: 7d
          sli:
            latency: {histogram: trading_decision_latency_seconds, below: 500 ms, selector: {job: trading-decision}}
          groupBy: [region]
      alerts:
        - name: CpuHigh
          expr: avg by (instance) (instance:cpu_utilisation:ratio_rate5m{job="trading-decision"})
          unit: ratio
          above: {medium: 70%, critical: 85%}
          for: 5m
"""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel

from promgen.compiler.spec.values import (
    AlertName,
    DurationValue,
    LabelName,
    MetricName,
    Name,
    ObjectiveValue,
    QuantityValue,
    RatioValue,
    Reference,
    TimeValue,
    UtcOffset,
)

Criticality = Literal["critical", "high", "medium", "low"]


class Wire(BaseModel):
    """Strict in both directions: unknown keys are errors and nothing is coerced."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        arbitrary_types_allowed=True,
        defer_build=True,  # a build uses a part of the kinds, and building a validator takes its time
    )


class Metadata(Wire):
    """What a document is called."""

    name: Name
    """Unique among the objects of its kind; a service's name is unique in the whole project."""
    system: Name | None = None
    """The system it belongs to; a document without one serves all systems."""


def _shape(value: Any) -> str:
    return "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "value"


ByShape = Discriminator(_shape)
"""Chooses between a value, a list and a mapping, so that an error speaks about the one that was meant."""


# Selectors


class MatchSpec(Wire):
    """A match other than equality."""

    matches: str | None = None
    """A regular expression the whole value must match."""
    not_matches: str | None = None
    """A regular expression the whole value must not match."""
    is_not: str | list[str] | None = None
    """Values the label must not have."""


MatchValue = Annotated[
    Annotated[str, Tag("value")] | Annotated[list[str], Tag("list")] | Annotated[MatchSpec, Tag("mapping")],
    ByShape,
]
Selector = dict[LabelName, MatchValue]


class MetricSelector(Wire):
    """Series of one metric."""

    metric: MetricName
    """Name of a counter."""
    selector: Selector = {}
    """Label matchers: a value, a list of values, or `matches`, `notMatches`, `isNot`."""


class PartSelector(Wire):
    """A part of the total: the same metric with more matchers, or another metric."""

    metric: MetricName | None = None
    """Another counter; the total's metric and matchers when left out."""
    selector: Selector = {}
    """Matchers, in addition to the total's when the metric is the same."""


# Service level indicators


class RatioSli(Wire):
    """A share of events, each counted by a counter."""

    total: MetricSelector
    """All events."""
    bad: PartSelector | None = None
    """The bad ones; give either `bad` or `good`."""
    good: PartSelector | None = None
    """The good ones."""


class PromqlSli(Wire):
    """A share of events given by expressions over `[$window]`, such as `rate(requests_total[$window])`."""

    total: str
    """Rate of all events."""
    bad: str | None = None
    """Rate of the bad events; give either `bad` or `good`."""
    good: str | None = None
    """Rate of the good events."""


class RawSli(Wire):
    """A ratio that something else already measures, between 0 and 1."""

    error_ratio: str | None = None
    """Expression of the share that is bad; give either this or `successRatio`."""
    success_ratio: str | None = None
    """Expression of the share that is good."""


class LatencySli(Wire):
    """The share of events faster than a threshold."""

    histogram: MetricName
    """Name of the histogram, without `_bucket`."""
    below: QuantityValue
    """An event is good when it took at most this long; a bucket border of a classic histogram."""
    selector: Selector = {}
    """Label matchers."""
    type: Literal["classic", "native"] = "classic"
    """Kind of histogram."""
    unit: str | None = None
    """Unit the histogram is measured in, where its name does not say."""


class GaugeSli(Wire):
    """The share of time during which a value is on the good side of a threshold."""

    expr: str
    """Expression of the value, one series per thing that is judged."""
    below: QuantityValue | None = None
    """Good while the value is below; give either `below` or `above`."""
    above: QuantityValue | None = None
    """Good while the value is above."""
    unit: str | None = None
    """Unit of the value, where the metric's name does not say."""


class ProbeSli(Wire):
    """The share of time during which targets answer."""

    metric: MetricName = "probe_success"
    """`probe_success`, `up` or another series that is 1 when all is well and 0 when not."""
    selector: Selector = {}
    """Label matchers."""


class EventSli(Wire):
    """An indicator that counts events."""

    ratio: RatioSli | None = None
    """A share of events counted by counters."""
    promql: PromqlSli | None = None
    """A share of events given by expressions."""
    latency: LatencySli | None = None
    """The share of events faster than a threshold."""


class TimeSliceSli(Wire):
    """The share of time whose slices were good; judged every minute over the slice that ends there."""

    length: DurationValue
    """Length of a slice, 1m to 1h."""
    max_error_ratio: RatioValue
    """A slice is good while its error ratio is at most this."""
    of: EventSli
    """The events that a slice is judged by."""


class WeightedPart(Wire):
    """A part of a weighted composite."""

    slo: Reference
    """An SLO of this service, or `service/slo`."""
    weight: Annotated[
        Decimal,
        BeforeValidator(lambda value: Decimal(str(value)) if isinstance(value, int | float) else value),
    ] = Field(gt=0, json_schema_extra={"type": "number"})
    """How much it counts, relative to the others."""


class AnyBadPart(Wire):
    """A part of a composite that is bad when any part is."""

    slo: Reference
    """An SLO of this service, or `service/slo`."""
    above: RatioValue
    """The part is bad while its error ratio over 5 minutes is above this."""


class CompositeSli(Wire):
    """Several SLOs as one; a part without data does not count."""

    weighted: list[WeightedPart] | None = None
    """Parts that add up by weight; give either this or `anyBad`."""
    by: Literal["events", "ratio"] = "events"
    """Whether a weight multiplies a part's events, or its error ratio whatever its traffic."""
    any_bad: list[AnyBadPart] | None = None
    """Parts of which one bad one makes the minute bad."""


class SliSpec(EventSli):
    """Exactly one kind of indicator."""

    raw: RawSli | None = None
    """A ratio that something else already measures."""
    gauge: GaugeSli | None = None
    """The share of time during which a value is on the good side of a threshold."""
    probe: ProbeSli | None = None
    """The share of time during which targets answer."""
    time_slice: TimeSliceSli | None = None
    """The share of time whose slices were good."""
    composite: CompositeSli | None = None
    """Several SLOs as one."""


# SLOs


class CalendarWindow(Wire):
    """A period of the calendar."""

    calendar: Literal["week", "month", "quarter"]
    """Weeks begin on Monday."""
    utc_offset: UtcOffset = 0
    """Where the day begins, such as "+01:00"."""


class LowTraffic(Wire):
    """Protection of a quiet service: a few failures page nobody, and an empty short window is no recovery."""

    min_bad_events: int = Field(ge=1)
    """A tier fires only with at least this many bad events in its long window; seconds, where time is measured."""


class AbsenceSpec(Wire):
    """The alert for data that is missing."""

    after: DurationValue | None = None
    """How long it must be missing; 10m when left out."""
    severity: str | None = None
    """Severity; high when left out."""
    disabled: bool = False
    """No such alert; say why in `description`."""
    expr: str | None = None
    """What must exist; needed where it is not the left side of a threshold."""


class Unreachable(Wire):
    """What to do with tiers that can never fire because the objective is too low for them."""

    drop: str = Field(min_length=10)
    """Leave them out, for this reason."""


class AlertingSpec(Wire):
    """How an SLO alerts."""

    policy: Name | None = None
    """BurnRatePolicy, or the built-in month, week, quarter or none; by the length of the period when left out."""
    low_traffic: LowTraffic | None = None
    """Protection of a quiet service."""
    absence: AbsenceSpec | None = None
    """The alert for a total that is missing."""
    unreachable: Unreachable | None = None
    """What to do with tiers that can never fire."""
    disabled: bool = False
    """Record the SLO without any alert of its own; `policy: none` leaves the ones for missing data."""


class SharedFields(Wire):
    """What SLOs and alerts have in common."""

    description: str | None = None
    """One sentence for the person who is paged."""
    labels: dict[LabelName, str] = {}
    """Labels for alerts and the info series; never on data series, so they can be edited freely."""
    annotations: dict[str, str] = {}
    """Annotations of the alerts; Prometheus templates."""
    runbook: str | None = None
    """Name of a file in `runbooks/` without `.md`, or a URL."""
    dashboard: str | None = None
    """URL of a dashboard."""
    disabled: bool = False
    """Compile nothing."""
    uses: Name | None = None
    """Template to start from."""
    with_: dict[str, Any] = Field(default={}, alias="with")
    """Parameters of the template."""


class SloSpec(SharedFields):
    """A service level objective; what it lacks comes from its template and from Defaults."""

    name: Name
    """Unique within the service."""
    objective: ObjectiveValue | None = None
    """Share of good events, such as 99.9%."""
    window: (
        Annotated[Annotated[DurationValue, Tag("value")] | Annotated[CalendarWindow, Tag("mapping")], ByShape]
        | None
    ) = None
    """Period of the error budget: rolling, such as 30d, or of the calendar."""
    sli: SliSpec | None = None
    """What is measured."""
    group_by: list[LabelName] | None = None
    """Labels that have a budget and alerts of their own per value."""
    alerting: AlertingSpec = AlertingSpec()
    """Burn-rate alerts."""
    history: Literal["keep", "reset"] | None = None
    """What becomes of recorded events when the meaning of the SLI changes: still counted, or started again."""


class ThresholdOverride(Wire):
    """Other thresholds for some label values."""

    labels: dict[LabelName, str] = Field(min_length=1)
    """Exact label values of the expression's result."""
    above: dict[str, QuantityValue] | None = None
    """Thresholds by severity instead of the alert's."""
    below: dict[str, QuantityValue] | None = None
    """Thresholds by severity instead of the alert's."""


class AlertSpec(SharedFields):
    """An alert; what it lacks comes from its template and from Defaults."""

    name: AlertName
    """Unique within the service."""
    expr: str | None = None
    """Expression; with `above` or `below` it gives the value that is compared, otherwise it is the condition itself."""
    selector: Selector = {}
    """Matchers added to every selector of the expression."""
    unit: str | None = None
    """Unit of the value, where the metric's name does not say."""
    above: dict[str, QuantityValue] | None = None
    """Fires while the value is above, by severity."""
    below: dict[str, QuantityValue] | None = None
    """Fires while the value is below, by severity."""
    severity: str | None = None
    """Severity of an alert without thresholds."""
    for_: (
        Annotated[
            Annotated[DurationValue, Tag("value")] | Annotated[dict[str, DurationValue], Tag("mapping")],
            ByShape,
        ]
        | None
    ) = Field(default=None, alias="for")
    """How long the condition must hold, for all severities or by severity."""
    keep_firing_for: DurationValue | None = None
    """How long it goes on firing after the condition has ended."""
    absence: AbsenceSpec | None = None
    """A second alert for data that is missing."""
    overrides: list[ThresholdOverride] = []
    """Other thresholds for some label values."""


# Kinds


class ServiceSpec(Wire):
    """A service."""

    owner: Name | None = None
    """Team that is paged."""
    description: str | None = None
    """One sentence."""
    criticality: Criticality | None = None
    """How much the business depends on it."""
    service_class: Name | None = Field(default=None, alias="class")
    """Chooses the Defaults of its class."""
    environments: list[Name] = []
    """Compiled only for these of its system's environments; for all when empty."""
    shared: bool = False
    """Its series serve all environments and do not carry the labels of any: no environment's selector is added."""
    depends_on: list[Reference] = []
    """Services it calls, of the same system, or `system/service`."""
    links: dict[str, str] = {}
    """Named URLs."""
    labels: dict[LabelName, str] = {}
    """Labels for alerts and info series of everything in the service."""
    selector: Selector = {}
    """Matchers added to every selector of its SLOs and alerts."""
    slos: list[SloSpec] = []
    """Service level objectives."""
    alerts: list[AlertSpec] = []
    """Alerts."""


class StandaloneSlo(SloSpec):
    """An SLO in a document of its own."""

    service: Reference
    """Service it belongs to."""


class StandaloneAlert(AlertSpec):
    """An alert in a document of its own."""

    service: Reference
    """Service it belongs to."""


class Parameter(Wire):
    """A parameter of a template."""

    type: Literal["string", "number", "boolean", "duration", "ratio", "quantity", "name", "list", "selector"]
    """What may be given."""
    default: Any = None
    """Value when none is given; a parameter without a default is required."""
    description: str | None = None
    """One sentence."""


class TemplateSpec(Wire):
    """An SLO or an alert with typed parameters; a value written `${name}` is replaced by the parameter as data."""

    parameters: dict[str, Parameter] = {}
    """Parameters by name."""
    slo: dict[str, Any] | None = None
    """Fields of an SLO; give either `slo` or `alert`."""
    alert: dict[str, Any] | None = None
    """Fields of an alert."""


class EnvironmentOverride(Wire):
    """Other values in this environment; only these fields can differ."""

    slo: Reference | None = None
    """`service/slo`; give either `slo` or `alert`."""
    alert: str | None = None
    """`service/Alert`."""
    objective: ObjectiveValue | None = None
    """Another objective."""
    above: dict[str, QuantityValue] | None = None
    """Other thresholds by severity."""
    below: dict[str, QuantityValue] | None = None
    """Other thresholds by severity."""
    disabled: bool | None = None
    """Left out here."""


class EnvironmentSpec(Wire):
    """Where the services of a system run; the system is compiled once for each of its environments."""

    selector: Selector = {}
    """Matchers added to every selector."""
    labels: dict[LabelName, str] = {}
    """Labels for alerts and info series."""
    highest_severity: str | None = None
    """Worse alerts are lowered to this severity, such as info where nobody may be paged."""
    overrides: list[EnvironmentOverride] = []
    """Values that differ here."""


class TierSpec(Wire):
    """A pair of windows and a burn rate; give one of `burnRate`, `budgetShare` and `exhaustsIn`."""

    name: Name
    """Unique within the policy."""
    burn_rate: QuantityValue | None = None
    """Multiple of the rate that spends the budget exactly in one period."""
    budget_share: RatioValue | None = None
    """Share of the budget that is spent within the long window when it fires."""
    exhausts_in: DurationValue | None = None
    """Time in which the whole budget would be spent."""
    long: DurationValue
    """Window that must have seen enough errors."""
    short: DurationValue
    """Window that must still see them, so that the alert ends soon after the errors do."""
    severity: str
    """Severity of the alert."""
    for_: DurationValue | None = Field(default=None, alias="for")
    """How long the condition must hold; burn rates need none."""


class PolicySpec(Wire):
    """Burn-rate tiers."""

    description: str | None = None
    """One sentence."""
    tiers: list[TierSpec] = Field(min_length=1)
    """Tiers, fastest first."""


class DefaultsSpec(Wire):
    """Values for everything of a system, or of the services of a class, where a document does not say."""

    service_class: Name | None = Field(default=None, alias="class")
    """Only for services of this class."""
    severities: dict[str, str] = {}
    """The system's own words for severities."""
    service: dict[str, Any] = {}
    """Fields of services."""
    slo: dict[str, Any] = {}
    """Fields of SLOs."""
    alert: dict[str, Any] = {}
    """Fields of alerts."""


class ExclusionSpec(Wire):
    """Time that does not count, planned or entered afterwards; applied to both halves of the pair."""

    from_: TimeValue = Field(alias="from")
    """First moment that does not count."""
    to: TimeValue
    """First moment that counts again."""
    reason: str = Field(min_length=10)
    """Why, for the report."""
    owner: Name
    """Team that answers for it."""
    slos: list[Reference] = Field(min_length=1)
    """SLOs, as `service/slo`, or all of a service."""
    environments: list[Name] = []
    """Only in these; in all when empty."""
    labels: dict[LabelName, str] = {}
    """Only the groups with these label values."""


class TeamSpec(Wire):
    """People who own services."""

    description: str | None = None
    """What the team is responsible for."""
    contacts: dict[str, str] = {}
    """How to reach it, such as chat and email."""


class ServiceDocument(Wire):
    """A service: who owns it, what it depends on, what is promised and what is watched."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Service"]
    metadata: Metadata
    spec: ServiceSpec


class SloDocument(Wire):
    """An SLO in a document of its own."""

    api_version: Literal["promgen/v1"]
    kind: Literal["SLO"]
    metadata: Metadata
    spec: StandaloneSlo


class AlertDocument(Wire):
    """An alert in a document of its own."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Alert"]
    metadata: Metadata
    spec: StandaloneAlert


class TemplateDocument(Wire):
    """An SLO or an alert with typed parameters, used by name."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Template"]
    metadata: Metadata
    spec: TemplateSpec


class EnvironmentDocument(Wire):
    """Where the services of a system run."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Environment"]
    metadata: Metadata
    spec: EnvironmentSpec


class PolicyDocument(Wire):
    """Burn-rate tiers, as data."""

    api_version: Literal["promgen/v1"]
    kind: Literal["BurnRatePolicy"]
    metadata: Metadata
    spec: PolicySpec


class DefaultsDocument(Wire):
    """Values where a document does not say."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Defaults"]
    metadata: Metadata
    spec: DefaultsSpec


class ExclusionDocument(Wire):
    """Time that does not count."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Exclusion"]
    metadata: Metadata
    spec: ExclusionSpec


class TeamDocument(Wire):
    """People who own services."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Team"]
    metadata: Metadata
    spec: TeamSpec


# The project file


class TargetSpec(Wire):
    """What the rules will run on."""

    prometheus: str = "2.42"
    """Oldest Prometheus that loads the rules."""
    scrape_interval: DurationValue | None = None
    """Interval at which the measured series are scraped; 15s when left out."""
    retention: DurationValue | None = None
    """How long samples are kept; not checked when left out."""
    external_labels: list[LabelName] = []
    """Labels that a ruler stores on series, such as cluster; they join through every rule."""


class OutputsSpec(Wire):
    """Where the outputs go."""

    rules: str = "rules"
    """Folder of the rules and the catalogue."""
    commit: Literal["all", "rules", "none"] = "all"
    """Which outputs are committed, and so compared by `promgen check`."""


class SeverityMapping(Wire):
    """How this site labels severities."""

    label: LabelName = "severity"
    """Name of the label that carries the severity."""
    values: dict[Literal["critical", "high", "medium", "low", "info"], str] = {}
    """What is printed instead of promgen's words."""


class Suppression(Wire):
    """A warning that is accepted for a while."""

    problem: str
    """Slug of a warning."""
    subject: str
    """Object it is about, as printed with the warning; `*` for every one."""
    until: Annotated[
        date, BeforeValidator(lambda value: date.fromisoformat(value) if isinstance(value, str) else value)
    ]
    """Last day on which it is silent."""
    reason: str = Field(min_length=10)
    """Why."""


class ProjectDocument(Wire):
    """promgen.yaml, at the root of the repository."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Project"]
    requires: str = "0"
    """Oldest promgen that may compile this project."""
    inputs: list[str] = ["slo-specs"]
    """Folders of specifications."""
    outputs: OutputsSpec = OutputsSpec()
    """Where the outputs go."""
    target: TargetSpec = TargetSpec()
    """What the rules will run on."""
    severities: SeverityMapping = SeverityMapping()
    """How this site labels severities."""
    runbook_url: str = ""
    """Prefix that makes a runbook's file name a URL."""
    suppressions: list[Suppression] = []
    """Warnings that are accepted for a while."""


KINDS: dict[str, type[Wire]] = {
    "Service": ServiceDocument,
    "SLO": SloDocument,
    "Alert": AlertDocument,
    "Template": TemplateDocument,
    "Environment": EnvironmentDocument,
    "BurnRatePolicy": PolicyDocument,
    "Defaults": DefaultsDocument,
    "Exclusion": ExclusionDocument,
    "Team": TeamDocument,
}
"""What a file below `inputs` may hold."""
