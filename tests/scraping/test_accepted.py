"""The real programs of both releases accept what is generated: of the four systems, and of every setting there is."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path

import pytest

from promgen.compiler.output.lock import read_lock
from promgen.compiler.pipeline import Output, compile_project
from promgen.model.codec import dump_catalog, load_catalog
from tests.compiler.projects import compile_files, output_of
from tests.real import Install
from tests.scraping.projects import (
    CART,
    ENVIRONMENTS,
    check_config,
    job,
    read_yaml,
    swap_kubernetes,
    write_output,
)

REPOSITORY = Path(__file__).parents[2]
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

EVERYTHING = [
    job(
        """\
job: cart
interval: 30s
timeout: 20s
labels: {team: "5$"}
targets:
  - {environment: production, addresses: ["cart-1.shop.example:9100", "[::1]:9100"], labels: {region: eu}}
path: /shop/metrics
tls: {ca: CA, serverName: cart.shop.example, certificate: CA, key: CA, verify: false}
basicAuth: {username: promgen, passwordFile: CA}
honourLabels: true
sampleLimit: 10000
labelLimit: 40
keepMetrics: [requests_.*, "(?i)UP|x"]
dropMetrics: [requests_debug_.*]
keepLabels: [code, "h.*"]
dropLabels: [trace_id]
""",
        "cart-static",
    ),
    job(
        """\
labels: {team: "5$", region: eu}
job: shop
shared: true
kubernetes:
  role: endpoints
  namespaces: [default]
  name: kubernetes
  port: https
scheme: https
tokenFile: CA
""",
        "api-servers",
    ),
    job("shared: true\nkubernetes: {role: node}", "kubelets"),
    job("shared: true\nkubernetes: {role: service, port: 80, annotated: true}", "services"),
    job(
        """\
shared: true
kubernetes:
  labels: {app.kubernetes.io/part-of: shop, tier: [front, back]}
  without: {canary: "true", track: [test, dev]}
  jobs: [cart, checkout]
  port: metrics
""",
        "pods",
    ),
    job(
        """\
