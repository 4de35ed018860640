"""The harness itself: a history with recorded rules, a live server, and what is left when they end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.real import (
    History,
    Install,
    Prometheus,
    PromtoolError,
    QueryError,
    ScrapeTarget,
    ServerError,
    check_rules,
    counter,
    gauge,
    split_levels,
    test_rules,
)

START = 1_735_689_600  # an hour that is full, and a day
DAY = 86_400
END = START + DAY

RULES = """\
groups:
  - name: demo
    interval: 1m
    rules:
      - {record: "job:ratio:rate5m", expr: 'sum by (job) (job:errors:rate5m) / sum by (job) (job:requests:rate5m)'}
      - {record: "job:requests:rate5m", expr: 'sum by (job) (rate(requests_total[5m]))', labels: {kind: "a\\"b", none: ""}}
      - {record: "job:errors:rate5m", expr: 'sum by (job) (rate(errors_total[5m]))'}
      - {record: "job:evaluated", expr: 'max_over_time((job:requests:rate5m * 0 + scalar(clock @ end()))[5m:1m])'}
      - {alert: Errors, expr: 'job:ratio:rate5m > 0.05', for: 5m}
"""
RULE_TEST = """\
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{series: 'errors_total{job="shop"}', values: '0+60x10'}]
    promql_expr_test:
      - {expr: 'job:errors:rate5m', eval_time: 10m, exp_samples: [{labels: 'job:errors:rate5m{job="shop"}', value: 1}]}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule file with two levels of records, one that asks when it is evaluated, and an alert."""
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    return path


@pytest.fixture
def history(install: Install, tmp_path: Path) -> History:
    """A day of a shop with one error in twenty requests, and a clock that shows the time of its scrape."""
    times = range(START, END + 1, 15)
    history = History(install, tmp_path / "history")
    history.add(
        counter("requests_total", {"job": "shop"}, times, lambda _: 30),
        counter("errors_total", {"job": "shop"}, times, lambda _: 1.5),
        gauge("clock", {}, times, float),
    )
    return history


def test_levels_follow_what_is_read() -> None:
    """A name inside a longer name is not a reading; alerts have no level."""
    rules = [
        {"record": "a:b", "expr": "x_a:b + c"},
        {"record": "a:b:c", "expr": "sum(a:b)"},
        {"alert": "A", "expr": "a:b:c > 0"},
        {"record": "top", "expr": "a:b:c / a:b"},
    ]
    levels = split_levels([{"name": "g", "rules": rules}])
    assert [[rule.record for rule in level] for level in levels] == [["a:b"], ["a:b:c"], ["top"]]


def test_a_rule_that_reads_itself_has_no_level() -> None:
    """Its past depends on its past, so it cannot be evaluated level by level."""
    with pytest.raises(ValueError, match="read each other"):
        split_levels([{"name": "g", "rules": [{"record": "a", "expr": "a offset 1m + 1"}]}])


def test_backfilled_rules_see_each_other(history: History, rules: Path) -> None:
    """The ratio reads two records, and everything is recorded at the moments that were asked for."""
    history.backfill(rules, start=START + 600, end=END)
    with history.serve() as server:
        assert server.value("job:ratio:rate5m", at=END) == pytest.approx(0.05)
        assert server.query("job:requests:rate5m", at=END)[0].labels == {
            "__name__": "job:requests:rate5m",
            "job": "shop",
            "kind": 'a"b',
        }
        (track,) = server.stored("job:ratio:rate5m[1d]", at=END)
        assert [at for at, _ in track.points] == list(range(START + 600, END + 1, 60))
        assert server.complaints() == []


def test_a_backfilled_rule_knows_when_it_is_evaluated(history: History, rules: Path) -> None:
    """``@ end()`` is the moment of each evaluation, as on a live server, not the end of the backfill."""
    history.backfill(rules, start=START + 600, end=START + 7200)
    with history.serve() as server:
        assert server.value("job:evaluated", at=START + 3600) == START + 3600


def test_costs_are_counted_in_samples(history: History) -> None:
    """An hour at 15 s is 240 samples, and one more at the open end of a closed 2.x range."""
    with history.serve() as server:
        cost = server.cost("sum_over_time(clock[1h])", at=END)
        assert cost.samples in (240, 241)
        assert cost.peak >= 240


def test_questions_about_a_history(history: History) -> None:
    """Scalars, ranges, and an expression that is refused."""
    with history.serve() as server:
        assert server.value("time() + 1", at=START) == START + 1
        (track,) = server.query_range("clock", START, START + 60, 30)
        assert [value for _, value in track.points] == [START, START + 30, START + 60]
        with pytest.raises(QueryError, match="parse error"):
            server.query("sum(")
        with pytest.raises(QueryError, match="expected one series, got 0"):
            server.value("nothing", at=START)


def test_a_month_of_one_series_is_quick(install: Install, tmp_path: Path) -> None:
    """172,800 samples, in blocks that are long enough not to be written one by one."""
    history = History(install, tmp_path)
    history.add(counter("requests_total", {}, range(START, START + 30 * DAY, 15), lambda _: 1))
    with history.serve() as server:
        assert server.value("count_over_time(requests_total[31d])", at=START + 30 * DAY) == 30 * DAY / 15


def test_promtool_checks_and_tests_rules(install: Install, rules: Path) -> None:
    """What is right is reported, with promtool's own words."""
    (rules.parent / "rules.test.yml").write_text(RULE_TEST)
    assert "SUCCESS: 5 rules found" in check_rules(install, rules)
    assert "SUCCESS" in test_rules(install, rules.parent / "rules.test.yml")


def test_promtool_refuses(install: Install, rules: Path) -> None:
    """A lint finding and a failed expectation raise, and the message is what promtool printed."""
    test = rules.parent / "rules.test.yml"
    test.write_text(RULE_TEST.replace("value: 1}", "value: 2}"))
    with pytest.raises(PromtoolError, match="FAILED"):
        test_rules(install, test)
    rules.write_text("groups: [{name: g, rules: [{record: a, expr: b}, {record: a, expr: b}]}]")
    with pytest.raises(PromtoolError, match="duplicate"):
        check_rules(install, rules)


@pytest.fixture
def target() -> Iterator[ScrapeTarget]:
    """A counter that grows by one with each scrape."""
    scrapes = count(1)
    with ScrapeTarget(
        lambda: f"# TYPE demo counter\ndemo_total {next(scrapes)}\n# EOF\n", job="demo"
    ) as target:
        yield target


LIVE = """\
groups:
  - name: live
    rules:
      - {record: "demo:seen", expr: 'count_over_time(demo_total[1m]) > 1'}
      - {alert: DemoSeen, expr: 'demo:seen', labels: {severity: low}, annotations: {summary: "{{ $value }} scrapes"}}
"""


def test_live(install: Install, target: ScrapeTarget, tmp_path: Path) -> None:
    """Scraped, recorded and alerted within seconds; after a crash the samples are still there."""
    rules = tmp_path / "live.yml"
    rules.write_text(LIVE)
    with Prometheus(install, tmp_path / "server", rule_files=[rules], scrape_targets=[target]) as server:
        (alert,) = server.wait_until(
            server.alerts
        )  # a server scrapes its first target after 5 s, and no sooner
        assert (alert.labels["severity"], alert.state) == ("low", "firing")
        assert [(rule.name, rule.kind) for rule in server.rules()] == [
            ("demo:seen", "recording"),
            ("DemoSeen", "alerting"),
        ]
        assert {rule.health for rule in server.rules()} == {"ok"}

        server.kill()
        server.start()
        assert server.value("count_over_time(demo_total[1m])") > 1
        assert server.complaints() == []


def test_reload(install: Install, tmp_path: Path) -> None:
    """A changed rule file is loaded; a broken one is refused with the reason."""
    rules = tmp_path / "live.yml"
    rules.write_text(LIVE)
    with Prometheus(install, tmp_path / "server") as server:
        assert server.rules() == []
        server.rule_files = [rules]
        server.reload()
        assert len(server.rules()) == 2
        rules.write_text("groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]")
        with pytest.raises(ServerError, match="error"):
            server.reload()


def test_waiting_in_vain_tells_what_there_is(install: Install, tmp_path: Path) -> None:
    """The message of a timeout shows the rules, so that a failed test explains itself."""
    rules = tmp_path / "live.yml"
    rules.write_text(LIVE)
    with (
        Prometheus(install, tmp_path / "server", rule_files=[rules]) as server,
        pytest.raises(TimeoutError, match="demo:seen"),
    ):
        server.wait_until(server.alerts, timeout=0.2)


def test_nothing_is_left_behind_by_a_failed_test(install: Install, tmp_path: Path) -> None:
    """The process has ended, whatever happened to the test."""
    pids: list[int] = []

    def fail() -> None:
        with Prometheus(install, tmp_path) as server:
            pids.append(server.pid or 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_refused_configuration_tells_why(install: Install, tmp_path: Path) -> None:
    """The log is in the message, and nothing keeps running."""
    server = Prometheus(install, tmp_path, config={"nonsense": 1})
    with pytest.raises(ServerError, match="field nonsense not found"):
        server.start()
    assert server.pid is None
