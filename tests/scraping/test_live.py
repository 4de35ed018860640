"""A real Prometheus scrapes what the generated configuration says, and a real blackbox exporter probes through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from promgen.base import conventions as names
from tests.compiler.projects import compile_files, output_of, rules_of
from tests.real import Install, ScrapeTarget
from tests.scraping.projects import (
    CART,
    ENVIRONMENTS,
    Configured,
    blackbox,
    free_port,
    job,
    read_yaml,
    write_output,
)

NAMESPACES = """\
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: shop}
spec:
  selector: {namespace: shop-production, tier: front$1}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: shop}
spec:
  selector: {namespace: shop-staging, tier: back}
"""
REACHABLE = """\
apiVersion: promgen/v1
kind: SLO
metadata: {name: reachable, system: shop}
spec:
  service: cart
  name: reachable
  objective: 99%
  window: 30d
  sli: {probe: {selector: {page: start}}}
"""


class Metrics:
    """A counter that grows with each scrape, and series that a job may leave out."""

    def __init__(self) -> None:
        self._scrapes = count(1)

    def __call__(self) -> str:
        number = next(self._scrapes)
        return (
            "# TYPE requests_total counter\n"
            f'requests_total{{code="200",trace="{number % 2}"}} {number * 99}\n'
            f'requests_total{{code="500",trace="{number % 2}"}} {number}\n'
            "# TYPE requests_debug gauge\n"
            'requests_debug{env="wrong"} 1\n'
        )


def test_what_is_scraped_is_what_an_slo_selects(install: Install, tmp_path: Path) -> None:
    """Files of targets are found, the labels of the environment are on the series, and the rules beside it are loaded."""
    with ScrapeTarget(Metrics()) as production, ScrapeTarget(Metrics()) as staging:
        body = (
            f"interval: 1s\ndropMetrics: [requests_debug]\nkeepLabels: [code]\ntargets:\n"
            f"  - {{environment: production, addresses: ['{production.address}'], labels: {{region: eu}}}}\n"
            f"  - {{environment: staging, addresses: ['{staging.address}']}}"
        )
        documents = {"cart.yaml": CART, "shop.yaml": ENVIRONMENTS, "job.yaml": job(body)}
        compilation = compile_files(tmp_path, documents, "prometheus: {externalLabels: {cluster: test}}")
        folder = write_output(output_of(compilation), tmp_path)
        with Configured(install, tmp_path / "server", folder / "prometheus.yml") as server:
            loaded = {rule.name for rule in server.rules()}
            assert loaded == {rule.name for rule in rules_of(compilation)}
            for pair in (names.TOTAL_EVENTS, names.BAD_EVENTS):
                for rule in rules_of(compilation):
                    if rule.name == pair:
                        values = server.wait_until(lambda expr=rule.expr: server.query(expr))
                        assert len(values) == 1, rule.expr
            stored = server.query('{job="cart",code="200"}')
            assert {(one.labels["env"], one.labels.get("region")) for one in stored} == {
                ("production", "eu"),
                ("staging", None),
            }
            assert {name for one in stored for name in one.labels} == {
                *("__name__", "job", "instance", "code", "env", "region"),
            }
            assert server.query("requests_debug") == []
            assert server.complaints() == []


@dataclass(frozen=True)
class Pod:
    """What the API of Kubernetes would say about a container's port."""

    name: str
    namespace: str = "shop-production"
    phase: str = "Running"
    app: str = "cart"
    port_name: str = "metrics"
    port_number: str = "8080"
    annotations: tuple[tuple[str, str], ...] = ()

    def target(self, address: str) -> dict[str, Any]:
        annotations = {
            f"__meta_kubernetes_pod_annotation_prometheus_io_{key}": value for key, value in self.annotations
        }
        return {
            "targets": [address],
            "labels": {
                "__meta_kubernetes_namespace": self.namespace,
                "__meta_kubernetes_pod_name": self.name,
                "__meta_kubernetes_pod_phase": self.phase,
                "__meta_kubernetes_pod_label_app_kubernetes_io_name": self.app,
                "__meta_kubernetes_pod_container_port_name": self.port_name,
                "__meta_kubernetes_pod_container_port_number": self.port_number,
                **annotations,
            },
        }


def relabelled(install: Install, root: Path, body: str, pods: list[Pod]) -> dict[str, dict[str, Any]]:
    """What a real Prometheus makes of pods, by their names: its relabelling is the generated one, its discovery a file."""
    documents = {"cart.yaml": CART, "shop.yaml": NAMESPACES, "job.yaml": job(body, "pods")}
    folder = write_output(output_of(compile_files(root, documents)), root)
    config = folder / "prometheus.yml"
    data = read_yaml(config)
    scrape = data["scrape_configs"][0]
    assert scrape.pop("kubernetes_sd_configs")
    scrape["file_sd_configs"] = [{"files": ["pods.json"]}]
    config.write_text(json.dumps(data), encoding="utf-8")
    groups = [pod.target(f"127.0.0.{number}:1") for number, pod in enumerate(pods, 1)]
    (folder / "pods.json").write_text(json.dumps(groups), encoding="utf-8")
    with Configured(install, root / "server", config) as server:
        found = server.wait_until(server.targets)
        return {target["labels"]["pod"]: {**target["labels"], "url": target["scrapeUrl"]} for target in found}