exporter: blackbox.shop.example:9115
timeout: 5s
http: {method: POST, status: [200, 204], contains: 'a "quoted" \\d+', lacks: error, tls: true, followRedirects: false}
targets: [{environment: production, addresses: ["https://shop.example/?a=1&b=2"]}]
""",
        "pages",
        "Probe",
    ),
    job(
        "exporter: b:9115\ntcp: {tls: true}\nshared: true\ntargets: [{addresses: ['db.shop.example:5432']}]",
        "database",
        "Probe",
    ),
    job(
        "exporter: b:9115\nicmp: {}\nshared: true\ntargets: [{addresses: [router.example]}]", "ping", "Probe"
    ),
    job(
        "exporter: b:9115\ndns: {query: shop.example, type: MX, codes: [NOERROR, NXDOMAIN]}\nshared: true\n"
        "targets: [{addresses: ['192.0.2.1:53']}]",
        "names",
        "Probe",
    ),
]
SERVER = 'prometheus: {externalLabels: {cluster: eu-1}, alertmanagers: ["alertmanager-1:9093", "alertmanager-2:9093"]}\n'


@pytest.fixture(scope="module")
def four_systems() -> Output:
    return output_of(compile_project(REPOSITORY, read_lock(REPOSITORY), datetime.date.today()))


def with_local_secrets(config: Path, name: str, folder: Path) -> None:
    """promtool looks for the files that a configuration names; of this machine they are empty."""
    (folder / "ca.crt").write_text("", encoding="utf-8")
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(name, str(folder / "ca.crt")), encoding="utf-8")


def everything(root: Path, target: str = "") -> Path:
    documents = {"cart.yaml": CART, "shop.yaml": ENVIRONMENTS, "scraping.yaml": "---\n".join(EVERYTHING)}
    compilation = compile_files(root, documents, SERVER + target)
    return write_output(output_of(compilation), root)


def test_promtool_accepts_the_four_systems(install: Install, four_systems: Output, tmp_path: Path) -> None:
    folder = write_output(four_systems, tmp_path)
    config = folder / "prometheus.yml"
    text = config.read_text(encoding="utf-8")
    for name in ("ca.crt", "token"):
        (tmp_path / name).write_text("", encoding="utf-8")
    config.write_text(text.replace(ACCOUNT, str(tmp_path)), encoding="utf-8")
    swap_kubernetes(install, config)
    said = check_config(install, config)
    rule_files = list(tmp_path.rglob("*.rules.yaml"))
    assert len(rule_files) > 20
    assert said.count("rules found") == len(rule_files)


def test_promtool_accepts_every_setting(install: Install, tmp_path: Path) -> None:
    config = everything(tmp_path) / "prometheus.yml"
    with_local_secrets(config, "CA", tmp_path)
    swap_kubernetes(install, config)
    assert "rules found" in check_config(install, config)


def test_the_blackbox_exporter_accepts_every_module(install: Install, tmp_path: Path) -> None:
    folder = everything(tmp_path)
    checked = subprocess.run(
        [
            install.program("prometheus-blackbox-exporter"),
            "--config.check",
            f"--config.file={folder / 'blackbox.yml'}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    modules = read_yaml(folder / "blackbox.yml")["modules"]
    assert {name: module["prober"] for name, module in modules.items()} == {
        "pages": "http",
        "database": "tcp",
        "ping": "icmp",
        "names": "dns",
    }


def test_the_blackbox_exporter_accepts_the_four_systems(
    install: Install, four_systems: Output, tmp_path: Path
) -> None:
    folder = write_output(four_systems, tmp_path)
    program = install.program("prometheus-blackbox-exporter")
    subprocess.run(
        [program, "--config.check", f"--config.file={folder / 'blackbox.yml'}"],
        check=True,
        capture_output=True,
    )


def test_one_of_the_releases_knows_kubernetes(installs: tuple[Install, ...], tmp_path: Path) -> None:
    """So that somebody checks the discoveries and their selectors."""
    config = everything(tmp_path) / "prometheus.yml"
    with_local_secrets(config, "CA", tmp_path)
    before = config.read_bytes()
    swap_kubernetes(installs[-1], config)
    assert config.read_bytes() == before
    check_config(installs[-1], config)


def test_the_setting_of_a_newer_prometheus_is_accepted_by_that(
    installs: tuple[Install, ...], tmp_path: Path
) -> None:
    document = job(
        "shared: true\ntargets: [{addresses: ['a:1']}]\nfallbackProtocol: PrometheusText0.0.4", "a"
    )
    compilation = compile_files(
        tmp_path,
        {"shop.yaml": ENVIRONMENTS, "cart.yaml": CART, "a.yaml": document, "cart-job.yaml": cart_job()},
        "target: {prometheus: '3.0'}",
    )
    config = write_output(output_of(compilation), tmp_path) / "prometheus.yml"
    newest = installs[-1]
    assert newest.release >= (3, 0)
    check_config(newest, config)


def test_the_catalogue_keeps_everything(four_systems: Output, tmp_path: Path) -> None:
    documents = {"cart.yaml": CART, "shop.yaml": ENVIRONMENTS, "scraping.yaml": "---\n".join(EVERYTHING)}
    for catalog in (four_systems.catalog, output_of(compile_files(tmp_path, documents)).catalog):
        assert catalog.scraped
        assert load_catalog(dump_catalog(catalog)) == catalog


def test_a_ruler_elsewhere_means_that_this_server_loads_no_rules(tmp_path: Path) -> None:
    config = read_yaml(everything(tmp_path, "target: {dialect: mimir}") / "prometheus.yml")
    assert "rule_files" not in config
    assert config["global"]["external_labels"] == {"cluster": "eu-1"}


def cart_job() -> str:
    return job("targets: [{environment: production, addresses: ['cart:1']}]")


def test_targets_of_the_four_systems_carry_the_labels_of_their_environments(four_systems: Output) -> None:
    """Every group of targets is of an environment, or of a job that is shared."""
    shared = {job.name for job in four_systems.catalog.scrape_jobs if job.is_shared}
    assert shared == {
        "kube-state-metrics",
        "kubernetes-apiservers",
        "kubernetes-containers",
        "kubernetes-volumes",
    }
    for path, artifact in four_systems.tree.items():
        if "/targets/" in path and Path(path).stem not in shared:
            for group in json.loads(artifact.content):
                assert {"env", "namespace"} & group["labels"].keys(), path


def test_intervals_are_those_of_the_four_systems(four_systems: Output) -> None:
    seconds = {one.name: one.interval.ms / 1000 for one in four_systems.catalog.scraped}
    assert seconds["quantivista-trading"] == 5
    exporters = ("postgres-exporter", "redis-exporter", "kafka-exporter", "pulsar")
    assert {seconds[name] for name in exporters} == {30}
    assert {interval for name, interval in seconds.items() if name.startswith("anfl-")} == {15}
