"""What cannot be scraped as written is an error at its place; what rules select and nothing scrapes is a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from promgen.compiler.pipeline import Compilation
from tests.compiler.projects import compile_files, problems_of, service, underlined
from tests.scraping.projects import CART, ENVIRONMENTS, job

SCRAPED = (
    "targets: [{environment: production, addresses: ['a:1']}, {environment: staging, addresses: ['b:1']}]"
)
PODS = """\
apiVersion: promgen/v1
kind: Environment
metadata: {name: production, system: shop}
spec:
  selector: {namespace: shop-production, tier: front}
---
apiVersion: promgen/v1
kind: Environment
metadata: {name: staging, system: shop}
spec:
  selector: {namespace: shop-staging, tier: back}
"""


def compiled(root: Path, *jobs: str, environments: str = ENVIRONMENTS, project: str = "") -> Compilation:
    files = {"cart.yaml": CART, "shop.yaml": environments}
    return compile_files(
        root, {**files, **{f"job-{number}.yaml": text for number, text in enumerate(jobs)}}, project
    )


@pytest.mark.parametrize(
    ("body", "said", "caret"),
    [
        (
            "targets: [{addresses: ['a:1']}]",
            "spec/missing-key: `environment` is missing",
            "{addresses: ['a:1']}",
        ),
        (
            "targets: [{environment: prod, addresses: ['a:1']}]",
            "reference/unknown: there is no environment `prod`",
            "prod",
        ),
        (
            "shared: true\ntargets: [{environment: staging, addresses: ['a:1']}]",
            "spec/bad-value: targets that are shared belong to no environment, and these to `staging`",
            "staging",
        ),
        (
            "targets: [{environment: staging, addresses: ['a:1'], labels: {env: test}}]",
            "spec/bad-value: label `env` is `test`, and `staging` selects `staging`",
            "test",
        ),
        (
            "targets: [{environment: staging, addresses: ['a:1'], labels: {job: b}}]",
            "spec/bad-value: label `job` is set by promgen",
            "b",
        ),
        (
            "targets: [{environment: staging, addresses: ['http://a:1/metrics']}]",
            "spec/bad-value: `http://a:1/metrics` is not a host and a port, such as cart.example:9100",
            "'http://a:1/metrics'",
        ),
        (
            "interval: 5s\ntimeout: 6s\n" + SCRAPED,
            "spec/bad-value: the time-out of 6s is longer than the interval of 5s allows",
            "6s",
        ),
        (
            "timeout: 16s\n" + SCRAPED,
            "spec/bad-value: the time-out of 16s is longer than the interval of 15s allows",
            "16s",
        ),
        (
            "dropLabels: ['code', 'e.*']\n" + SCRAPED,
            "spec/bad-value: `e.*` removes env, by which series and targets are told apart",
            "'e.*'",
        ),
        (
            "labels: {app.kubernetes.io/name: cart}\n" + SCRAPED,
            "target/unsupported: label `app.kubernetes.io/name` needs Prometheus 3.0; the target is 2.42",
            "cart",
        ),
        (
            "fallbackProtocol: PrometheusText0.0.4\n" + SCRAPED,
            "target/unsupported: `fallbackProtocol` needs Prometheus 3.0; the target is 2.42",
            "PrometheusText0.0.4",
        ),
        (
            "kubernetes: {port: metrics, role: pod}",
            "spec/missing-key: not every environment selects by a `namespace` of its own, so targets cannot be told apart",
            "pod",
        ),
        (
            "kubernetes: {role: node}",
            "spec/missing-key: nodes belong to no namespace, and so to no environment",
            "node",
        ),
        (
            "shared: true\nkubernetes: {labels: {app: 'a,b'}}",
            "spec/bad-value: `a,b` is not a value of a Kubernetes label",
            "'a,b'",
        ),
    ],
)
def test_a_mistake_is_reported_at_its_place(tmp_path: Path, body: str, said: str, caret: str) -> None:
    compilation = compiled(tmp_path, job(body))
    assert said in problems_of(compilation)
    assert underlined(compilation)[problems_of(compilation).index(said)] == caret
    assert compilation.output is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("path: /metrics", "a job has either `targets` or `kubernetes`"),
        ("kubernetes: {}\n" + SCRAPED, "a job has either `targets` or `kubernetes`"),
        ("scheme: http\ntls: {}\n" + SCRAPED, "`tls` needs the scheme https"),
        ("tls: {key: /etc/key}\n" + SCRAPED, "a certificate needs its key, and a key its certificate"),
        (
            "tokenFile: /t\nbasicAuth: {username: a, passwordFile: /p}\n" + SCRAPED,
            "give either `tokenFile` or `basicAuth`",
        ),
        (
            "shared: true\nkubernetes: {role: node, port: 9100}",
            "a node has no ports to choose from; leave out `port`",
        ),
        (
            "shared: true\nkubernetes: {role: node, namespaces: [a]}",
            "a node is in no namespace; leave out `namespaces`",
        ),
    ],
)
def test_settings_that_exclude_each_other_are_reported(tmp_path: Path, body: str, said: str) -> None:
    assert [found.rpartition(": ")[2] for found in problems_of(compiled(tmp_path, job(body)))][:1] == [
        said.rpartition(": ")[2]
    ]


@pytest.mark.parametrize(
    "pattern", ["(?x)a b", "a{1001}", "a{2,1001}", "(?<name>a)", "[a-z&&[^b]]", r"\b{start}a"]
)
def test_a_pattern_that_the_server_reads_otherwise_is_reported(tmp_path: Path, pattern: str) -> None:
    """Each is a regular expression where promgen reads it."""
    found = problems_of(compiled(tmp_path, job(f"dropMetrics: ['{pattern}']\n{SCRAPED}")))
    said = f"spec/bad-value: `{pattern}` is not a regular expression that Prometheus reads (RE2)"
    assert found[:1] == [said]


def test_a_probe_has_exactly_one_check(tmp_path: Path) -> None:
    body = "exporter: b:9115\n" + SCRAPED
    for checks in ("", "http: {}\nicmp: {}\n"):
        found = problems_of(compiled(tmp_path, job(checks + body, kind="Probe")))
        assert found == ["spec/missing-key: a probe has exactly one of `http`, `tcp`, `icmp` and `dns`"]


def test_the_exporter_has_a_second_more_than_the_probe(tmp_path: Path) -> None:
    body = "exporter: b:9115\nicmp: {}\ninterval: 5s\njob: cart\n" + SCRAPED
    assert problems_of(compiled(tmp_path, job(body + "\ntimeout: 4s", kind="Probe"))) == []
    found = problems_of(compiled(tmp_path, job(body + "\ntimeout: 4500ms", kind="Probe")))
    assert found == ["spec/bad-value: the time-out of 4s500ms is longer than the interval of 5s allows"]


def test_a_probe_cannot_be_called_like_a_job(tmp_path: Path) -> None:
    probe = job("exporter: b:9115\nicmp: {}\n" + SCRAPED, kind="Probe")
    assert problems_of(compiled(tmp_path, job(SCRAPED), probe)) == [
        "name/collision: Probe `cart` is called like a ScrapeJob"
    ]


def test_a_job_of_a_system_without_services_is_reported(tmp_path: Path) -> None:
    found = problems_of(
        compiled(tmp_path, job(SCRAPED), job("targets: [{addresses: ['a:1']}]", "a", system="x"))
    )
    assert found == ["reference/unknown: no service belongs to the system `x` of this ScrapeJob"]


def test_external_labels_mean_the_same_in_every_release(tmp_path: Path) -> None:
    found = problems_of(compiled(tmp_path, project="prometheus: {externalLabels: {replica: $HOSTNAME}}"))
    assert len(found) == 1
    assert "`replica` contains `$`" in found[0]


def test_a_job_that_nothing_scrapes_is_a_warning_where_scraping_is_described(tmp_path: Path) -> None:
    compilation = compiled(tmp_path, job(SCRAPED, "basket"))
    assert problems_of(compilation) == [
        'scraping/no-target: `cart/availability` selects `job="cart"`, and no ScrapeJob or Probe has such a job'
    ]
    assert compilation.output is not None


def test_a_project_that_does_not_describe_scraping_is_not_warned(tmp_path: Path) -> None:
    assert problems_of(compiled(tmp_path)) == []


def test_a_system_whose_scraping_is_not_described_is_not_warned(tmp_path: Path) -> None:
    other = service("selector: {job: other}\nslos: []\n", "other", ", system: mall")
    body = "targets: [{addresses: ['a:1']}]"
    assert problems_of(compiled(tmp_path, other, job(body, "elsewhere", system="mall"))) == []


def test_targets_of_another_environment_do_not_count(tmp_path: Path) -> None:
    compilation = compiled(tmp_path, job("targets: [{environment: staging, addresses: ['a:1']}]"))
    assert problems_of(compilation) == [
        'scraping/no-target: `cart/availability` selects `env="production",job="cart"`,'
        " and no target of that job has these labels"
    ]
    assert compilation.diagnostics[0].allowed == "env=staging, job=cart"


def test_shared_targets_may_give_the_labels_themselves(tmp_path: Path) -> None:
    assert problems_of(compiled(tmp_path, job("shared: true\ntargets: [{addresses: ['a:1']}]"))) == []


@pytest.mark.parametrize("kept", ["keepMetrics: [other_.*]", "dropMetrics: [requests_.*]"])
def test_a_metric_that_is_not_stored_is_a_warning(tmp_path: Path, kept: str) -> None:
    assert problems_of(compiled(tmp_path, job(f"{kept}\n{SCRAPED}"))) == [
        "scraping/no-target: `cart/availability` selects `requests_total`, which `cart` does not store"
    ]


def test_pods_are_of_the_environment_of_their_namespace(tmp_path: Path) -> None:
    """Without a word about namespaces, and as the job that their label says."""
    body = "kubernetes: {jobs: [cart, checkout]}"
    assert problems_of(compiled(tmp_path, job(body, "pods"), environments=PODS)) == []
    only = job("kubernetes: {jobs: [cart], namespaces: [shop-staging]}", "pods")
    found = problems_of(compiled(tmp_path, only, environments=PODS))
    assert found == [
        'scraping/no-target: `cart/availability` selects `job="cart",namespace="shop-production",tier="front"`,'
        " and no target of that job has these labels"
    ]
    wrong = job("kubernetes: {jobs: [cart], namespaces: [shop]}", "pods")
    assert "reference/unknown: no environment selects the namespace `shop`" in problems_of(
        compiled(tmp_path, wrong, environments=PODS)
    )


def test_windows_are_long_enough_for_the_job_that_an_slo_measures(tmp_path: Path) -> None:
    """The target is scraped every 15 s, but this job every 90 s: four scrapes are longer than the short window."""
    found = problems_of(compiled(tmp_path, job(f"interval: 90s\n{SCRAPED}")))
    assert "slo/window-too-short: the base window of 5m is shorter than 4 scrapes of 1m30s" in found
    assert problems_of(compiled(tmp_path, job(f"interval: 75s\n{SCRAPED}"))) == []
