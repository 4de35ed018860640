"""Annotations that a policy wants to be links, and that are none. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from promgen.base.problems import SUPPRESS, Problem
from promgen.lint.check import Check, Finding
from promgen.lint.demands import Covered, each, shown


def _judge(one: Covered) -> Iterator[Finding]:
    for name in one.demands.links if one.rule.is_alert else ():
        value = one.rule.annotations.get(name, "").strip()
        if value and not _is_link(value):
            message = f"annotation `{name}` is no link: `{shown(value)}`"
            yield one.object_to(message, f"annotations/{name}", allowed="http:// or https:// and a host")


def _is_link(value: str) -> bool:
    """Whether the value is the URL of a page, whatever its templates become; one in front may hold all of it."""
    if value.startswith("{{"):
        return True
    first, *others = value.split("{{")
    text = first + "".join("x" + part.partition("}}")[2] for part in others)
    try:
        url = urlsplit(text)
        host = url.hostname
    except ValueError:  # such as http://[
        return False
    return url.scheme in {"http", "https"} and bool(host) and not any(map(str.isspace, text))


CHECK = Check(
    problem=Problem(
        "rule/link",
        "A link that cannot be followed costs the paged person the minutes that it was meant to save.",
        SUPPRESS,
    ),
    is_default=False,
    needs="policies",
    configuration="""\
lint:
  policies:
    - rules: alert
      reason: The pager shows these two as buttons.
      links: [runbook_url, dashboard_url]
""",
    bad="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        annotations: {runbook_url: runbooks.example.com/checkout}
""",
    good="""\
groups:
  - name: shop
    rules:
      - alert: CheckoutDown
        expr: up{job="checkout"} == 0
        for: 5m
        annotations: {runbook_url: "https://runbooks.example.com/checkout"}
""",
    find=each(_judge),
)
