"""Servers that lack endpoints, are something else, are slow, answer without end, or send one elsewhere."""

from __future__ import annotations

import base64
import json
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from promgen.base.durations import Duration
from promgen.base.errors import OutsideError, UsageError
from promgen.clients.exchange import LARGEST_ANSWER
from promgen.clients.inventory import record_inventory
from promgen.clients.prometheus import Server
from tests.cli.terminal import promgen
from tests.inventory.hostile import answers, serving, text

SERIES = [{"__name__": "up", "job": "api"}, {"__name__": "requests_total", "job": "api", "code": "500"}]


def query(path: str) -> dict[str, Any]:
    """What a server without `histogram_count` says about these two series."""
    asked = parse_qs(urlsplit(path).query)["query"][0]
    if asked == "time()":
        return {"resultType": "scalar", "result": [1000.0, "1000"]}
    if "count_over_time(up" in asked:
        return {"resultType": "vector", "result": [{"metric": {"job": "api"}, "value": [1000, "20"]}]}
    rows = [{"metric": {"__name__": one["__name__"]}, "value": [1000, "1"]} for one in SERIES]
    return {"resultType": "vector", "result": [] if "histogram_count" in asked else rows}


LEAST = {"label/__name__/values": ["requests_total", "up"], "query": query, "series": SERIES}


def test_a_server_that_only_queries_is_recorded_with_what_it_tells() -> None:
    """Without metadata, targets and version, as behind some gateways: intervals are counted."""
    with serving(answers(LEAST)) as url:
        found = record_inventory(url)
    assert {metric.name: metric.type for metric in found.metrics.values()} == {
        "requests_total": "unknown",
        "up": "unknown",
    }
    assert found.metrics["requests_total"].labels == {"code": ("500",), "job": ("api",)}
    assert found.scrape_intervals == {"api": Duration(30_000)}
    assert found.prometheus == ""


STRANGE = {
    "metadata": {"requests_total": "counter", "up": [1, {"type": ["x"], "unit": None}]},
    "targets": {"activeTargets": [1, {"labels": {}}, {"labels": {"job": "api"}, "scrapeInterval": "soon"}]},
    "status/buildinfo": ["2.42"],
}


@pytest.mark.parametrize("endpoint", STRANGE)
def test_strange_answers_to_what_is_not_needed_are_passed_over(endpoint: str) -> None:
    with serving(answers(LEAST | {endpoint: STRANGE[endpoint]})) as url:
        assert set(record_inventory(url).metrics) == {"up", "requests_total"}