def test_pods_become_targets_of_their_environment_and_job(install: Install, tmp_path: Path) -> None:
    body = "interval: 75s\nlabels: {team: a$1}\nkubernetes: {jobs: [cart, checkout], port: metrics}"
    pods = [
        Pod("cart-1"),
        Pod("checkout-1", app="checkout", namespace="shop-staging"),
        Pod("done", phase="Succeeded"),
        Pod("other-port", port_name="http"),
    ]
    found = relabelled(install, tmp_path, body, pods)
    assert found == {
        "cart-1": {
            "namespace": "shop-production",
            "tier": "front$1",
            "team": "a$1",
            "pod": "cart-1",
            "job": "cart",
            "instance": "127.0.0.1:1",
            "url": "http://127.0.0.1:1/metrics",
        },
        "checkout-1": {
            "namespace": "shop-staging",
            "tier": "back",
            "team": "a$1",
            "pod": "checkout-1",
            "job": "checkout",
            "instance": "127.0.0.2:1",
            "url": "http://127.0.0.2:1/metrics",
        },
    }


def test_annotations_of_pods_are_followed(install: Install, tmp_path: Path) -> None:
    scrape = ("scrape", "true")
    pods = [
        Pod("plain", annotations=(scrape,)),
        Pod("moved", annotations=(scrape, ("port", "2"), ("path", "/m"), ("scheme", "https"))),
        Pod("odd", annotations=(scrape, ("port", "http"), ("scheme", "ftp"))),
        Pod("silent"),
        Pod("other-port", port_number="18080", annotations=(scrape,)),
        Pod("unwanted", annotations=(("scrape", "false"),)),
    ]
    found = relabelled(
        install, tmp_path, "interval: 75s\njob: pods\nkubernetes: {annotated: true, port: 8080}", pods
    )
    assert {name: labels["url"] for name, labels in found.items()} == {
        "plain": "http://127.0.0.1:1/metrics",
        "moved": "https://127.0.0.2:2/m",
        "odd": "http://127.0.0.3:1/metrics",
    }
    assert {labels["job"] for labels in found.values()} == {"pods"}


@pytest.fixture
def pages() -> Iterator[str]:
    """A server whose start page is well, and whose page /ill is not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": "ill"}' if self.path == "/ill" else b'{"status": "well"}'
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are not news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_probes_say_what_answers_and_what_does_not(install: Install, pages: str, tmp_path: Path) -> None:
    """Two probes of one job: pages by what they say, and ports by whether they are open."""
    port, closed = free_port(), free_port()
    start, ill, gone = (f"http://{pages}/{path}" for path in ("", "ill", "gone"))
    of_pages = (
        f"exporter: 127.0.0.1:{port}\njob: shop-outside\ninterval: 3s\ntimeout: 2s\n"
        "http: {status: [200], contains: '\"w.ll\"'}\n"
        f"targets:\n  - {{environment: production, addresses: ['{start}'], labels: {{page: start}}}}\n"
        f"  - {{environment: staging, addresses: ['{ill}', '{gone}'], labels: {{page: start}}}}"
    )
    of_ports = (
        f"exporter: 127.0.0.1:{port}\njob: shop-outside\ninterval: 3s\ntcp: {{}}\nshared: true\n"
        f"targets: [{{addresses: ['{pages}', '127.0.0.1:{closed}']}}]"
    )
    encrypted = of_pages.replace("contains: '\"w.ll\"'", "tls: true").replace("start}}", "tls}}")
    documents = {
        "cart.yaml": CART.replace("  selector: {job: cart}\n", ""),
        "reachable.yaml": REACHABLE,
        "shop.yaml": ENVIRONMENTS,
        "pages.yaml": job(of_pages, "pages", "Probe"),
        "ports.yaml": job(of_ports, "ports", "Probe"),
        "encrypted.yaml": job(encrypted.replace("job: shop-outside\n", ""), "encrypted", "Probe"),
    }
    compilation = compile_files(tmp_path, documents)
    folder = write_output(output_of(compilation), tmp_path)
    with ExitStack() as stack:
        stack.enter_context(blackbox(install, folder / "blackbox.yml", port, tmp_path))
        server = stack.enter_context(Configured(install, tmp_path / "server", folder / "prometheus.yml"))
        server.wait_until(lambda: len(server.query("probe_success")) == 8)
        found = {
            one.labels["instance"]: one.value for one in server.query('probe_success{job="shop-outside"}')
        }
        assert found == {start: 1, ill: 0, gone: 0, pages: 1, f"127.0.0.1:{closed}": 0}
        assert {one.value for one in server.query('probe_success{job="encrypted"}')} == {0}
        slo = output_of(compilation).catalog.slos
        expressions = {one.environment: one.sli.expr for one in slo if one.name == "reachable"}  # type: ignore[union-attr]
        assert [one.value for one in server.query(expressions["production"])] == [1]
        assert [one.value for one in server.query(expressions["staging"])] == [0, 0]
