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
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Tag, model_validator

from promgen.base.conventions import PROJECT_NAME
from promgen.compiler.spec.delivery import DeliverySpec
from promgen.compiler.spec.patterns import PatternValue, bad
from promgen.compiler.spec.scraping import PrometheusSpec
from promgen.compiler.spec.selectors import Selector
from promgen.compiler.spec.values import (
    AlertName,
    DurationValue,
    LabelName,
    MetricName,
    Name,
    ObjectiveValue,
    QuantityValue,
    RateValue,
    RatioValue,
    Reference,
    TimeValue,
    UtcOffset,
    WordValue,
)
from promgen.compiler.spec.wire import ByShape, Metadata, Wire

Criticality = Literal["critical", "high", "medium", "low"]


# Selectors


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


class SloStretch(Wire):
    """A stretch of time in a test of an SLO; the next one follows it."""

    for_: DurationValue = Field(alias="for")
    """How long it lasts, in whole minutes."""
    errors: RatioValue | None = None
    """Share that is bad; 0% when left out."""
    traffic: RateValue | None = None
    """Events per time; 0 for none. Where it is left out there are enough for the share to be exact."""
    missing: bool = False
    """The measured series do not exist."""


class AlertStretch(Wire):
    """A stretch of time in a test of an alert; the next one follows it."""

    for_: DurationValue = Field(alias="for")
    """How long it lasts, in whole minutes."""
    value: QuantityValue | None = None
    """Value of the expression, with a unit as in the thresholds."""
    missing: bool = False
    """The measured series do not exist."""


class SampledSeries(Wire):
    """Series given sample by sample, for what the other form cannot drive."""

    series: dict[str, str] = Field(min_length=1)
    """Values by series, one a minute, as in promtool's rule tests: `0+60x30` begins at 0 and grows by 60 thirty times."""
    after: DurationValue
    """When the expectation must hold, in whole minutes."""


class SloExpectation(Wire):
    """Which alerts of an SLO fire and which do not: names of tiers, and `absence` for the one for missing data."""

    fires: list[str] = []
    """These fire."""
    silent: list[str] = []
    """These do not fire."""


class AlertExpectation(Wire):
    """The severity with which an alert fires."""

    severity: str
    """It fires with this severity and with no other."""


Outcome = Literal["silent", "absence"]
"""In the place of an expectation: nothing fires, or the alert for missing data and no other."""


class TestFields(Wire):
    """What tests of SLOs and of alerts have in common."""

    name: str | None = Field(default=None, min_length=1)
    """What it shows, in a few words."""
    environments: list[Name] = []
    """Only in these; in all when empty."""


class SloTest(TestFields):
    """A case of your own beside the ones that promgen makes; `promgen test` executes it."""

    when: Annotated[
        Annotated[list[SloStretch], Field(min_length=1), Tag("list")]
        | Annotated[SampledSeries, Tag("mapping")],
        ByShape,
    ]
    """What happens, from a fresh start: stretches of time, or series."""
    expect: Annotated[Annotated[Outcome, Tag("value")] | Annotated[SloExpectation, Tag("mapping")], ByShape]
    """What holds at the end: `silent`, `absence`, or the tiers that fire and those that do not."""


class AlertTest(TestFields):
    """A case of your own beside the ones that promgen makes; `promgen test` executes it."""

    when: Annotated[
        Annotated[list[AlertStretch], Field(min_length=1), Tag("list")]
        | Annotated[SampledSeries, Tag("mapping")],
        ByShape,
    ]
    """What happens, from a fresh start: stretches of time, or series."""
    expect: Annotated[Annotated[Outcome, Tag("value")] | Annotated[AlertExpectation, Tag("mapping")], ByShape]
    """What holds at the end: `silent`, `absence`, or a severity."""


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
    tests: list[SloTest] = []
    """Cases of your own, for `promgen test`."""


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
    tests: list[AlertTest] = []
    """Cases of your own, for `promgen test`."""


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


# The project file


class LimitsSpec(Wire):
    """How much the ruler takes; 0 is no limit. Mimir takes 20 rules per group and 70 groups when left out."""

    rules_per_group: int | None = Field(default=None, ge=0)
    """Most rules in one group."""
    groups: int | None = Field(default=None, ge=0)
    """Most groups of one tenant."""


class TargetSpec(Wire):
    """What the rules will run on."""

    prometheus: str = "2.42"
    """Oldest Prometheus that loads the rules."""
    alertmanager: str = "0.25"
    """Oldest Alertmanager that loads the routes."""
    dialect: Literal["prometheus", "thanos", "mimir", "victoriametrics", "prometheus-operator"] | None = None
    """What loads the rules and decides which fields they may have; otherwise as their fields suggest. Cortex is mimir."""
    limits: LimitsSpec = LimitsSpec()
    """How much the ruler takes."""
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
    values: dict[Literal["critical", "high", "medium", "low", "info"], WordValue] = {}
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


class SloBudgetSpec(Wire):
    """What each SLO may cost."""

    samples_per_second: float | None = Field(default=None, gt=0)
    """Samples that evaluating its rules may read each second."""


class BudgetSpec(Wire):
    """What the rules may cost the server of the inventory; more is an error of the build."""

    samples_per_second: float | None = Field(default=None, gt=0)
    """Samples that evaluating all rules may read each second."""
    series: int | None = Field(default=None, gt=0)
    """Series that all rules may record."""
    per_slo: SloBudgetSpec = SloBudgetSpec()
    """What each SLO may cost."""


# What a team demands of its rules


class ValueTest(Wire):
    """What a value must be, other than equal to something; all that is given must hold."""

    matches: PatternValue | None = None
    """A regular expression the whole value must match."""
    not_matches: PatternValue | None = None
    """A regular expression the whole value must not match."""
    is_not: str | list[str] | None = None
    """Values that it must not have."""