GARBAGE = {
    "HTML": text("<html>Sign in</html>"),
    "nothing": text(b""),
    "bytes": text(bytes(range(256))),
    "deep": text("[" * 100_000),
    "list": text("[]"),
    "number": text("1"),
    "error": text(json.dumps({"status": "error", "error": "no \x1b[2J"})),
    "data": text(json.dumps({"status": "success", "data": {"result": 3}})),
    "refusal": text("\x1b[2J nothing here", 404),
    "crash": text("oh", 500),
    "empty length": text("", 200, **{"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_prometheus_is_named_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with serving(GARBAGE[name]) as url:
        done = promgen(tmp_path, "inventory", "record", url)
    assert done.code == 4, done.err
    assert url in done.err
    assert "\x1b" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", ["up", None, {"up": 1}, 3])
def test_names_that_are_no_list_are_an_error(names: Any) -> None:
    respond = answers(LEAST | {"label/__name__/values": names})
    with serving(respond) as url, pytest.raises(OutsideError, match="does not answer as a Prometheus does"):
        record_inventory(url)


def test_counts_that_are_no_numbers_count_nothing() -> None:
    def no_number(path: str) -> dict[str, Any]:
        return json.loads(json.dumps(query(path)).replace('"1"', '"NaN"'))  # type: ignore[no-any-return]

    with serving(answers(LEAST | {"query": no_number})) as url:
        assert record_inventory(url).metrics["up"].series == 1


def test_an_answer_without_end_is_cut_off() -> None:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"[" * 1_000_000)

    with serving(respond) as url, pytest.raises(OutsideError, match=f"more than {LARGEST_ANSWER >> 20} MiB"):
        record_inventory(url)


def test_a_server_that_trickles_is_left() -> None:
    """Each byte comes in time, but the answer does not."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b" ")
            time.sleep(0.05)

    began = time.monotonic()
    with serving(respond) as url, pytest.raises(OutsideError, match=r"not answered within 0\.3 s"):
        Server(url, timeout=0.3).ask("metadata")
    assert time.monotonic() - began < 6


def test_a_server_that_says_nothing_is_left() -> None:
    with (
        serving(lambda _: time.sleep(1)) as url,
        pytest.raises(OutsideError, match=r"timed out|not answered"),
    ):
        Server(url, timeout=0.2).ask("metadata")


def test_nobody_listening_is_said(tmp_path: Path) -> None:
    with serving(text("")) as url:
        pass
    done = promgen(tmp_path, "inventory", "record", url)
    assert done.code == 4
    assert "cannot ask" in done.err


def test_a_redirect_to_another_host_is_refused_and_gets_no_token(tmp_path: Path) -> None:
    """`localhost` is another host than 127.0.0.1, though the same machine."""
    seen: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.path)
        text("{}")(request)

    (tmp_path / "token").write_text("hush\n", encoding="utf-8")
    with serving(elsewhere) as other:
        target = other.replace("127.0.0.1", "localhost")
        with serving(text("", 302, Location=target)) as url:
            done = promgen(tmp_path, "inventory", "record", url, "--token-file", "token")
    assert done.code == 4
    assert f"redirects to {target}" in done.err
    assert "hush" not in done.err
    assert seen == []


def test_a_redirect_on_the_same_server_is_followed() -> None:
    respond = answers(LEAST)

    def moved(request: BaseHTTPRequestHandler) -> None:
        if request.path.startswith("/prometheus"):
            request.path = request.path.removeprefix("/prometheus")
            respond(request)
        else:
            text("", 307, Location="/prometheus" + request.path)(request)

    with serving(moved) as url:
        assert set(record_inventory(url).metrics) == {"up", "requests_total"}


@pytest.mark.parametrize(
    ("options", "header"),
    [
        (["--token-file", "token"], "Bearer hush"),
        (["--token-env", "PROMGEN_TEST_TOKEN"], "Bearer quiet"),
        (["--token-file", "token", "--user", "me"], "Basic " + base64.b64encode(b"me:hush").decode()),
    ],
)
def test_credentials_are_sent_and_never_shown(
    options: list[str], header: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMGEN_TEST_TOKEN", "quiet")
    (tmp_path / "token").write_text("hush\n", encoding="utf-8")
    seen: set[str | None] = set()

    def respond(request: BaseHTTPRequestHandler) -> None:
        seen.add(request.headers["Authorization"])
        text("no", 401)(request)

    with serving(respond) as url:
        done = promgen(tmp_path, "inventory", "record", url, *options)
    assert done.code == 4
    assert "answered 401: it wants other credentials" in done.err
    assert seen == {header}
    assert not {"hush", "quiet", "aHVz"} & set(done.err.split())


@pytest.mark.parametrize(
    "options",
    [
        ["--token-file", "missing"],
        ["--token-env", "PROMGEN_NOT_SET"],
        ["--user", "me"],
        ["--token-file", "lines"],
        ["--token-file", "token", "--token-env", "HOME"],
    ],
)
def test_credentials_that_cannot_be_are_a_mistake_of_the_call(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush", encoding="utf-8")
    (tmp_path / "lines").write_text("hush\nX-Other: 1", encoding="utf-8")
    done = promgen(tmp_path, "inventory", "record", "http://127.0.0.1:1", *options)
    assert done.code == 2
    assert "hush" not in done.err


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:9090",
        "file:///etc/passwd",
        "ftp://host",
        "http://",
        "http://h ost",
        "http://[::1",
        "http://h?x=1",
    ],
)
def test_what_is_no_url_is_a_mistake_of_the_call(url: str) -> None:
    with pytest.raises(UsageError, match="is not a URL"):
        record_inventory(url)


def test_credentials_within_a_url_are_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        record_inventory("http://me:hush@localhost:9090")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("selector", ["", "up[5m]", "rate(up[5m])", "up offset 1h", "{", "1"])
def test_what_is_no_selector_is_a_mistake_of_the_call(selector: str) -> None:
    with pytest.raises(UsageError, match="is no selector"):
        record_inventory("http://127.0.0.1:1", matching=[selector])
