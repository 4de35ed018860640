"""Every kind of indicator gives the pair that was counted: events, or seconds for those that measure time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.compiler.projects import compile_files, problems_of
from tests.real import Install, Series, counter, gauge
from tests.rules.past import HOUR, START, Events, Past
from tests.rules.remote import Histogram, Written
from tests.rules.specs import shop, slo

HOURS = 6
END = START + HOURS * HOUR
OFFSET = 20
EVALUATIONS = [START + 60 * minute + OFFSET for minute in range(1, HOURS * 60 + 1)]
SCRAPES = range(START - 1200, END + 61, 15)
SECONDS = HOURS * HOUR
PROJECTS = {"bookworm": 'target: {prometheus: "2.42"}\n', "forky": 'target: {prometheus: "3.0"}\n'}


def in_burst(at: int) -> bool:
    """Three minutes of every forty."""
    return START <= at < END - 1200 and (at - START - 900) % 2400 < 180


def within(at: float, first: float, minutes: float) -> bool:
    """Whether a moment lies in the minutes after another, both told from the start in hours and minutes."""
    return START + first * HOUR <= at < START + first * HOUR + minutes * 60


def bursts(past: Past) -> Events:
    """Requests, half of which fail in a burst."""
    return past.counted(EVALUATIONS[0] - 60, EVALUATIONS[-1], job="web")


def slices(length: int) -> int:
    """Seconds in which more than 6 % of the requests of a slice failed."""
    share = [
        sum(in_burst(at) for at in range(now - length + 15, now + 1, 15)) * 15 / length / 2
        for now in _scraped()
    ]
    return 60 * sum(one > 0.06 for one in share)


def _scraped() -> Iterator[int]:
    return (at - OFFSET + 15 for at in EVALUATIONS)


SLICED = "{{timeSlice: {{length: {}, maxErrorRatio: 6%, of: {}}}}}"
WEB = '{ratio: {total: {metric: requests_total, selector: {job: web}}, bad: {selector: {code: "500"}}}}'
WEB_GOOD = '{ratio: {total: {metric: requests_total, selector: {job: web}}, good: {selector: {code: "200"}}}}'
BROKEN = (
    '{ratio: {total: {metric: requests_total, selector: {job: broken}}, good: {selector: {code: "200"}}}}'
)
ALL, FAILED, SERVED = (
    f'rate(requests_total{{job="web"{code}}}[$window])' for code in ("", ',code="500"', ',code="200"')
)
EDGE = 9 * 45
"""Seconds: each of nine bursts begins and ends at some second of a minute."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An indicator, what it should say, and how far the edges of its bad times may move that."""

    sli: str
    truth: Events | None = None
    """None: the bursts."""
    edge: float = 0


KINDS = {
    "ratio-bad": Kind(WEB),
    "ratio-good": Kind(WEB_GOOD),
    "never-succeeded": Kind(BROKEN, Events(SECONDS / 15 * 4, SECONDS / 15 * 4)),
    "promql-bad": Kind(f"{{promql: {{total: '{ALL}', bad: '{FAILED}'}}}}"),
    "promql-good": Kind(f"{{promql: {{total: '{ALL}', good: '{SERVED}'}}}}"),
    "latency": Kind(
        "{latency: {histogram: http_request_duration_seconds, below: 1s}}",
        Events(SECONDS / 15 * 2 * 3, SECONDS / 15 * 2 * 20),
    ),
    "raw-errors": Kind(
        '{raw: {errorRatio: "job:error_ratio"}}',
        Events(0.1 * (SECONDS - 7200) + 0.5 * 3600, SECONDS - 3600),
        300,
    ),
    "raw-successes": Kind(
        '{raw: {successRatio: "1 - job:error_ratio"}}',
        Events(0.1 * (SECONDS - 7200) + 0.5 * 3600, SECONDS - 3600),
        300,
    ),
    "gauge-below": Kind("{gauge: {expr: queue_length, below: 100}}", Events(5400, 2 * SECONDS - 3600), 300),
    "gauge-above": Kind(
        "{gauge: {expr: 200 - queue_length, above: 100}}", Events(5400, 2 * SECONDS - 3600), 300
    ),
    "probe": Kind("{probe: {selector: {job: blackbox}}}", Events(1800, 2 * SECONDS), 60),
    "slices-of-1m": Kind(SLICED.format("1m", WEB), Events(slices(60), SECONDS), EDGE),
    "slices-of-5m": Kind(SLICED.format("5m", WEB_GOOD), Events(slices(300), SECONDS), EDGE),
    "slices-of-10m": Kind(SLICED.format("10m", WEB), Events(slices(600), SECONDS), EDGE),
    "by-events": Kind("{composite: {weighted: [{slo: ratio-bad, weight: 3}, {slo: outage, weight: 1.5}]}}"),
    "by-ratio": Kind(
        "{composite: {by: ratio, weighted: [{slo: ratio-bad, weight: 3}, {slo: outage, weight: 1}]}}"
    ),
    "any-bad": Kind(
        "{composite: {anyBad: [{slo: ratio-bad, above: 60%}, {slo: outage, above: 50%}]}}",
        Events(3600, SECONDS),
        60,
    ),
    "outage": Kind(WEB.replace("web", "outage")),
}
NATIVE = {
    "native": Kind(
        "{latency: {histogram: rpc_duration_seconds, below: 1s, type: native}}",
        Events(SECONDS / 15 * 3, SECONDS / 15 * 20),
    ),
    "native-slices": Kind(
        SLICED.format("10m", "{latency: {histogram: rpc_duration_seconds, below: 1s, type: native}}"),
        Events(SECONDS, SECONDS),
    ),
}


