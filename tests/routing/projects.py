"""A small shop with routing, to be varied by the tests."""

from __future__ import annotations

from pathlib import Path

from promgen.compiler.ir.alertmanager import Alertmanager, Route
from promgen.compiler.pipeline import Compilation
from tests.compiler.projects import compile_files, output_of

SERVICES = """\
apiVersion: promgen/v1
kind: Service
metadata: {name: cart, system: shop}
spec:
  owner: people
  dependsOn: [stock]
  slos:
    - name: availability
      objective: 99.9%
      window: 30d
      sli: {ratio: {total: {metric: requests_total}, bad: {selector: {code: "500"}}}}
  alerts:
    - {name: Slow, expr: latency_seconds, above: {critical: 5 s, high: 4 s, medium: 3 s, low: 2 s}}
---
apiVersion: promgen/v1
kind: Service
metadata: {name: stock, system: shop}
spec:
  owner: people
  alerts:
    - {name: Empty, expr: items == 0, severity: critical}
"""
ROUTING = """\
apiVersion: promgen/v1
kind: Routing
metadata: {name: all}
spec: {unrouted: [chat]}
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: shop, system: shop}
spec:
  priorities:
    P0: {receivers: [pager, chat]}
    P1: {receivers: [pager]}
    P2: {receivers: [chat]}
    P3: {receivers: [chat]}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: pager}
spec: {pagerduty: {routingKey: {file: /secrets/pagerduty}}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: chat}
spec: {slack: {channel: "#shop", webhook: {file: /secrets/slack}}}
"""


def compile_shop(root: Path, *changes: tuple[str, str], more: str = "", project: str = "") -> Compilation:
    """The shop with texts of its routing replaced, and more documents."""
    routing = ROUTING
    for old, new in changes:
        assert old in routing, old
        routing = routing.replace(old, new)
    files = {"services.yaml": SERVICES, "routing.yaml": routing}
    return compile_files(root, {**files, "more.yaml": more} if more else files, project)


def routes_of(compilation: Compilation) -> Alertmanager:
    """The configuration of a compilation that must have succeeded."""
    config = output_of(compilation).alertmanager
    assert config is not None
    return config


def child(route: Route, *matchers: str) -> Route:
    """The only route below one with these matchers."""
    found = [one for one in route.routes if [str(matcher) for matcher in one.matchers] == [*matchers]]
    assert len(found) == 1, [one.matchers for one in route.routes]
    return found[0]
