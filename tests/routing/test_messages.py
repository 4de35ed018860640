"""The texts of messages, rendered by the real amtool."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from promgen.base.conventions import Severity
from promgen.compiler.generate.messages import print_templates
from promgen.model.catalog import Target
from tests.real import Install

LABELS = {
    "alertname": "SloErrorBudgetBurn",
    "environment": "production",
    "service": "cart",
    "severity": "critical",
    "slo": "availability",
    "tier": "fast",
}
ANNOTATIONS = {
    "summary": "cart burns its budget",
    "description": "More than 1 % of events are bad.",
    "budget_remaining": "63.2%",
    "runbook_url": "https://runbooks.example/cart.md",
    "dashboard_url": "https://grafana.example/d/cart",
}


def render(
    install: Install,
    folder: Path,
    name: str,
    kind: str = "text",
    target: Target | None = None,
    **changes: str,
) -> str:
    """What one of the templates says about a group of one alert."""
    labels = LABELS | {key: value for key, value in changes.items() if key not in ANNOTATIONS}
    annotations = ANNOTATIONS | {key: value for key, value in changes.items() if key in ANNOTATIONS}
    alert: dict[str, Any] = {
        "status": "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example",
        "fingerprint": "1",
    }
    data = {
        "receiver": "shop/P0",
        "status": "firing",
        "alerts": [alert],
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example",
    }
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "promgen.tmpl").write_bytes(print_templates(target or Target()))
    arguments = [
        f"--template.glob={folder / 'promgen.tmpl'}",
        f'--template.text={{{{ template "promgen.{name}" . }}}}',
        f"--template.data={folder / 'data.json'}",
        f"--template.type={kind}",
    ]
    done = subprocess.run(
        [install.program("amtool"), "template", "render", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_message_names_slo_tier_budget_runbook_dashboard_and_silence(
    install: Install, tmp_path: Path
) -> None:
    assert (
        render(install, tmp_path, "title")
        == "[FIRING:1] P0 SloErrorBudgetBurn cart/availability (production)"
    )
    text = render(install, tmp_path, "text").splitlines()
    assert text[:-1] == [
        "firing: cart burns its budget",
        "More than 1 % of events are bad.",
        "SLO: availability",
        "tier: fast",
        "budget left: 63.2%",
        "runbook: https://runbooks.example/cart.md",
        "dashboard: https://grafana.example/d/cart",
        "",
    ]
    assert text[-1].startswith(
        "silence: http://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22Slo"
    )


def test_the_silence_link_gives_back_every_value(install: Install, tmp_path: Path) -> None:
    link = render(install, tmp_path, "silence", slo='a "b" \\ + c', tier="x,y}")
    matchers = unquote(link.partition("filter=")[2])
    assert matchers == (
        '{alertname="SloErrorBudgetBurn",environment="production",service="cart",severity="critical",'
        'slo="a \\"b\\" \\\\ + c",tier="x,y}"}'
    )


def test_slack_is_told_no_markup_of_an_alert(install: Install, tmp_path: Path) -> None:
    text = render(install, tmp_path, "slack.text", summary="<!channel> & <@everyone>", tier="<!here>")
    assert "firing: &lt;!channel&gt; &amp; &lt;@everyone&gt;" in text
    assert "tier: &lt;!here&gt;" in text
    assert "&lt;!channel&gt;/availability" in render(install, tmp_path, "slack.title", service="<!channel>")


def test_email_is_told_no_markup_of_an_alert(install: Install, tmp_path: Path) -> None:
    html = render(
        install, tmp_path, "html", "html", summary="<script>x</script>", runbook_url="javascript:alert(1)"
    )
    assert "<script>" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("name", ["title", "text", "slack.text"])
def test_what_an_alert_says_is_no_template(install: Install, tmp_path: Path, name: str) -> None:
    text = render(
        install, tmp_path, name, summary="{{ .ExternalURL }}", service="{{ .Receiver }}", slo="{{ 1 }}"
    )
    assert "{{ " in text
    assert "shop/P0" not in text.replace("/#/silences", "")


def test_the_words_of_a_site_have_their_priorities(install: Install, tmp_path: Path) -> None:
    target = Target(
        severity_label="level", severity_values={Severity.CRITICAL: "page", Severity.HIGH: "page"}
    )
    assert render(install, tmp_path, "title", target=target, level="page").startswith("[FIRING:1] P0 ")
    assert render(install, tmp_path, "pagerduty.severity", target=target, level="page") == "critical"
    assert render(install, tmp_path, "opsgenie.priority", target=target, level="medium") == "P3"
    assert render(install, tmp_path, "pagerduty.severity", target=target) == "warning"


def test_an_alert_without_an_slo_says_nothing_of_one(install: Install, tmp_path: Path) -> None:
    text = render(install, tmp_path, "text", slo="", tier="", budget_remaining="")
    assert "SLO:" not in text
    assert "budget" not in text.replace("burns its budget", "")
