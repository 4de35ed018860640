"""The cost of every kind of SLO and of alerts, estimated from a recorded inventory and counted by real servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from promgen.base import conventions as names
from promgen.clients.inventory import record_inventory
from promgen.compiler.ir.rules import Group, Rule
from promgen.compiler.pipeline import Compilation
from promgen.proof.cost import Costs, costs_of
from tests.compiler.projects import compile_files, output_of, service
from tests.real import History, Install, Prometheus, Series, counter, gauge
from tests.rules.remote import Histogram, Written, store
from tests.rules.specs import slo

MINUTE, HOUR, DAY = 60, 3_600, 86_400
PROJECTS = {"bookworm": "", "forky": 'target: {prometheus: "3.0"}\n'}
WITHIN = 0.2
PODS = 12
REGIONS = ("north", "south")
QUEUES = ("mail", "print")
BORDERS = ("0.1", "0.5", "1", "2.5", "+Inf")

WEB_BAD = '{ratio: {total: {metric: requests_total, selector: {job: web}}, bad: {selector: {code: "500"}}}}'
WEB_GOOD = WEB_BAD.replace("bad", "good").replace('"500"', '"200"')
KINDS = {
    "ratio-bad": WEB_BAD,
    "ratio-good": WEB_GOOD,
    "promql": "{promql: {total: 'rate(requests_total[$window])', bad: 'rate(requests_total{code=~\"5..\"}[$window])'}}",
    "latency": "{latency: {histogram: http_request_duration_seconds, below: 1s}}",
    "raw": '{raw: {errorRatio: "job:error_ratio"}}',
    "gauge": "{gauge: {expr: queue_length, below: 100}}",
    "probe": "{probe: {selector: {job: blackbox}}}",
    "slices-of-1m": f"{{timeSlice: {{length: 1m, maxErrorRatio: 6%, of: {WEB_BAD}}}}}",
    "slices-of-10m": f"{{timeSlice: {{length: 10m, maxErrorRatio: 6%, of: {WEB_BAD}}}}}",
    "by-events": "{composite: {weighted: [{slo: ratio-bad, weight: 3}, {slo: ratio-good, weight: 1.5}]}}",
    "any-bad": "{composite: {anyBad: [{slo: ratio-bad, above: 60%}, {slo: ratio-good, above: 50%}]}}",
}
GROUPED = "by-region"
OF_ALL_GROUPS = {names.BLOCK_START, names.PERIOD_START, names.OBJECTIVE, names.INFO}
CALENDAR = "this-month"
NATIVE = "native"
ALERTS = """\
alerts:
  - {name: QueueLong, expr: queue_length, above: {low: 50, high: 80}, keepFiringFor: 10m}
  - {name: ErrorsMany, expr: 'sum by (region) (rate(requests_total{code=~"5.."}[5m]))', above: {low: 5}}
  - {name: Full, expr: 'predict_linear(queue_length[6h], 3600) > 200 and queue_length > 1', severity: low}
  - {name: Busy, expr: 'max_over_time(sum by (pod) (rate(requests_total[5m]))[1h:5m]) > 900', severity: low}
"""


@dataclass(frozen=True, slots=True)
class World:
    """One project, what is estimated of it, and a server that has its past."""

    compilation: Compilation
    costs: Costs
    server: Prometheus
    now: int


def specification(install: Install) -> dict[str, str]:
    """One SLO of every kind, one of them with groups and one of a calendar month, and alerts."""
    kinds = KINDS | (
        {NATIVE: KINDS["latency"].replace("http_request", "rpc").replace("1s", "1s, type: native")}
    )
    if install.name == "bookworm":
        del kinds[NATIVE]  # 2.42 cannot compute it
    slos = [slo("7d", name=name, sli=sli) for name, sli in kinds.items()]
    slos.append(slo("7d", "groupBy: [region]", name=GROUPED, sli=WEB_BAD))
    slos.append(slo("{calendar: month}", name=CALENDAR, sli=WEB_BAD))
    items = "\n".join("  " + line for one in slos for line in one.splitlines())
    return {"shop.yaml": service(f"slos:\n{items}\n{ALERTS}", name="shop")}


def measured(now: int) -> Iterator[Series]:
    """Scrapes of a few hours: no window of measured series is longer, but for a queue."""
    times = range(now - 2 * HOUR, now + 1, 15)
    for number in range(PODS):
        pod = {"job": "web", "pod": f"web-{number}", "region": REGIONS[number % 2]}
        yield counter("requests_total", {**pod, "code": "200"}, times, lambda _: 10)
        if number % 4 == 0:
            yield counter("requests_total", {**pod, "code": "500"}, times, lambda _: 1)
        for le in BORDERS:
            yield counter("http_request_duration_seconds_bucket", {**pod, "le": le}, times, lambda _: 3)
        yield counter("http_request_duration_seconds_count", pod, times, lambda _: 3)
    yield counter(
        "requests_total",
        {"job": "other", "pod": "other-0", "region": "north", "code": "200"},
        times,
        lambda _: 1,
    )
    for queue in QUEUES:
        yield gauge("queue_length", {"queue": queue}, range(now - 6 * HOUR, now + 1, 15), lambda _: 10)
    for instance in "abc":
        yield gauge("probe_success", {"job": "blackbox", "instance": instance}, times, lambda _: 1)
    yield gauge("job:error_ratio", {"job": "web"}, range(now - 2 * HOUR, now + 1, MINUTE), lambda _: 0.1)


def recorded(groups: list[Group], now: int) -> Iterator[Series]:
    """What the rules recorded for as long as other rules read it: a month where blocks are counted, else a day."""
    for group in groups:
        for rule in (rule for rule in group.rules if not rule.is_alert):
            is_inner = rule.name.endswith(":block") or rule.name == names.BLOCK_START
            past = 32 * DAY if is_inner else 7 * DAY if rule.name.endswith("_events:rate5m") else HOUR
            # A block of the clock is told by its sums every ten minutes just as well.
            step = 10 * MINUTE if is_inner else group.interval.ms // 1000
            for more in _group_labels(rule):
                yield gauge(
                    rule.name, {**rule.labels, **more}, range(now - past, now + 1, step), _level(rule.name)
                )


def _group_labels(rule: Rule) -> list[dict[str, str]]:
    """The labels of each series beside the rule's own."""
    if rule.name == names.ALERT_VALUE:
        return [{"queue": queue} for queue in QUEUES]
    is_grouped = rule.labels[names.SLO_LABEL] == GROUPED and rule.name not in OF_ALL_GROUPS
    return [{"region": region} for region in REGIONS] if is_grouped else [{}]


