"""The cost model, and what real servers report for the same expressions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from promgen.promql import Cost, Selector, parse, samples
from tests.real import History, Install, Prometheus, counter

SERIES = {"a": 10, "b": 4, "missing": 0}
SCRAPED_EVERY = 15
START, END = 1_735_689_600, 1_735_776_000
ASKED_AT = END - 3593
"""Aligned neither with a scrape nor with a step."""

EXPRESSIONS = """\
a
a > 5
sum(a)
sum by (i) (a)
sum(rate(a[5m]))
a[10m]
sum(rate(a[5m])) / sum(rate(b[5m]))
rate(a[5m]) / rate(b[5m])
rate(b[5m]) or 0 * rate(a[5m])
a and on (i) b
a unless b
max_over_time(a[1h:1m])
max_over_time(sum(a)[1h:1m])
max_over_time(rate(a[5m])[1h:1m])
sum_over_time(sum_over_time(a[10m:1m])[1h:5m])
sum_over_time((a > 5)[1h:1m])
a[1h:1m]
vector(1)
1 + 1
a * scalar(sum(b))
topk(3, a)
absent(missing)
label_replace(a, "x", "$1", "i", "(.*)")
rate(a[5m] offset 1h)
abs(a) + ceil(a)
count_values("v", a)
clamp(a, 0, 1)
sum_over_time(vector(1)[5h:1m])
sum(sum_over_time(a[6h])) / sum(sum_over_time(b[6h]))
sum_over_time(a[1h:1m] @ end())
max_over_time((a * 0 + scalar(b{i="0"} @ end()))[1h:1m])
""".splitlines()


def count_series(selector: Selector) -> int:
    return 1 if selector.matchers else SERIES[selector.metric or ""]


def estimate(text: str) -> Cost:
    return samples(parse(text), series=count_series, interval_ms=lambda _: SCRAPED_EVERY * 1000)


@pytest.fixture(scope="module")
def server(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A day of two counters."""
    history = History(install, tmp_path_factory.mktemp("history"))
    times = range(START, END + 1, SCRAPED_EVERY)
    history.add(
        *(counter(name, {"i": str(i)}, times, lambda _: 1) for name in "ab" for i in range(SERIES[name]))
    )
    with history.serve() as server:
        yield server


def test_the_estimate_is_what_the_server_counts(server: Prometheus) -> None:
    """The samples exactly, the peak never too low and at most a few per series too high."""
    for text in EXPRESSIONS:
        real, expected = server.cost(text, ASKED_AT), estimate(text)
        assert real.samples == expected.samples, text
        assert real.peak <= expected.peak <= 1.15 * real.peak + 30, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Cost(10, 10, 0)),
        ("rate(a[5m])", Cost(200, 30, 0)),
        ("rate(a[310s])", Cost(210, 31, 0)),
        ("time()", Cost(0, 1, 0)),
        ("max_over_time(rate(a[5m])[1h:1m])", Cost(600, 670, 12_000)),
        ("max_over_time(a[1h:])", Cost(600, 670, 600)),
    ],
)
def test_costs(text: str, expected: Cost) -> None:
    assert estimate(text) == expected


def test_the_step_of_the_server_counts_where_none_is_given() -> None:
    cost = samples(parse("a[1h:]"), series=count_series, interval_ms=lambda _: 15_000, default_step_ms=10_000)
    assert cost.samples == 3_600


def test_the_window_has_no_cost() -> None:
    with pytest.raises(ValueError, match="substitute"):
        estimate("rate(a[$window])")
