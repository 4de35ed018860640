"""How many series come out of an expression, given the labels of those that go in."""

from __future__ import annotations

import pytest

from promgen.promql import Population, Selector, evaluation, parse

KNOWN = {
    "requests": Population(40, {"code": 4, "pod": 10, "region": 2}),
    "buckets": Population(60, {"le": 6, "pod": 10}),
    "limits": Population(2, {"region": 2}),
    "sparse": Population(5, {"code": 4, "pod": 5}),
    "native": Population(3, {"pod": 3}, weight=7),
    "untold": Population(8),
    "one": Population(1, {}),
    "none": Population(0, {}),
}


def population(selector: Selector) -> Population:
    return KNOWN[selector.metric or ""]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("requests", 40),
        ("rate(requests[5m])", 40),
        ("sum(requests)", 1),
        ("sum(none)", 0),
        ("sum by (region) (requests)", 2),
        ("sum by (region, code) (requests)", 8),
        ("sum by (other) (requests)", 1),
        ("sum without (pod) (requests)", 8),
        ("sum by (code, pod) (sparse)", 5),
        ("sum by (pod) (sum by (code, pod) (requests))", 10),
        ("sum by (region) (untold)", 8),
        ("topk(3, requests)", 40),
        ("histogram_quantile(0.9, rate(buckets[5m]))", 10),
        ("sum by (region) (requests) / limits", 2),
        ("requests / on (region) group_left limits", 40),
        ("limits * on (region) group_right requests", 40),
        ("requests > 5 and one", 40),
        ("requests * 2", 40),
        ("sum by (region) (requests) or 0 * limits", 2),
        ("sum by (region) (requests) or vector(0)", 3),
        ("sum by (region) (requests) or on () vector(0)", 2),
        ('sum without (part) (limits or label_replace(limits, "part", "1", "", ""))', 2),
        ('sum by (part) (label_replace(limits, "part", "$1", "region", "(.*)"))', 2),
        ("absent(requests)", 1),
        ("time()", 1),
        ("max_over_time(sum by (region) (requests)[1h:1m])", 2),
    ],
)
def test_series_of_a_result(text: str, count: int) -> None:
    assert evaluation(parse(text), population=population, interval_ms=lambda _: 15_000).result.count == count


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("native", 21),
        ("rate(native[5m])", 3 * 20 * 7),
        ("max_over_time(histogram_count(native)[10m:1m])", 3 * 10),
        ("max_over_time(sum by (region) (requests)[10m:1m])", 2 * 10),
    ],
)
def test_samples_count_by_their_weight_and_what_an_aggregation_leaves(text: str, samples: int) -> None:
    cost = evaluation(parse(text), population=population, interval_ms=lambda _: 15_000).cost
    assert cost.samples == samples