class ValueDemand(ValueTest):
    """What a label or annotation must be; `{}` wants any value."""

    optional: bool = False
    """It may be left out, and is judged where it is written."""


TestedValue = Annotated[
    Annotated[str, Tag("value")] | Annotated[list[str], Tag("list")] | Annotated[ValueTest, Tag("mapping")],
    ByShape,
]
DemandedValue = Annotated[
    Annotated[str, Tag("value")] | Annotated[list[str], Tag("list")] | Annotated[ValueDemand, Tag("mapping")],
    ByShape,
]


class RuleMatch(Wire):
    """Which rules a policy speaks of; all that is given must hold."""

    name: PatternValue | None = None
    """A regular expression the whole name must match."""
    labels: dict[LabelName, TestedValue] = {}
    """Labels of the rule: a value, a list of values, or `matches`, `notMatches`, `isNot`; a missing one is empty."""
    paths: list[str] = []
    """Files, such as `rules/shop/**`; one of them must fit."""


class DurationRange(Wire):
    """How long something may be."""

    min: DurationValue | None = None
    """At least this long."""
    max: DurationValue | None = None
    """At most this long."""

    @model_validator(mode="after")
    def check_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise bad("spec/bad-value", f"nothing is at least {self.min} and at most {self.max} long")
        return self


class AggregationDemand(Wire):
    """What aggregations must do with labels."""

    metric: PatternValue | None = None
    """Regular expression of the metrics that are aggregated; all when left out."""
    keep: list[LabelName] = []
    """Labels that no aggregation may drop."""
    strip: list[LabelName] = []
    """Labels that every aggregation must drop."""


class SelectorDemand(Wire):
    """What selectors must say."""

    metric: PatternValue | None = None
    """Regular expression of the metrics that are selected; all when left out."""
    labels: list[LabelName] = Field(min_length=1)
    """Labels that each selector must have a matcher for."""
    inside: list[str] = []
    """Only selectors within one of these functions or aggregations, such as `absent`."""


class Rejected(Wire):
    """What rules must not have; each a regular expression of the whole."""

    labels: list[PatternValue] = []
    """Names of labels."""
    label_values: list[PatternValue] = []
    """Values of labels, whichever."""
    annotations: list[PatternValue] = []
    """Names of annotations."""
    annotation_values: list[PatternValue] = []
    """Values of annotations, whichever."""
    metrics: list[PatternValue] = []
    """Metrics that expressions must not select."""
    functions: list[PatternValue] = []
    """Functions and aggregations that expressions must not call."""


class RulePolicy(Wire):
    """What a team demands of its rules, and why."""

    rules: Literal["alert", "record", "all"] = "all"
    """Alerts, recording rules or both."""
    match: RuleMatch = RuleMatch()
    """Which of them; all when left out."""
    level: Literal["error", "warning", "info"] = "warning"
    """How bad a violation is."""
    reason: str = Field(min_length=10)
    """Why; printed with every violation."""
    name: PatternValue | None = None
    """Regular expression that the whole name must match."""
    labels: dict[LabelName, DemandedValue] = {}
    """Labels the rule must set: a value, a list of values, `{}` for any, or `matches`, `notMatches`, `isNot`, `optional`."""
    annotations: dict[str, DemandedValue] = {}
    """Annotations an alert must have, written like `labels`."""
    links: list[str] = []
    """Annotations that, where they are written, must be URLs; nothing is fetched."""
    for_: DurationRange | None = Field(default=None, alias="for")
    """How long the `for` of an alert may be; a missing one is no time."""
    keep_firing_for: DurationRange | None = None
    """How long the `keep_firing_for` of an alert may be."""
    owner: DemandedValue | None = None
    """Who owns the rule, by its label `owner` or a comment `# owner: NAME`; written like a label."""
    aggregations: list[AggregationDemand] = []
    """What aggregations must do with labels."""
    selectors: list[SelectorDemand] = []
    """What selectors must say."""
    reject: Rejected = Rejected()
    """What rules must not have."""

    @model_validator(mode="after")
    def check_demands(self) -> Self:
        if self.model_fields_set <= {"rules", "match", "level", "reason"}:
            raise bad("spec/missing-key", "the policy demands nothing")
        return self


class LintSpec(Wire):
    """What `promgen lint` looks for."""

    files: list[str] = []
    """Rule files beside the specifications, or folders of them, that `promgen lint` reads when it is given no paths."""
    checks: dict[str, Literal["off", "info", "warning", "error"]] = {}
    """Level of a check by its slug; `off` for one that does not run."""
    vendored: list[str] = []
    """Patterns of files that others maintain, such as `vendor/**`; what is found in them is information."""
    policies: list[RulePolicy] = []
    """What the team demands of its rules, in addition to the checks."""


class ProjectDocument(Wire):
    """promgen.yaml, at the root of the repository."""

    api_version: Literal["promgen/v1"]
    kind: Literal["Project"]
    name: Name = PROJECT_NAME
    """Tells the project from others that share an Alertmanager or a ruler with it: creator of silences, and namespace."""
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
    inventory: str | None = None
    """File that `promgen inventory record` writes: what the server has, for checks and costs."""
    budget: BudgetSpec | None = None
    """What the rules may cost; needs an inventory."""
    lint: LintSpec = LintSpec()
    """What `promgen lint` looks for."""
    suppressions: list[Suppression] = []
    """Warnings that are accepted for a while."""
    deliveries: list[DeliverySpec] = []
    """Where outputs are brought, for `promgen push`, and the formats that these want."""
    prometheus: PrometheusSpec = PrometheusSpec()
    """The Prometheus that scrapes what ScrapeJobs and Probes name."""
