"""What is recorded is what the target exposes, on real servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from promgen.base.durations import Duration
from promgen.clients import inventory as recorder
from promgen.clients.inventory import record_inventory
from promgen.model.inventory import MOST_VALUES, Inventory
from promgen.model.inventory_codec import dump_inventory, load_inventory
from tests.cli.terminal import promgen
from tests.real import Install, Prometheus, ScrapeTarget

PODS = [f"pod-{number:03}" for number in range(MOST_VALUES + 10)]
BORDERS = [f"{number / 10}" for number in range(1, MOST_VALUES + 20)]


def exposed() -> str:
    """Counters in many pods, one of which fails; a classic histogram with many buckets; a gauge, a summary and more."""
    lines = ["# TYPE http_requests_total counter"]
    lines += [f'http_requests_total{{code="200",pod="{pod}"}} 5' for pod in PODS]
    lines += ['http_requests_total{code="500",pod="pod-000"} 1', "# TYPE latency_seconds histogram"]
    lines += [f'latency_seconds_bucket{{le="{border}"}} 1' for border in [*BORDERS, "+Inf"]]
    lines += ["latency_seconds_sum 0.1", "latency_seconds_count 1"]
    lines += ["# TYPE queue_length gauge", 'queue_length{queue="mail"} 3', "queue_length 4"]
    lines += ["# TYPE rpc_seconds summary", 'rpc_seconds{quantile="0.5"} 1', "rpc_seconds_sum 1"]
    lines += ["rpc_seconds_count 1", "untold 1", 'alert:value{alert="Old"} 1', "slo:info 1"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def server(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A server that has scraped the target a few times."""
    folder = tmp_path_factory.mktemp("server")
    with (
        ScrapeTarget(exposed, job="web") as target,
        Prometheus(install, folder, scrape_targets=[target], scrape_interval="2s") as server,
    ):
        server.wait_until(lambda: server.query("count_over_time(untold[1m]) >= 3"))
        yield server


@pytest.fixture(scope="module")
def recorded(server: Prometheus) -> Inventory:
    return record_inventory(server.url)


def test_names_types_and_numbers_of_series_are_those_exposed(recorded: Inventory) -> None:
    exposed_names = {
        name: metric for name, metric in recorded.metrics.items() if not name.startswith("scrape_")
    }
    assert {name: (metric.type, metric.series) for name, metric in exposed_names.items()} == {
        "http_requests_total": ("counter", len(PODS) + 1),
        "latency_seconds_bucket": ("histogram", len(BORDERS) + 1),
        "latency_seconds_count": ("counter", 1),
        "latency_seconds_sum": ("counter", 1),
        "queue_length": ("gauge", 2),
        "rpc_seconds": ("summary", 1),
        "rpc_seconds_count": ("counter", 1),
        "rpc_seconds_sum": ("counter", 1),
        "untold": ("unknown", 1),
        "up": ("unknown", 1),
    }


def test_values_are_recorded_up_to_a_number_and_borders_of_buckets_all(recorded: Inventory) -> None:
    requests = recorded.metrics["http_requests_total"]
    assert requests.labels["code"] == ("200", "500")
    assert requests.spread["code"] == (len(PODS), 1)
    assert requests.labels["job"] == ("web",)
    assert requests.labels["pod"] is None
    borders = recorded.metrics["latency_seconds_bucket"].labels["le"]
    assert borders is not None
    assert {float(border) for border in borders} == {float(border) for border in [*BORDERS, "+Inf"]}


def test_a_label_that_some_series_lack_has_the_empty_value(recorded: Inventory) -> None:
    assert recorded.metrics["queue_length"].labels["queue"] == ("", "mail")


def test_scrape_intervals_and_the_version_are_told(recorded: Inventory, install: Install) -> None:
    assert recorded.scrape_intervals == {"web": Duration(2_000)}
    assert recorded.prometheus.startswith({"bookworm": "2.42", "forky": "3."}[install.name])


def test_a_second_recording_gives_the_same_bytes(recorded: Inventory, server: Prometheus) -> None:
    assert dump_inventory(record_inventory(server.url)) == dump_inventory(recorded)
    assert load_inventory(dump_inventory(recorded)) == recorded


def test_only_what_is_selected_is_recorded(server: Prometheus) -> None:
    found = record_inventory(server.url, matching=['{code="500"}', "queue_length", '{queue="mail"}'])
    assert {name: metric.series for name, metric in found.metrics.items()} == {
        "http_requests_total": 1,
        "queue_length": 2,
    }


def test_a_metric_with_too_many_series_is_asked_by_label(
    server: Prometheus, recorded: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits are lowered instead of raising the number of series to tens of thousands."""
    monkeypatch.setattr(recorder, "PACK_SERIES", 20)
    monkeypatch.setattr(recorder, "_PACK_LENGTH", 40)
    assert dump_inventory(record_inventory(server.url)) == dump_inventory(recorded)


def test_too_many_metrics_are_refused(server: Prometheus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MOST_METRICS", 3)
    with pytest.raises(recorder.OutsideError, match="more than 3; choose some with --match"):
        record_inventory(server.url)


def test_native_histograms_are_told_from_classic_ones(installs: tuple[Install, ...], tmp_path: Path) -> None:
    """On 3.x: one that was scraped, with metadata, and one that a rule recorded, without."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "groups: [{name: a, rules: [{record: 'job:latency:sum', expr: 'sum by (job) (latency_seconds)'}]}]",
        encoding="utf-8",
    )
    with (
        ScrapeTarget(exposed, job="web") as target,
        Prometheus(
            installs[-1],
            tmp_path / "server",
            rule_files=[rules],
            scrape_targets=[target],
            config={"global": {"convert_classic_histograms_to_nhcb": True}},
            flags=["--enable-feature=native-histograms"],
        ) as server,
    ):
        server.wait_until(lambda: server.query("histogram_count(job:latency:sum)"))
        found = record_inventory(server.url).metrics
    assert found["latency_seconds"].type == "native histogram"
    assert found["latency_seconds"].weight > 1
    assert found["job:latency:sum"].type == "native histogram"
    assert "latency_seconds_bucket" not in found


def test_the_command_writes_shows_and_leaves_alone(server: Prometheus, tmp_path: Path) -> None:
    first = promgen(tmp_path, "inventory", "record", server.url, "--output", "a.json")
    assert first.code == 0, first.err
    written = (tmp_path / "a.json").stat().st_mtime_ns
    time.sleep(0.01)
    again = promgen(tmp_path, "inventory", "record", server.url, "--output", "a.json")
    assert "are as in" in again.out
    assert (tmp_path / "a.json").stat().st_mtime_ns == written
    shown = promgen(tmp_path, "inventory", "show", "queue_length", "--inventory", "a.json")
    assert shown.out.split("\n")[0] == "queue_length: gauge, 2 series"
    (tmp_path / "other.json").write_text('{"mine": 1}', encoding="utf-8")
    refused = promgen(tmp_path, "inventory", "record", server.url, "--output", "other.json")
    assert refused.code == 2
    assert (tmp_path / "other.json").read_text(encoding="utf-8") == '{"mine": 1}'