def _level(name: str) -> Callable[[int], float]:
    if name == names.BLOCK_START:
        return lambda at: (at - 1) // HOUR * HOUR
    return lambda at: 60.0 + at % 7


@pytest.fixture(scope="module")
def world(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("cost")
    compilation = compile_files(folder, specification(install), PROJECTS[install.name])
    groups = [group for file in output_of(compilation).rule_files for group in file.groups]
    now = int(time.time()) // MINUTE * MINUTE
    history = History(install, folder / "past")
    history.add(*measured(now), *recorded(groups, now))
    if install.name == "forky":
        store(history, native_histograms(now))
    with history.serve() as server:
        assert compilation.resolved is not None
        costs = costs_of(compilation.resolved.catalog, record_inventory(server.url))
        yield World(compilation, costs, server, now)


def native_histograms(now: int) -> Iterator[Written]:
    """Two hours of a histogram with four buckets in three pods."""
    for number, at in enumerate(range(now - 2 * HOUR, now + 1, 15)):
        buckets = {-2: 10 * number, 0: 7 * number, 1: 2 * number, 3: number}
        for pod in "abc":
            labels = {"__name__": "rpc_duration_seconds", "pod": pod}
            yield Written(labels, at * 1000, Histogram(0, buckets, 20.0 * number))


def counted(world: World) -> dict[str, float]:
    """Samples per second by SLO and alert, by the statistics of the server for each of their rules."""
    found: dict[str, float] = {}
    groups = [group for file in output_of(world.compilation).rule_files for group in file.groups]
    for group in groups:
        for rule in group.rules:
            name = rule.labels.get(names.SLO_LABEL) or rule.labels.get(names.ALERT_LABEL) or rule.name
            cost = world.server.cost(rule.expr, world.now)
            found[name] = found.get(name, 0) + cost.samples / float(group.interval.seconds)
    return found


def test_the_estimate_is_what_the_server_counts(world: World, install: Install) -> None:
    real = counted(world)
    ratios = {item.name: item.amounts.read / real[item.name] for item in world.costs.items}
    lines = [
        f"{name:15} {real[name]:9.1f} samples/s, estimated {ratio:.3f}" for name, ratio in ratios.items()
    ]
    print(f"\n{install.name}:", *lines, sep="\n")
    assert set(ratios) == set(real)
    assert world.costs.unknown == ()
    wrong = {name: ratio for name, ratio in ratios.items() if abs(ratio - 1) > WITHIN}
    assert not wrong


def test_as_many_series_are_estimated_as_the_rules_record(world: World, install: Install) -> None:
    """Each recording rule is evaluated; what its history lacks gives no series, so none may be underestimated."""
    groups = [group for file in output_of(world.compilation).rule_files for group in file.groups]
    real: dict[str, int] = {}
    for rule in (rule for group in groups for rule in group.rules if not rule.is_alert):
        name = rule.labels.get(names.SLO_LABEL) or rule.labels[names.ALERT_LABEL]
        real[name] = real.get(name, 0) + len(world.server.query(rule.expr, world.now))
    estimated = {item.name: item.amounts.series for item in world.costs.items}
    print(
        f"\n{install.name}:",
        *(f"{name:15} {real.get(name, 0)} {estimated[name]}" for name in estimated),
        sep="\n",
    )
    for name, series in estimated.items():
        assert real.get(name, 0) <= series <= 1.2 * real.get(name, 0) + 1, name
