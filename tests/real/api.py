"""Prometheus's HTTP API as far as the tests ask it, with typed answers and connections that are kept."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class QueryError(AssertionError):
    """Prometheus answered a request with an error."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an instant query; the metric's name is the label ``__name__``, as in the API."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Track:
    """One series over time, points as (Unix seconds, value)."""

    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a query touched: samples read, the most held at once (what ``query.max-samples`` limits), and time spent."""

    samples: int
    peak: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RuleState:
    """How the server judges one loaded rule; ``kind`` is ``recording`` or ``alerting``."""

    group: str
    name: str
    kind: str
    health: str
    last_error: str
    evaluation_seconds: float


@dataclass(frozen=True, slots=True)
class AlertState:
    """One pending or firing alert."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    value: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of one exchange."""

    status: int
    body: bytes


class Connections:
    """One kept connection per thread to a loopback port: a backfill asks tens of thousands of times."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._opened: list[http.client.HTTPConnection] = []
        self._mine = threading.local()

    def request(self, method: str, path: str, form: str = "") -> Answer:
        """One exchange; a broken connection is dropped, so the next request opens a new one."""
        connection = self._connection()
        try:
            connection.request(method, path, form, FORM)
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the connections of every thread."""
        for connection in self._opened:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            self._opened.append(self._mine.connection)
        connection: http.client.HTTPConnection = self._mine.connection
        return connection


class Api:
    """The questions a test asks a server."""

    def __init__(self) -> None:
        self.connections = Connections(0)

    def query(self, expr: str, at: float | None = None) -> list[Sample]:
        """An instant query, now or at a Unix time; a scalar is one sample without labels."""
        data = self.ask("query", query=expr, time=at)
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(one["metric"], float(one["value"][1])) for one in data["result"]]

    def value(self, expr: str, at: float | None = None) -> float:
        """The only value of a query; anything but exactly one series is a failure."""
        samples = self.query(expr, at)
        if len(samples) != 1:
            raise QueryError(f"expected one series, got {len(samples)} for {expr}: {samples}")
        return samples[0].value

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Track]:
        """The expression at each step; a server refuses more than 11,000 steps."""
        return _tracks(self.ask("query_range", query=expr, start=start, end=end, step=step))

    def stored(self, selector: str, at: float) -> list[Track]:
        """The samples as they were stored, with their own timestamps; ``selector`` has a range: ``up[5m]``."""
        return _tracks(self.ask("query", query=selector, time=at))

    def cost(self, expr: str, at: float) -> Cost:
        """What evaluating the expression once, at that time, touches."""
        stats = self.ask("query", query=expr, time=at, stats="all")["stats"]
        samples = stats["samples"]
        return Cost(
            samples["totalQueryableSamples"], samples["peakSamples"], stats["timings"]["evalTotalTime"]
        )

    def rules(self) -> list[RuleState]:
        """Every loaded rule, in order of evaluation within its group."""
        groups = self.ask("rules")["groups"]
        return [_rule_state(group["name"], rule) for group in groups for rule in group["rules"]]

    def alerts(self) -> list[AlertState]:
        """Every pending and firing alert."""
        return [
            AlertState(one["labels"], one["annotations"], one["state"], float(one["value"]))
            for one in self.ask("alerts")["alerts"]
        ]

    def ask(self, path: str, **parameters: str | float | None) -> Any:
        """The ``data`` of an answer of ``/api/v1``; long expressions travel in the body."""
        form = urlencode({name: value for name, value in parameters.items() if value is not None})
        answer = self.connections.request("POST" if form else "GET", f"/api/v1/{path}", form)
        content = json.loads(answer.body)
        if content["status"] != "success":
            raise QueryError(f"{content['errorType']}: {content['error']}\n{parameters}")
        return content["data"]


def _tracks(data: Any) -> list[Track]:
    return [
        Track(one["metric"], tuple((at, float(value)) for at, value in one["values"]))
        for one in data["result"]
    ]


def _rule_state(group: str, rule: Any) -> RuleState:
    return RuleState(
        group=group,
        name=rule["name"],
        kind=rule["type"],
        health=rule["health"],
        last_error=rule.get("lastError", ""),
        evaluation_seconds=rule["evaluationTime"],
    )
