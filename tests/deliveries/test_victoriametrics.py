"""What vmalert says to the rules that are written for it, and what it makes of them on a real VictoriaMetrics."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from promgen.promql import LACKING_IN_METRICSQL
from tests.compiler.projects import problems_of, service, underlined
from tests.deliveries.content import compile_repository, compile_shop, delivered, write_files
from tests.real import Install, Series, counter
from tests.real.victoriametrics import VictoriaMetrics, Vmalert, dry_run

DELIVERY = "  - {name: vm, environments: [production], victoriametrics: {folder: /etc/vmalert}}\n"
SERVICE = "prism-api-gateway"
SCRAPE = 15


@pytest.fixture(scope="session")
def victoria(installs: tuple[Install, ...]) -> Install:
    """The release that has VictoriaMetrics."""
    return installs[-1]


@pytest.mark.parametrize("name", sorted(LACKING_IN_METRICSQL))
def test_vmalert_refuses_what_is_said_to_be_lacking(name: str, victoria: Install, tmp_path: Path) -> None:
    arguments = "0.5, x" if name == "limit_ratio" else "x[5m]" if name.endswith("_over_time") else "x"
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"groups: [{{name: g, rules: [{{record: r, expr: '{name}({arguments})'}}]}}]")
    is_taken, said = dry_run(victoria, rules)
    assert not is_taken
    assert "unsupported function" in said


def test_an_indicator_that_metricsql_cannot_compute_is_an_error(tmp_path: Path) -> None:
    native = """\
        slos:
          - name: latency
            objective: 99%
            window: 7d
            sli: {latency: {histogram: seconds, below: 500 ms, type: native}}
        """
    target = "target: {prometheus: '3.0'}\n"
    deliveries = f"  - {{name: vm, victoriametrics: {{folder: /etc/vmalert}}}}\n{target}"
    compilation = compile_shop(tmp_path, deliveries, {"native.yaml": service(native, name="native")})
    assert compilation.output is None
    assert any(
        "`histogram_count`, which is no function of MetricsQL" in one for one in problems_of(compilation)
    )
    assert set(underlined(compilation)) == {"{folder: /etc/vmalert}"}


@pytest.mark.slow
def test_vmalert_fires_on_the_rules_of_the_four_systems(victoria: Install, tmp_path: Path) -> None:
    """Every rule of production is evaluated; the groups run every two seconds, as a test need not wait for minutes."""
    files = delivered(compile_repository(tmp_path / "project", DELIVERY), "vm")
    assert len(files) > 30
    paths = write_files(tmp_path / "rules", files)
    is_taken, said = dry_run(victoria, *paths)
    assert is_taken, said
    quick = {
        path: re.sub(r"^    interval: .*$", "    interval: 2s", text, flags=re.MULTILINE)
        for path, text in files.items()
    }
    write_files(tmp_path / "rules", quick)
    with VictoriaMetrics(victoria, tmp_path / "storage") as storage:
        storage.write(_half_of_the_requests_fail())
        with Vmalert(victoria, tmp_path / "vmalert", storage, rules=paths) as vmalert:
            selector = f'{{slo="availability",service="{SERVICE}",environment="production"}}'
            storage.wait_until(lambda: storage.query(f"slo:error_ratio:rate1h{selector} > 0.4"), 60)
            firing = vmalert.wait_until(lambda: _firing(vmalert, tier="two-hours"), 60)
            assert {one["alertname"] for one in firing} == {"SloErrorBudgetBurn"}
            storage.wait_until(
                lambda: storage.query(f'ALERTS{{service="{SERVICE}",alertstate="firing"}}'), 60
            )
            vmalert.wait_until(lambda: all(rule.health == "ok" for rule in vmalert.rules()), 60)


def _half_of_the_requests_fail() -> list[Series]:
    now = round(time.time())
    times = range(now - 7200, now + 300, SCRAPE)
    labels = {"job": "api-gateway", "namespace": "ai-prism-production"}
    return [
        counter("ai_prism_http_requests_total", {**labels, "status_code": code}, times, lambda _: 100)
        for code in ("200", "500")
    ]


def _firing(vmalert: Vmalert, **labels: str) -> list[dict[str, str]]:
    alerts = (one for one in vmalert.alerts() if one.state == "firing")
    return [one.labels for one in alerts if {"service": SERVICE, **labels}.items() <= one.labels.items()]
