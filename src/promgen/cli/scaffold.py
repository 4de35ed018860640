"""The files of a new repository, as they are read by the people who open it; `@version@` stands for promgen's version."""

from __future__ import annotations

PROJECT = """\
# yaml-language-server: $schema=slo-specs/promgen.schema.json
apiVersion: promgen/v1
kind: Project
name: shop
requires: "@release@"
target:
  prometheus: "2.42" # the oldest Prometheus that loads the rules
  alertmanager: "0.25" # the oldest Alertmanager that loads the routes
  scrapeInterval: 15s
# retention: 40d # what Prometheus keeps; a longer period is reported
# runbookUrl: https://git.example/shop/runbooks # makes `runbook: checkout-failures` a link
"""

SYSTEM = """\
# yaml-language-server: $schema=../promgen.schema.json
#
# What the services of this system have in common.

apiVersion: promgen/v1
kind: Team
metadata: {name: payments}
spec:
  description: Takes the money.
  contacts: {chat: "#payments"}
---
apiVersion: promgen/v1
kind: Defaults
metadata: {name: shop, system: shop}
spec:
  slo: {window: 30d}
  alert: {for: 5m}
"""

SERVICE = """\
# yaml-language-server: $schema=../promgen.schema.json

apiVersion: promgen/v1
kind: Service
metadata: {name: checkout, system: shop}
spec:
  owner: payments
  criticality: critical
  description: Turns a basket into an order.

  slos:
    - name: availability
      description: 99.9 % of requests are answered without a server error.
      objective: 99.9%
      sli:
        ratio:
          total: {metric: http_requests_total, selector: {job: checkout}}
          bad: {selector: {code: {matches: "5.."}}} # of the same metric
      runbook: checkout-failures

  alerts:
    - name: CheckoutQueueLong
      description: Orders wait to be paid; look for a slow payment provider.
      expr: sum by (provider) (checkout_queue_length)
      unit: count
      above: {medium: 100, critical: 1000}
      annotations: {summary: "{{ $value }} orders wait for {{ $labels.provider }}"}
      runbook: checkout-failures
"""

ROUTING = """\
# yaml-language-server: $schema=promgen.schema.json
#
# Who is told: critical alerts are P0, high ones P1, medium P2, low and info P3. Secrets stay on the Alertmanager's machine.

apiVersion: promgen/v1
kind: Routing
metadata: {name: everything}
spec:
  unrouted: [shop-alerts] # gets what no system claims
---
apiVersion: promgen/v1
kind: Routing
metadata: {name: shop, system: shop}
spec:
  priorities:
    P0: {acknowledge: 5m, receivers: [shop-pager, shop-alerts]}
    P1: {acknowledge: 15m, receivers: [shop-pager, shop-alerts]}
    P2: {acknowledge: 1h, receivers: [shop-alerts]}
    P3: {receivers: [shop-alerts]}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: shop-pager}
spec:
  pagerduty: {routingKey: {file: /etc/alertmanager/secrets/pagerduty}}
---
apiVersion: promgen/v1
kind: Receiver
metadata: {name: shop-alerts}
spec:
  slack: {channel: "#shop-alerts", webhook: {file: /etc/alertmanager/secrets/slack}}
"""

RUNBOOK = """\
# Checkout fails

1. Which requests fail? `sum by (path, code) (rate(http_requests_total{job="checkout", code=~"5.."}[5m]))`
2. Did a release or a change of the payment provider come just before?
3. Take it back, then find out why.
"""

README = """\
# Service level objectives and alerts

`slo-specs/` is written by hand, one file per service. `promgen build` compiles it to Prometheus rules below `rules/`,
which are committed too, so that a review shows what changes in production.

    promgen build           after every change; commit what it writes
    promgen check           what a pipeline runs: valid, and nothing left to build
    promgen lint            what is valid and still looks wrong
    promgen test            do the rules do what the specifications say? Asks the promtool of the Prometheus package
    promgen route --prove   does every alert reach whom it must?
    promgen diff            what a change means: thresholds, who is told, costs
    promgen explain availability

Prometheus loads the rules with `rule_files: [rules/*/*.rules.yaml]`, Alertmanager what is in `rules/alertmanager/`. Editors
complete and check the specifications by `slo-specs/promgen.schema.json`; after an upgrade,
`promgen schema --output slo-specs/promgen.schema.json` renews it.
"""

GIT_IGNORE = """\
.promgen/
"""

GIT_ATTRIBUTES = """\
* text=auto eol=lf

# written by promgen; folded in reviews until asked for
rules/** linguist-generated=true gitlab-generated=true
promgen.lock linguist-generated=true gitlab-generated=true
slo-specs/promgen.schema.json linguist-generated=true gitlab-generated=true
"""

GITHUB = """\
name: promgen
on:
  push: {branches: [main]}
  pull_request:
permissions: {contents: read}
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0} # what the change is compared with
      - uses: actions/setup-python@v5
        with: {python-version: "3.12"}
      - run: pip install promgen-toolkit==@version@
      - run: promgen check
      - run: promgen lint --format github
      - run: promgen route --prove
      - run: sudo apt-get install --yes --no-install-recommends prometheus # for promtool
      - run: promgen test
      - if: github.event_name == 'pull_request'
        run: promgen diff --format markdown "origin/$GITHUB_BASE_REF" >> "$GITHUB_STEP_SUMMARY"
"""

GITLAB = """\
promgen:
  image: python:3.12-slim
  script:
    - pip install promgen-toolkit==@version@
    - promgen check
    - promgen lint
    - promgen route --prove
    - apt-get update && apt-get install --yes --no-install-recommends prometheus # for promtool
    - promgen test
"""

PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: promgen
        name: promgen check
        entry: promgen check
        language: python
        additional_dependencies: [promgen-toolkit==@version@]
        files: ^(promgen\\.(yaml|lock)|slo-specs/|rules/)
        pass_filenames: false
"""

FILES = {
    "promgen.yaml": PROJECT,
    "slo-specs/routing.yaml": ROUTING,
    "slo-specs/shop/system.yaml": SYSTEM,
    "slo-specs/shop/checkout.yaml": SERVICE,
    "runbooks/checkout-failures.md": RUNBOOK,
    "README.md": README,
    ".gitignore": GIT_IGNORE,
    ".gitattributes": GIT_ATTRIBUTES,
}
"""Every repository has these, and the JSON Schema."""

PIPELINES = {
    "github": {".github/workflows/promgen.yaml": GITHUB, ".pre-commit-config.yaml": PRE_COMMIT},
    "gitlab": {".gitlab-ci.yml": GITLAB, ".pre-commit-config.yaml": PRE_COMMIT},
}
"""What runs `promgen check`, by the forge that `--ci` names."""
