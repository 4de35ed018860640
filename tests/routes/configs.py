"""Configurations for the proofs: a small one that keeps every claim, and how to change it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date

from promgen.base.conventions import Priority
from promgen.base.diagnostics import Diagnostics
from promgen.base.durations import MINUTE
from promgen.compiler.ir.alertmanager import Alertmanager
from promgen.compiler.ir.rules import Group, Rule, RuleFile
from promgen.compiler.source.alertmanager import read_alertmanager
from promgen.model.catalog import Target
from promgen.proof.routes.alerts import Alert, Priorities, alerts_of, priorities_of
from promgen.proof.routes.prove import PROOFS, prove
from promgen.proof.routes.proving import Finding, Proving

FIRST = date(2026, 1, 1)
PRIORITIES: Priorities = priorities_of(Target())
assert PRIORITIES.of({"severity": "critical"}) is Priority.P0

RECEIVERS = """
receivers:
- {name: nobody-asked, webhook_configs: [{url: "http://localhost/root"}]}
- {name: pager, pagerduty_configs: [{routing_key: key}]}
- {name: chat, slack_configs: [{channel: "#alerts"}]}
- {name: desk, email_configs: [{to: a@example.org}]}
"""
GOOD = f"""
global: {{slack_api_url: "http://localhost/chat", smtp_smarthost: "localhost:25", smtp_from: a@example.org}}
route:
  receiver: nobody-asked
  group_by: [alertname]
  routes:
  - matchers: [severity="critical"]
    receiver: pager
  - matchers: [severity="high"]
    receiver: pager
  - matchers: [severity="medium"]
    routes:
    - {{receiver: chat, active_time_intervals: [hours], continue: true}}
    - {{receiver: desk, mute_time_intervals: [hours]}}
  - matchers: [severity=~"low|info"]
    receiver: desk
{RECEIVERS}
inhibit_rules:
- {{source_matchers: [severity="critical"], target_matchers: [severity="medium"], equal: [service]}}
time_intervals:
- name: hours
  time_intervals:
  - {{times: [{{start_time: "09:00", end_time: "17:30"}}], weekdays: ["monday:friday"], location: Europe/London}}
"""


def config(text: str) -> Alertmanager:
    """A configuration that Alertmanager would load."""
    diagnostics = Diagnostics()
    found = read_alertmanager(textwrap.dedent(text), "alertmanager.yml", diagnostics)
    assert [one.message for one in diagnostics.sorted()] == []
    assert found is not None
    return found


def alerts(*rules: Rule) -> tuple[Alert, ...]:
    """The alerts of rules in one file."""
    return alerts_of([RuleFile("cart", "slo-specs/cart.yaml", (Group("cart", MINUTE, rules, "cart"),))])


def alert(name: str, expr: str = "vector(1)", **labels: str) -> Rule:
    return Rule(name, expr, labels, "", is_alert=True)


CATALOGUE = alerts(
    *(
        alert(f"{service}{severity}", service=service, severity=severity)
        for service in ("cart", "search")
        for severity in ("critical", "high", "medium", "low", "info")
    )
)


def proving(text: str, known: Sequence[Alert] = CATALOGUE) -> Proving:
    return Proving(config=config(text), alerts=tuple(known), priorities=PRIORITIES, first_day=FIRST)


def failures(text: str, known: Sequence[Alert] = CATALOGUE) -> dict[str, tuple[Finding, ...]]:
    """The findings by claim, notes left out."""
    found = prove(proving(text, known))
    assert len(found) == len(PROOFS)
    return {verdict.proof.claim: verdict.findings for verdict in found if verdict.has_failed}


def replaced(old: str, new: str, text: str = GOOD) -> str:
    """The configuration with one thing changed, which must be there."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