def gauges() -> Iterator[Series]:
    """Two queues, one of them too long (or just as long as it may not be) for a while and unreadable for another."""

    def length(at: int) -> float:
        if within(at, 1, 60):
            return float("nan")
        return 150 if within(at, 3, 60) else 100 if within(at, 5, 30) else 40

    yield gauge("queue_length", {"queue": "long"}, SCRAPES, length)
    yield gauge("queue_length", {"queue": "short"}, SCRAPES, lambda _: 10)
    yield gauge(
        "job:error_ratio",
        {},
        SCRAPES,
        lambda at: float("nan") if within(at, 1, 60) else 0.5 if within(at, 3, 60) else 0.1,
    )
    yield gauge(
        "probe_success",
        {"job": "blackbox", "instance": "a"},
        SCRAPES,
        lambda at: 0 if within(at, 2, 30) else 1,
    )
    yield gauge("probe_success", {"job": "blackbox", "instance": "b"}, SCRAPES, lambda _: 1)
    yield gauge("probe_success", {"job": "other", "instance": "a"}, SCRAPES, lambda _: 0)


def histograms() -> Iterator[Series]:
    """Two pods that expose the border of a second as `1` and as `1.0`; 3 of 20 requests are slower."""
    for pod, border in (("old", "1"), ("new", "1.0")):
        for le, events in (("0.5", 10), (border, 17), ("2.5", 18), ("+Inf", 20)):
            labels = {"pod": pod, "le": le}
            yield counter(
                "http_request_duration_seconds_bucket", labels, SCRAPES, lambda _, events=events: events
            )
        yield counter("http_request_duration_seconds_count", {"pod": pod}, SCRAPES, lambda _: 20)


def native_histogram() -> Iterator[Written]:
    """Schema 0: bucket 0 ends at one second, 1 at two; 3 of 20 requests are slower than a second."""
    for number, at in enumerate(SCRAPES):
        buckets = {-2: 10 * number, 0: 7 * number, 1: 2 * number, 3: number}
        yield Written({"__name__": "rpc_duration_seconds"}, at * 1000, Histogram(0, buckets, 20.0 * number))


@pytest.fixture(scope="module")
def world(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Past:
    """One history with every kind."""
    kinds = KINDS | (NATIVE if install.name == "forky" else {})
    slos = [slo("1d", name=name, sli=kind.sli, objective="95%") for name, kind in kinds.items()]
    past = Past(
        install,
        tmp_path_factory.mktemp("kinds"),
        shop(*slos),
        PROJECTS[install.name],
        offset=OFFSET,
        reader_offset=7,
        windows=True,
    )
    past.scrape(
        lambda at: 10 if in_burst(at) else 20,
        lambda at: 10 if in_burst(at) else 0,
        SCRAPES,
        labels={"job": "web"},
    )
    outage = (START + 2 * HOUR, 60)
    past.scrape(
        lambda at: 0 if within(at, 2, outage[1]) else 5,
        lambda at: 5 if within(at, 2, outage[1]) else 0,
        SCRAPES,
        labels={"job": "outage"},
    )
    past.scrape(lambda _: 0, lambda _: 4, SCRAPES, labels={"job": "broken"})
    past.add(*gauges(), *histograms())
    if install.name == "forky":
        past.add_written(native_histogram())
    past.record(EVALUATIONS[0], EVALUATIONS[-1], [EVALUATIONS[-1]])
    return past


def composite(past: Past, name: str) -> Events | None:
    """The truth of the composites, from their parts."""
    web, outage = bursts(past), past.counted(EVALUATIONS[0] - 60, EVALUATIONS[-1], job="outage")
    if name == "outage":
        return outage
    if name == "by-events":
        return Events(3 * web.bad + 1.5 * outage.bad, 3 * web.total + 1.5 * outage.total)
    if name == "by-ratio":
        return Events((3 * web.ratio + outage.ratio) * SECONDS, 4 * SECONDS)
    return None


@pytest.mark.parametrize("name", [*KINDS, *NATIVE])
def test_kind(world: Past, name: str) -> None:
    """Bad and all events of a few hours."""
    if name in NATIVE and name not in {rule.labels["slo"] for rule in world.rules}:
        files = shop(slo(sli=NATIVE[name].sli))  # an older Prometheus has none: an error, not a wrong rule
        compilation = compile_files(world.folder / "project", files, PROJECTS["bookworm"])
        assert compilation.output is None
        assert "native" in " ".join(problems_of(compilation))
        return
    kind = (KINDS | NATIVE)[name]
    truth = kind.truth or composite(world, name) or bursts(world)
    said = world.budget(EVALUATIONS[-1], slo=name)
    print(f"\n{world.install.name} {name}: bad {said.bad:.1f} of {said.total:.1f}, counted {truth}")
    assert said.total == pytest.approx(truth.total, rel=0.005, abs=kind.edge)
    assert said.bad == pytest.approx(truth.bad, rel=0.005, abs=kind.edge)
    for window in ("6h", "1h"):
        ratio = world.at(f"slo:error_ratio:rate{window}", EVALUATIONS[-1], slo=name)
        if window == "6h" and ratio is not None:
            assert ratio == pytest.approx(truth.ratio, rel=0.005, abs=kind.edge / SECONDS + 0.002)
