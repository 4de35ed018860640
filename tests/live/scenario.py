"""What happens during the quarter of an hour, as functions of time: every server sees the same, and the truth is known.

Counters are integrals of a rate, computed from the clock and not accumulated, so a missed scrape loses nothing and the
hour before the start can be written as a history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

MINUTE = 60
HISTORY = 75 * MINUTE
"""The measured past before the start, so that windows of an hour are full."""
LENGTH = 15 * MINUTE
SCRAPE_INTERVAL = 5
BLOCK = 15 * MINUTE
"""Length of the blocks of a calendar period at UTC+05:45: each run crosses the beginning of one."""
AFTER_BLOCK = 170
"""Seconds that are observed after the beginning of a block."""

RATES = {"eu": 20.0, "us": 10.0}
"""Requests per second and region."""
SLOW_SHARE = 0.02

OUTAGE = (4 * MINUTE, 8 * MINUTE)
"""Every request fails in both regions."""
MAINTENANCE = (3 * MINUTE, 9 * MINUTE)
"""Does not count for the SLO `maintained`."""
SCRAPE_OUTAGE = (MINUTE, 9 * MINUTE)
"""The second target refuses its scrapes."""
RELOAD = 10 * MINUTE + 30
CRASH = 12 * MINUTE + 40

Label = tuple[str, str]
Sample = tuple[str, tuple[Label, ...], float]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything relative to one start, in Unix seconds."""

    start: float

    @property
    def end(self) -> float:
        """The end of the observation; a block that begins just before it is waited for."""
        planned = self.start + LENGTH
        boundary = (planned // BLOCK) * BLOCK
        return max(planned, boundary + AFTER_BLOCK)

    def is_within(self, span: tuple[int, int], now: float) -> bool:
        """Whether a part of the scenario, such as the outage, lasts at a moment."""
        return span[0] <= now - self.start < span[1]

    def requests(self, region: str, now: float) -> float:
        """All requests of a region since the history began."""
        return RATES[region] * self._since_history(now)

    def failures(self, region: str, now: float) -> float:
        """Those of them that failed."""
        down, up = OUTAGE
        return RATES[region] * min(max(now - self.start - down, 0), up - down)

    def load(self, now: float) -> float:
        """Rises over 70 and 85, and sinks back the same way."""
        return _step(now - self.start, ((30, 75), (160, 90), (310, 75), (500, 50)), 50)

    def flapping_load(self, now: float) -> float:
        """Above 70 for eight minutes, and on both sides of 85 by turns."""
        elapsed = now - self.start
        if not 60 <= elapsed < 540:
            return 50
        return 84 if elapsed // 60 % 2 else 86

    def measured(self, now: float) -> Iterator[Sample]:
        """What the first target exposes and the history holds."""
        for region in RATES:
            of_region: tuple[Label, ...] = (("region", region),)
            failed = self.failures(region, now)
            yield "requests_total", (*of_region, ("code", "200")), self.requests(region, now) - failed
            yield "requests_total", (*of_region, ("code", "500")), failed
        count = 5 * self._since_history(now)
        yield "latency_seconds_bucket", (("le", "0.5"),), count * (1 - SLOW_SHARE)
        yield "latency_seconds_bucket", (("le", "+Inf"),), count
        yield "latency_seconds_count", (), count
        yield "latency_seconds_sum", (), count / 5
        yield "rare_requests_total", (("code", "200"),), self._since_history(now) // 180
        yield "rare_requests_total", (("code", "500"),), 0
        yield "load", (("core", "0"),), self.load(now)
        yield "load", (("core", "1"),), self.flapping_load(now)
        yield "queue_depth", (), 40
        yield "probe_success", (("site", "a"),), 1
        yield "upstream_error_ratio", (), 0.001

    def quiet(self, now: float) -> Iterator[Sample]:
        """What the second target exposes."""
        yield "jobs_total", (("result", "ok"),), 2 * self._since_history(now)
        yield "jobs_total", (("result", "failed"),), 0

    def _since_history(self, now: float) -> float:
        return now - self.start + HISTORY


def _step(elapsed: float, steps: Iterable[tuple[int, float]], before: float) -> float:
    value = before
    for since, step in steps:
        if elapsed >= since:
            value = step
    return value


def render(samples: Callable[[float], Iterable[Sample]], now: float) -> str:
    """The text format."""
    lines = (f"{name}{{{_pairs(labels)}}} {value}" for name, labels, value in samples(now))
    return "\n".join(lines) + "\n"


def _pairs(labels: Iterable[Label]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels)


def rfc3339(moment: float) -> str:
    """A moment as specifications write it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def specification(scenario: Scenario, chat: str) -> str:
    """Every kind of SLI, window and alert that 2.42 can load; `chat` is a user label that gets edited."""
    begin, end = (scenario.start // MINUTE * MINUTE + offset for offset in MAINTENANCE)
    return (
        SPECIFICATION.replace("$chat", chat).replace("$begin", rfc3339(begin)).replace("$end", rfc3339(end))
    )


SPECIFICATION = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: shop, system: store}
spec:
  owner: crew
  criticality: high
  labels: {chat: "$chat"}
  slos:
    - name: availability
      objective: 99.9%
      window: 30d
      groupBy: [region]
      sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: maintained
      objective: 99.9%
      window: 30d
      groupBy: [region]
      sli: {ratio: {total: {metric: requests_total}, good: {selector: {code: "200"}}}}
    - name: quarter-hours
      objective: 99.9%
      window: {calendar: month, utcOffset: "+05:45"}
      groupBy: [region]
      sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: calendar-quarter
      objective: 99%
      window: {calendar: quarter}
      sli: {promql: {total: "rate(requests_total[$window])", bad: "rate(requests_total{code='500'}[$window])"}}
    - name: week
      objective: 99%
      window: {calendar: week, utcOffset: "-05:00"}
      sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: day
      objective: 99%
      window: 1d
      sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: latency
      objective: 90%
      window: 7d
      alerting: {unreachable: {drop: "an objective of 90 % has no fast tier"}}
      sli: {latency: {histogram: latency_seconds, below: 500 ms}}
    - name: rare
      objective: 99%
      window: 30d
      sli: {ratio: {total: {metric: rare_requests_total}, bad: {selector: {code: "500"}}}}
      alerting: {lowTraffic: {minBadEvents: 3}}
    - name: depth
      objective: 99%
      window: 30d
      sli: {gauge: {expr: queue_depth, below: 100}}
    - name: reachable
      objective: 99.9%
      window: 90d
      groupBy: [site]
      sli: {probe: {metric: probe_success}}
    - name: upstream
      objective: 99%
      window: 30d
      sli: {raw: {errorRatio: upstream_error_ratio}}
    - name: slices
      objective: 99%
      window: 30d
      sli:
        timeSlice:
          length: 5m
          maxErrorRatio: 5%
          of: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: short-slices
      objective: 99%
      window: 30d
      sli:
        timeSlice:
          length: 2m
          maxErrorRatio: 5%
          of: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
    - name: everything
      objective: 99%
      window: 30d
      sli: {composite: {weighted: [{slo: calendar-quarter, weight: 3}, {slo: latency, weight: 1}]}}
    - name: any-part
      objective: 99%
      window: 30d
      sli: {composite: {anyBad: [{slo: calendar-quarter, above: 1%}, {slo: latency, above: 50%}]}}
    - name: jobs
      objective: 99.9%
      window: 30d
      sli: {ratio: {total: {metric: jobs_total}, bad: {selector: {result: failed}}}}
      alerting: {absence: {after: 1m}}
  alerts:
    - name: LoadHigh
      expr: max by (core) (load)
      above: {medium: 70, critical: 85}
      for: 1m
    - name: LoadKept
      expr: max by (core) (load)
      above: {medium: 70, critical: 85}
      for: 1m
      keepFiringFor: 2m
    - name: QueueDeep
      expr: queue_depth > 1000
      severity: low
    - name: LoadOverridden
      expr: max by (core) (load)
      above: {medium: 70, critical: 85}
      overrides: [{labels: {core: "1"}, above: {medium: 98, critical: 99}}]
      for: {medium: 2m, critical: 1m}
      absence: {after: 5m}
---
apiVersion: promgen/v1
kind: Exclusion
metadata: {name: move}
spec:
  from: "$begin"
  to: "$end"
  reason: the shop moves to another building
  owner: crew
  slos: [shop/maintained]
"""

RAW_TIER = """\
groups:
  - name: by-hand
    interval: 1m
    rules:
      - alert: RawFast
        expr: |-
          sum by (region) (rate(requests_total{code="500"}[1h])) / sum by (region) (rate(requests_total[1h])) > 0.0144
            and sum by (region) (rate(requests_total{code="500"}[5m])) / sum by (region) (rate(requests_total[5m])) > 0.0144
"""
"""The fastest tier of `availability`, on the measured series and without anything of ours."""
